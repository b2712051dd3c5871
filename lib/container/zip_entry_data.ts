import { crc32, inflateRawSync } from "node:zlib";
import { EngineError } from "../errors.ts";
import { type ByteSource, readRange } from "./byte_source.ts";
import { inflatePieces } from "./recompress.ts";
import { damaged } from "./zip_end.ts";
import type { ZipEntry } from "./zip_reader.ts";

const STORED_PIECE_BYTES = 1 << 20;
const DEFLATED_PIECE_BYTES = 64 << 10;

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
  return ReadableStream.from(checkedPieces(source, entry));
}

async function* checkedPieces(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const raw = rawPieces(source, entry);
  let size = 0;
  let crc = 0;
  try {
    for await (const piece of entry.method === 0 ? raw : inflatePieces(raw)) {
      size += piece.length;
      if (size > entry.size) throw damaged(source, `its entry "${entry.name}" has more than ${entry.size} bytes`);
      crc = crc32(piece, crc);
      yield piece;
    }
  } catch (error) {
    throw asDamage(source, entry, error);
  }
  if (size !== entry.size) {
    throw damaged(source, `its entry "${entry.name}" unpacks to ${size} bytes, expected ${entry.size}`);
  }
  checkCrc(source, entry, crc);
}

async function* rawPieces(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const { name, dataOffset, compressedSize } = entry;
  // Small where a forged piece could unpack to a thousandfold.
  const step = entry.method === 0 ? STORED_PIECE_BYTES : DEFLATED_PIECE_BYTES;
  for (let done = 0; done < compressedSize; done += step) {
    const length = Math.min(step, compressedSize - done);
    yield readRange(source, { offset: dataOffset + done, length, what: `entry "${name}"` });
  }
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
