import { EngineError } from "../errors.ts";

/** Bytes that can be read at any place: a file, or a part of memory. */
export interface ByteSource extends Disposable {
  /** What messages call it: the path as it was given. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** Fills `into` from byte `offset` on, and returns how many bytes it got: all, unless the end comes first. */
  readAt(offset: number, into: Uint8Array): number;
}

/**
 * Opens a file for reading. Its size is the one it has now.
 *
 * @throws {EngineError} `io` when it is missing or unreadable, `bad_file` when it is no regular file.
 */
export function openByteSource(path: string): ByteSource {
  const file = openRegularFile(path);
  const size = file.statSync().size;
  return {
    name: path,
    size,
    readAt(offset: number, into: Uint8Array): number {
      try {
        return readFully(file, offset, into);
      } catch (error) {
        throw new EngineError("io", `Cannot read "${path}" at byte ${offset}: ${reason(error)}`, { cause: error });
      }
    },
    [Symbol.dispose](): void {
      file.close();
    },
  };
}

/** Wraps bytes that are already in memory; they are not copied. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    readAt(offset: number, into: Uint8Array): number {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
    [Symbol.dispose](): void {},
  };
}

/** A part of a source. */
export interface ByteRange {
  offset: number;
  /** In bytes. */
  length: number;
  /** What it is, for messages. */
  what: string;
}

/**
 * Reads one range into new memory, which is asked for only once the range is known to lie inside the source.
 *
 * @throws {EngineError} `bad_file` when the range reaches past the end.
 */
export function readRange(source: ByteSource, range: ByteRange): Uint8Array<ArrayBuffer> {
  const { offset, length, what } = range;
  const end = offset + length;
  if (!(offset >= 0 && length >= 0 && end <= source.size)) {
    throw new EngineError(
      "bad_file",
      `Cannot read "${source.name}": its ${what} ends at byte ${end}, the file has ${source.size}; the file is damaged, download it again`,
    );
  }
  const bytes = new Uint8Array(length);
  const got = source.readAt(offset, bytes);
  if (got === length) return bytes;
  throw new EngineError("io", `Cannot read "${source.name}": it shrank to ${offset + got} bytes while it was read`);
}

/**
 * A `DataView` over all of `bytes`.
 */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads an unsigned 64-bit little-endian number; above 2⁵³ it is rounded, which no size of a real file ever is. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

function openRegularFile(path: string): Deno.FsFile {
  try {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    const stat = Deno.statSync(path);
    if (stat.isDirectory) throw new EngineError("bad_file", `Cannot read "${path}": it is a folder; name a file in it`);
    if (!stat.isFile) throw new EngineError("bad_file", `Cannot read "${path}": it is not a regular file`);
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError("io", `Cannot open "${path}": ${reason(error)}`, { cause: error });
  }
}

function readFully(file: Deno.FsFile, offset: number, into: Uint8Array): number {
  file.seekSync(offset, Deno.SeekMode.Start);
  let done = 0;
  while (done < into.length) {
    const got = file.readSync(into.subarray(done));
    if (got === null || got === 0) break;
    done += got;
  }
  return done;
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not read it; check its permissions";
  return error instanceof Error ? error.message : String(error);
}
