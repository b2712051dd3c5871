/** Turns the bytes of tokens into text: a character cut by a token's end waits for its rest. Bytes that are no UTF-8 become U+FFFD. */
export class Utf8Stream {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** Takes the next bytes and gives the characters that are now whole. A character that never becomes whole is never given. */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }
}
