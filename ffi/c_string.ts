const encoder = new TextEncoder();

/**
 * Encodes text as a NUL-terminated UTF-8 string.
 *
 * @throws {TypeError} When the text itself holds a NUL, which C would take for its end.
 */
export function toCString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`A C string cannot hold NUL: ${JSON.stringify(text)}`);
  return encoder.encode(text + "\0");
}

const textsOf = new WeakMap<BigUint64Array, Uint8Array[]>();

/**
 * Encodes texts as C's `const char **`, whose memory stays for as long as the array is referenced.
 *
 * @throws {TypeError} When a text holds a NUL.
 */
export function toCStrings(texts: readonly string[]): BigUint64Array<ArrayBuffer> {
  const encoded = texts.map(toCString);
  const pointers = new BigUint64Array(encoded.map((text) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(text))));
  // Held so that the memory that the pointers lead to stays.
  textsOf.set(pointers, encoded);
  return pointers;
}

/** Reads a NUL-terminated UTF-8 string; `undefined` for a null pointer. */
export function fromCString(pointer: Deno.PointerValue): string | undefined {
  return pointer === null ? undefined : Deno.UnsafePointerView.getCString(pointer);
}

/**
 * Reads text that a function writes into a buffer as `snprintf` does: it returns the length that it has or would have.
 *
 * @param call Called with a buffer and its size in bytes, once or, when the first buffer is too small, twice.
 * @returns The text, or `undefined` when the function returns a negative number.
 */
export function readSized(call: (buffer: Uint8Array<ArrayBuffer>, size: bigint) => number): string | undefined {
  let buffer = new Uint8Array(256);
  let length = call(buffer, BigInt(buffer.length));
  if (length >= buffer.length) {
    buffer = new Uint8Array(length + 1);
    length = call(buffer, BigInt(buffer.length));
  }
  return length < 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
}
