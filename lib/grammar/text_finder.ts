/** Finds the first of several texts in bytes that come one by one (Aho and Corasick, 1975). States are numbers; 0 is the first. */
export class TextFinder {
  readonly texts: readonly string[];
  /** By state: what was matched so far, as bytes. */
  readonly #prefixes: number[][] = [[]];
  readonly #ids = new Map<string, number>([["", 0]]);
  readonly #patterns: readonly Uint8Array[];
  /** By state and byte; -1 where it was not asked for yet. */
  readonly #next: Int32Array;

  /** @param texts At least one, none empty. */
  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.#patterns = texts.map((text) => new TextEncoder().encode(text));
    for (const pattern of this.#patterns) {
      for (let length = 1; length < pattern.length; length++) this.#add([...pattern.subarray(0, length)]);
    }
    this.#next = new Int32Array(this.#prefixes.length * 256).fill(-1);
  }

  /** How many states there are: one for each beginning of a text. */
  get states(): number {
    return this.#prefixes.length;
  }

  /** The state after another byte; undefined where a text is complete. */
  next(state: number, byte: number): number | undefined {
    const known = this.#next[state * 256 + byte] ?? -1;
    const next = known === -1 ? this.#next[state * 256 + byte] = this.#find(state, byte) : known;
    return next < 0 ? undefined : next;
  }

  #add(prefix: number[]): void {
    const key = prefix.join();
    if (this.#ids.has(key)) return;
    this.#ids.set(key, this.#prefixes.length);
    this.#prefixes.push(prefix);
  }

  /** -2 where a text is complete. */
  #find(state: number, byte: number): number {
    const read = [...this.#prefixes[state] ?? [], byte];
    if (this.#patterns.some((pattern) => endsWith(read, pattern))) return -2;
    for (let from = 0; from < read.length; from++) {
      const id = this.#ids.get(read.slice(from).join());
      if (id !== undefined) return id;
    }
    return 0;
  }
}

function endsWith(read: readonly number[], pattern: Uint8Array): boolean {
  const start = read.length - pattern.length;
  return start >= 0 && pattern.every((byte, i) => read[start + i] === byte);
}
