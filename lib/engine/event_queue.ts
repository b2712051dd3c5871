/** Values pushed by one side and awaited, in order, by the other. One consumer. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  /** Adds a value; ignored once ended. */
  push(value: T): this {
    if (!this.#ended) this.#values.push(value);
    this.#wake?.();
    return this;
  }

  /** Ends the iteration after the values pushed so far. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** Ends the iteration at once by throwing `error`; what was pushed and not yet taken is dropped. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.#values.length = 0;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) yield value;
      else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => this.#wake = resolve);
        this.#wake = undefined;
      }
    }
  }
}
