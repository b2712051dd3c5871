/** A call into native code that failed, or a native object used after it was disposed. */
export class NativeError extends Error {
  override readonly name = "NativeError";
}
