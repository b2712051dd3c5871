/**
 * Views of rows of native memory, one for each address, so that reading a row again allocates nothing. Whoever owns it calls
 * {@linkcode detach} before the memory may go away: views that somebody kept are then empty instead of dangling.
 */
export class RowViews {
  readonly #length: number;
  readonly #rows = new Map<bigint, Float32Array<ArrayBuffer>>();

  /** @param length Floats in a row. */
  constructor(length: number) {
    this.#length = length;
  }

  /** The row that begins at `pointer`. */
  at(pointer: Deno.PointerObject): Float32Array<ArrayBuffer> {
    const address = Deno.UnsafePointer.value(pointer);
    const known = this.#rows.get(address);
    if (known !== undefined) return known;
    const row = new Float32Array(Deno.UnsafePointerView.getArrayBuffer(pointer, this.#length * 4));
    this.#rows.set(address, row);
    return row;
  }

  /** Empties all views that were given out. */
  detach(): void {
    // A transfer to no bytes copies nothing, and detaches.
    for (const row of this.#rows.values()) row.buffer.transfer(0);
    this.#rows.clear();
  }
}

/** Copies a row of native memory. */
export function copyRow(pointer: Deno.PointerObject, length: number): Float32Array<ArrayBuffer> {
  const row = new Float32Array(length);
  Deno.UnsafePointerView.copyInto(pointer, row);
  return row;
}
