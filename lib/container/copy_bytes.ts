import { EngineError, toEngineError } from "../errors.ts";

/** One range of a file to be read from its start to its end. */
export interface FileRange {
  path: string;
  offset: number;
  /** In bytes. */
  length: number;
}

const BUFFER_BYTES = 4 << 20;

/**
 * Reads a range in pieces of 4 MiB, the next piece being read while the last one is used. A piece is valid until the second next is asked for.
 *
 * @throws {EngineError} `io` when it cannot be read or ends early, `cancelled` when `signal` aborts.
 */
export async function* readPieces(range: FileRange, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { path, offset, length } = range;
  using file = openAt(path, offset);
  // One is being read into, one is with the caller, and one may still be being written.
  const buffers = Array.from({ length: 3 }, () => new Uint8Array(Math.min(BUFFER_BYTES, length)));
  let index = 0;
  let left = length;
  const readNext = (): Promise<Uint8Array<ArrayBuffer>> => {
    const buffer = buffers[index++ % buffers.length] ?? new Uint8Array(BUFFER_BYTES);
    return fill(file, buffer.subarray(0, Math.min(buffer.length, left)));
  };
  let next = length > 0 ? readNext() : undefined;
  try {
    while (next !== undefined) {
      const piece = await next;
      next = undefined;
      if (signal?.aborted) throw new EngineError("cancelled", `Stopped reading "${path}"`);
      left -= piece.length;
      if (left > 0) next = readNext();
      yield piece;
    }
  } catch (error) {
    throw toEngineError(error, `Cannot read "${path}"`);
  } finally {
    // The file must not be closed, nor its buffer be dropped, under a read that goes on.
    await next?.catch(() => {});
  }
}

/** Writes pieces one after the other, each while the next one is being made. */
export class PieceWriter {
  readonly #file: Deno.FsFile;
  #pending: Promise<void> = Promise.resolve();

  /** @param file Is written from where it stands. */
  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Begins to write `piece`, which must stay as it is until the next call has returned. */
  async write(piece: Uint8Array): Promise<void> {
    await this.#pending;
    this.#pending = writeFully(this.#file, piece);
    // A failure is thrown by the next call; until then it is not unhandled.
    this.#pending.catch(() => {});
  }

  /** Resolves once everything has been written. */
  async flush(): Promise<void> {
    await this.#pending;
  }
}

function openAt(path: string, offset: number): Deno.FsFile {
  try {
    const file = Deno.openSync(path);
    file.seekSync(offset, Deno.SeekMode.Start);
    return file;
  } catch (error) {
    throw toEngineError(error, `Cannot read "${path}"`);
  }
}

async function fill(file: Deno.FsFile, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  let done = 0;
  while (done < into.length) {
    const got = await file.read(into.subarray(done));
    if (got === null) throw new Error(`it ended ${into.length - done} bytes early; it was changed while it was read`);
    done += got;
  }
  return into;
}

async function writeFully(file: Deno.FsFile, piece: Uint8Array): Promise<void> {
  let done = 0;
  while (done < piece.length) done += await file.write(piece.subarray(done));
}
