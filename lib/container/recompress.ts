import { createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from "node:zlib";

/** Deflates pieces as they come. Each piece is used up before the next is asked for, so its buffer may be used again. */
export function deflatePieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return throughZlib(createDeflateRaw(), pieces);
}

/**
 * Inflates pieces as they come; at most a thousandfold of one piece is held in memory. Throws zlib's error when the data is damaged or ends
 * early, which `DecompressionStream` does not always do.
 */
export function inflatePieces(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return throughZlib(createInflateRaw(), pieces);
}

async function* throughZlib(
  zlib: DeflateRaw | InflateRaw,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  zlib.on("data", (piece: Uint8Array) => ready.push(piece));
  const failed = new Promise<never>((_, reject) => zlib.once("error", reject));
  // It is raced below; a failure after the last race has nobody to tell.
  failed.catch(() => {});
  try {
    for await (const piece of pieces) {
      const written = new Promise<void>((resolve) => zlib.write(piece, () => resolve()));
      await Promise.race([failed, written]);
      yield* ready.splice(0);
    }
    const ended = new Promise<void>((resolve) => zlib.once("end", () => resolve()));
    zlib.end();
    await Promise.race([failed, ended]);
    yield* ready.splice(0);
  } finally {
    zlib.destroy();
  }
}
