/** A set of numbers in parts that become finer: elements are marked, and `split` then parts what is marked from what is not. */
export class Partition {
  /** How many parts there are. */
  count = 1;
  /** The elements, part by part, and where each stands. */
  readonly #elements: Int32Array;
  readonly #places: Int32Array;
  readonly #parts: Int32Array;
  /** By part: where it begins and is over, and how many at its beginning are marked. */
  readonly #firsts: Int32Array;
  readonly #ends: Int32Array;
  readonly #marks: Int32Array;
  #touched: number[] = [];

  /** All numbers below `size` in one part. */
  constructor(size: number) {
    this.#elements = Int32Array.from({ length: size }, (_, i) => i);
    this.#places = this.#elements.slice();
    this.#parts = new Int32Array(size);
    this.#firsts = new Int32Array(size + 1);
    this.#ends = new Int32Array(size + 1);
    this.#marks = new Int32Array(size + 1);
    this.#ends[0] = size;
  }

  /** The part of an element. */
  part(element: number): number {
    return this.#parts[element] ?? 0;
  }

  /** The elements of a part. What is marked while they are looked at changes their order: take a copy then. */
  elements(part: number): Int32Array {
    return this.#elements.slice(this.#firsts[part], this.#ends[part]);
  }

  /** Must not be called twice for an element before `split`. */
  mark(element: number): void {
    const part = this.#parts[element] ?? 0;
    const marks = this.#marks[part] ?? 0;
    const [from, to] = [this.#places[element] ?? 0, (this.#firsts[part] ?? 0) + marks];
    const other = this.#elements[to] ?? 0;
    this.#elements[from] = other;
    this.#places[other] = from;
    this.#elements[to] = element;
    this.#places[element] = to;
    if (marks === 0) this.#touched.push(part);
    this.#marks[part] = marks + 1;
  }

  /** The smaller half of each part that has both kinds becomes a part of its own. */
  split(): void {
    for (const part of this.#touched) {
      const [first, end] = [this.#firsts[part] ?? 0, this.#ends[part] ?? 0];
      const middle = first + (this.#marks[part] ?? 0);
      this.#marks[part] = 0;
      if (middle === end) continue;
      const fresh = this.count++;
      const marked = middle - first <= end - middle;
      this.#firsts[fresh] = marked ? first : middle;
      this.#ends[fresh] = marked ? middle : end;
      if (marked) this.#firsts[part] = middle;
      else this.#ends[part] = middle;
      for (let i = this.#firsts[fresh] ?? 0; i < (this.#ends[fresh] ?? 0); i++) {
        this.#parts[this.#elements[i] ?? 0] = fresh;
      }
    }
    this.#touched = [];
  }
}
