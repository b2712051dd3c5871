import { createHash } from "node:crypto";

/**
 * The SHA-256 of a file in lower-case hexadecimal, read in pieces.
 *
 * @param onRead Told how many bytes have been read so far.
 * @throws The OS's error when it cannot be read.
 */
export async function hashFile(path: string, onRead: (bytes: number) => void = () => {}): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  let done = 0;
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
    onRead(done += read);
  }
  return hash.digest("hex");
}

/** The SHA-256 of bytes in lower-case hexadecimal. */
export function hashBytes(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
