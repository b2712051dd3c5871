import { EngineError } from "../errors.ts";

/**
 * Little-endian access to the bytes of an executable in which every offset is checked, as all of them come from the file itself.
 * All methods throw {@linkcode EngineError} `bad_file` when what they are asked for lies outside of the bytes.
 */
export class ByteEditor {
  readonly #view: DataView;
  readonly #kind: string;

  /**
   * @param bytes The file; written to by the `set` methods only.
   * @param kind What the file is meant to be, e.g. `ELF file`, to begin messages with.
   */
  constructor(readonly bytes: Uint8Array, kind: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#kind = kind;
  }

  /** Size of the file in bytes. */
  get length(): number {
    return this.bytes.length;
  }

  /** The error for this file; `problem` completes the sentence `Damaged ELF file: …`. */
  damaged(problem: string): EngineError {
    // Names come from the file: whatever could break the line or the terminal is shown as its number.
    const printable = problem.replace(/[^ -~]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
    return new EngineError("bad_file", `Damaged ${this.#kind}: ${printable}`);
  }

  /** Checks that `size` bytes at `offset` lie in the file; `field` names them in the message. */
  check(offset: number, size: number, field: string): void {
    if (offset < 0 || size < 0 || offset + size > this.length) {
      throw this.damaged(`${field} needs ${size} bytes at byte ${offset}, the file has ${this.length}`);
    }
  }

  u8(offset: number, field: string): number {
    this.check(offset, 1, field);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, field: string): number {
    this.check(offset, 2, field);
    return this.#view.getUint16(offset, true);
  }

  u32(offset: number, field: string): number {
    this.check(offset, 4, field);
    return this.#view.getUint32(offset, true);
  }

  /** An unsigned 64-bit number, at most 2⁵³ - 1: no offset in a file is larger. */
  u64(offset: number, field: string): number {
    this.check(offset, 8, field);
    const value = this.#view.getBigUint64(offset, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw this.damaged(`${field} is ${value}, which is past any file's end`);
    }
    return Number(value);
  }

  /** A view of `size` bytes. */
  slice(offset: number, size: number, field: string): Uint8Array {
    this.check(offset, size, field);
    return this.bytes.subarray(offset, offset + size);
  }

  /** Text that ends before `end` or at a zero byte, whichever is first. */
  text(offset: number, end: number, field: string): string {
    this.check(offset, end - offset, field);
    const zero = this.bytes.indexOf(0, offset);
    return ASCII.decode(this.bytes.subarray(offset, zero < 0 ? end : Math.min(zero, end)));
  }

  setU16(offset: number, value: number, field: string): void {
    this.check(offset, 2, field);
    this.#view.setUint16(offset, value, true);
  }

  setU32(offset: number, value: number, field: string): void {
    this.check(offset, 4, field);
    if (value < 0 || value > 0xffffffff) {
      throw this.damaged(`${field} would become ${value}, which 32 bits cannot hold`);
    }
    this.#view.setUint32(offset, value, true);
  }

  setU64(offset: number, value: number, field: string): void {
    this.check(offset, 8, field);
    if (!Number.isSafeInteger(value) || value < 0) throw this.damaged(`${field} would become ${value}`);
    this.#view.setBigUint64(offset, BigInt(value), true);
  }
}

// Latin-1 takes any byte, so that a name with odd bytes in it compares unequal instead of failing.
const ASCII = new TextDecoder("latin1");
