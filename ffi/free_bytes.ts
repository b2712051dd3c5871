/**
 * Gives the memory of bytes back at once; they are empty from then on. V8 would do so at some later collection of garbage: states of sequences
 * are far larger than what it sees of them, and a hundred megabytes and more would wait for it.
 */
export function freeBytes({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (!buffer.detached) buffer.transfer(0);
}
