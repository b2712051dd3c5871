/** What is wrong with a value, and where: `entries.3.size is "x", expected a whole number`. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** A value of unknown shape, such as parsed JSON, read step by step; each step throws a {@linkcode ShapeError} when the value is another. */
export class Shape {
  readonly #value: unknown;
  readonly #path: string;

  /** @param path Where the value lies, for messages. */
  constructor(value: unknown, path = "") {
    this.#value = value;
    this.#path = path;
  }

  /** The value of a key; a missing one is found to be so when it is read. */
  at(key: string): Shape {
    if (typeof this.#value !== "object" || this.#value === null) throw this.#mismatch("an object");
    const found = Object.entries(this.#value).find(([name]) => name === key);
    return new Shape(found?.[1], this.#path === "" ? key : `${this.#path}.${key}`);
  }

  /** The elements of a list. */
  list(): Shape[] {
    if (!Array.isArray(this.#value)) throw this.#mismatch("a list");
    return this.#value.map((value: unknown, index) => new Shape(value, `${this.#path}.${index}`));
  }

  /** What `read` makes of it; undefined where there is nothing. */
  optional<T>(read: (shape: Shape) => T): T | undefined {
    return this.#value === undefined ? undefined : read(this);
  }

  /** A string, of a form. */
  text(form = /^/): string {
    if (typeof this.#value !== "string" || !form.test(this.#value)) throw this.#mismatch(`text like ${form.source}`);
    return this.#value;
  }

  /** One of some strings. */
  oneOf<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value);
    if (found === undefined) throw this.#mismatch(`one of ${choices.join(", ")}`);
    return found;
  }

  /** A whole number from `min` on that a double holds exactly. */
  integer(min = 0): number {
    const value = this.#value;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min) {
      throw this.#mismatch("a whole number");
    }
    return value;
  }

  boolean(): boolean {
    if (typeof this.#value !== "boolean") throw this.#mismatch("true or false");
    return this.#value;
  }

  #mismatch(expected: string): ShapeError {
    const found = this.#value === undefined ? "missing" : JSON.stringify(this.#value).slice(0, 60);
    return new ShapeError(`"${this.#path}" is ${found}, expected ${expected}`);
  }
}
