import type { ByteSource } from "../container/mod.ts";
import { EngineError } from "../errors.ts";

const WINDOW_BYTES = 1 << 20;
const DECODER = new TextDecoder();

/** Walks over a GGUF's header through a window of 1 MiB, and never reads or asks for memory past the GGUF's end. */
export class GgufCursor {
  /** The byte after the last one read, counted from the GGUF's start. */
  position = 0;
  /** Bytes that the GGUF has. */
  readonly size: number;
  readonly #source: ByteSource;
  readonly #base: number;
  #window: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #windowStart = 0;
  #windowLength = 0;

  constructor(source: ByteSource, offset: number, size: number) {
    this.#source = source;
    this.#base = offset;
    this.size = size;
    this.#window = new Uint8Array(Math.min(WINDOW_BYTES, size));
    this.#view = new DataView(this.#window.buffer);
  }

  /** Reads an unsigned 32-bit number. */
  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  /** Reads an unsigned 64-bit number; above 2⁵³ it is rounded. */
  u64(what: string): number {
    const at = this.#take(8, what);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  /** Gives `read` a view and the place in it where `length` (at most 8) bytes lie, and moves past them. */
  scalar<T>(length: number, read: (view: DataView, at: number) => T): T {
    const at = this.#take(length, "a value");
    return read(this.#view, at);
  }

  /**
   * Reads a string: its length as u64, then its bytes.
   *
   * @param limit The most bytes that it may have.
   */
  string(what: string, limit: number): string {
    const length = this.u64(`the length of ${what}`);
    if (length > this.size - this.position) {
      this.fail(`${what} is said to have ${length} bytes, ${this.size - this.position} are left`);
    }
    if (length > limit) this.fail(`${what} is said to have ${length} bytes, at most ${limit} are sensible`);
    if (length <= this.#window.length) {
      const at = this.#take(length, what);
      return DECODER.decode(this.#window.subarray(at, at + length));
    }
    const bytes = new Uint8Array(length);
    this.#readAt(this.position, bytes);
    this.position += length;
    return DECODER.decode(bytes);
  }

  /** Moves past `length` bytes without reading them. */
  skip(length: number, what: string): void {
    if (length > this.size - this.position) {
      this.fail(`${what} has ${length} bytes, ${this.size - this.position} are left`);
    }
    this.position += length;
  }

  /** Moves past `count` strings. */
  skipStrings(count: number, what: string): void {
    for (let i = 0; i < count; i++) {
      const at = this.#take(8, what);
      const length = this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
      if (length > this.size - this.position) {
        this.fail(`${what}[${i}] is said to have ${length} bytes, ${this.size - this.position} are left`);
      }
      this.position += length;
    }
  }

  /** Throws the `bad_file` that says why the GGUF cannot be loaded. */
  fail(found: string): never {
    const message = `Cannot load model "${this.#source.name}": ${found}; the file is damaged, download it again`;
    throw new EngineError("bad_file", message);
  }

  // Makes `length` bytes available, moves past them, and returns where in the window they lie.
  #take(length: number, what: string): number {
    const { position } = this;
    if (length > this.size - position) {
      this.fail(`it ends inside ${what}, at byte ${this.size}`);
    }
    if (position < this.#windowStart || position + length > this.#windowStart + this.#windowLength) {
      this.#windowStart = position;
      this.#windowLength = Math.min(this.#window.length, this.size - position);
      this.#readAt(position, this.#window.subarray(0, this.#windowLength));
    }
    this.position = position + length;
    return position - this.#windowStart;
  }

  #readAt(position: number, into: Uint8Array): void {
    const got = this.#source.readAt(this.#base + position, into);
    if (got !== into.length) this.fail(`the file shrank to ${this.#base + position + got} bytes while it was read`);
  }
}
