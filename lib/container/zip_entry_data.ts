import { crc32, inflateRawSync } from "node:zlib";
import { EngineError } from "../errors.ts";
import { type ByteSource, readRange } from "./byte_source.ts";
import { damaged } from "./zip_end.ts";
import type { ZipEntry } from "./zip_reader.ts";

const CHUNK_BYTES = 1 << 20;

/**
 * Reads one entry into memory, unpacked and with its CRC checked.
 *
 * @param source The file that `entry` was listed from.
 * @param entry What to read.
 * @param maxBytes The most that it may have when unpacked.
 * @throws {EngineError} `bad_file` when it is larger, or damaged.
 */
export function readEntry(source: ByteSource, entry: ZipEntry, maxBytes: number): Uint8Array {
  const { name, method, compressedSize, size } = entry;
  // Compressed data larger than what it holds is padding at best; deflate adds a thousandth in its worst case.
  if (size > maxBytes || compressedSize > maxBytes + 1024 + maxBytes / 1000) {
    throw damaged(
      source,
      `its entry "${name}" has ${Math.max(size, compressedSize)} bytes, at most ${maxBytes} are expected`,
    );
  }
  const data = readRange(source, { offset: entry.dataOffset, length: compressedSize, what: `entry "${name}"` });
  const bytes = method === 0 ? data : inflate(source, entry, data);
  if (bytes.length !== size) {
    throw damaged(source, `its entry "${name}" unpacks to ${bytes.length} bytes, expected ${size}`);
  }
  checkCrc(source, entry, crc32(bytes));
  return bytes;
}

/**
 * Reads one entry piece by piece, unpacked. The stream fails with an {@linkcode EngineError} `bad_file` at its end when size or CRC are wrong.
 *
 * @param source The file that `entry` was listed from; it must stay open until the stream has ended.
 * @param entry What to read.
 */
export function entryStream(source: ByteSource, entry: ZipEntry): ReadableStream<Uint8Array> {
  const raw = rawStream(source, entry);
  const reader = (entry.method === 0 ? raw : raw.pipeThrough(new DecompressionStream("deflate-raw"))).getReader();
  let size = 0;
  let crc = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const { done, value } = await reader.read().catch((error) => {
        throw asDamage(source, entry, error);
      });
      if (value !== undefined) {
        size += value.length;
        if (size > entry.size) throw damaged(source, `its entry "${entry.name}" has more than ${entry.size} bytes`);
        crc = crc32(value, crc);
        controller.enqueue(value);
      }
      if (!done) return;
      if (size !== entry.size) {
        throw damaged(source, `its entry "${entry.name}" unpacks to ${size} bytes, expected ${entry.size}`);
      }
      checkCrc(source, entry, crc);
      controller.close();
    },
    cancel(reason): Promise<void> {
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

function rawStream(source: ByteSource, entry: ZipEntry): ReadableStream<Uint8Array<ArrayBuffer>> {
  let done = 0;
  return new ReadableStream({
    pull(controller): void {
      const length = Math.min(CHUNK_BYTES, entry.compressedSize - done);
      if (length === 0) return controller.close();
      const offset = entry.dataOffset + done;
      controller.enqueue(readRange(source, { offset, length, what: `entry "${entry.name}"` }));
      done += length;
    },
  }, { highWaterMark: 0 });
}

function inflate(source: ByteSource, entry: ZipEntry, data: Uint8Array): Uint8Array {
  try {
    // The bound also keeps a forged entry from unpacking to more than it was said to have.
    return inflateRawSync(data, { maxOutputLength: Math.max(1, entry.size) });
  } catch (error) {
    throw asDamage(source, entry, error);
  }
}

function checkCrc(source: ByteSource, entry: ZipEntry, found: number): void {
  if (found === entry.crc32) return;
  const [is, expected] = [found, entry.crc32].map((crc) => crc.toString(16).padStart(8, "0"));
  throw damaged(source, `its entry "${entry.name}" has CRC ${is}, expected ${expected}`);
}

function asDamage(source: ByteSource, entry: ZipEntry, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const why = error instanceof Error ? error.message : String(error);
  const message = `Cannot read "${source.name}": its entry "${entry.name}" does not unpack (${why}); download it again`;
  return new EngineError("bad_file", message, { cause: error });
}
