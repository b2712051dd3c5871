/**
 * Gives the memory of bytes back at once; they are empty from then on. V8 would do so at some later collection of garbage: a state of a sequence
 * has megabytes, and there is no need to wait for that.
 */
export function freeBytes({ buffer }: Uint8Array<ArrayBuffer>): void {
  if (!buffer.detached) buffer.transfer(0);
}
