import { createDeflateRaw } from "node:zlib";

/** Deflates pieces as they come. Each piece is used up before the next is asked for, so its buffer may be used again. */
export async function* deflatePieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deflate = createDeflateRaw();
  const ready: Uint8Array[] = [];
  deflate.on("data", (piece: Uint8Array) => ready.push(piece));
  const failed = new Promise<never>((_, reject) => deflate.once("error", reject));
  // It is raced below; a failure after the last race has nobody to tell.
  failed.catch(() => {});
  try {
    for await (const piece of pieces) {
      const written = new Promise<void>((resolve) => deflate.write(piece, () => resolve()));
      await Promise.race([written, failed]);
      yield* ready.splice(0);
    }
    const ended = new Promise<void>((resolve) => deflate.once("end", () => resolve()));
    deflate.end();
    await Promise.race([ended, failed]);
    yield* ready.splice(0);
  } finally {
    deflate.destroy();
  }
}
