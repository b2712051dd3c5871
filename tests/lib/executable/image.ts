/** Little-endian bytes put together by hand, for the executables that the tests make. */
export class Image {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(offset: number, ...values: number[]): this {
    values.forEach((value, index) => this.#view.setUint16(offset + index * 2, value, true));
    return this;
  }

  u32(offset: number, ...values: number[]): this {
    values.forEach((value, index) => this.#view.setUint32(offset + index * 4, value, true));
    return this;
  }

  u64(offset: number, ...values: number[]): this {
    values.forEach((value, index) => this.#view.setBigUint64(offset + index * 8, BigInt(value), true));
    return this;
  }

  put(offset: number, ...parts: (string | Uint8Array)[]): this {
    for (const part of parts) {
      const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
      this.bytes.set(bytes, offset);
      offset += bytes.length;
    }
    return this;
  }
}

/** Joins parts into one. */
export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
