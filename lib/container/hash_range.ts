import { createHash } from "node:crypto";
import { type FileRange, readPieces } from "./copy_bytes.ts";

/**
 * The SHA-256 of a part of a file in lower-case hexadecimal, read in pieces between which other work goes on.
 *
 * @param onRead Told how many bytes have been read so far.
 * @throws {EngineError} `io` when it cannot be read or ends early.
 */
export async function hashRange(range: FileRange, onRead: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash("sha256");
  let done = 0;
  for await (const piece of readPieces(range)) {
    hash.update(piece);
    onRead(done += piece.length);
  }
  return hash.digest("hex");
}
