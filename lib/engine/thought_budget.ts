/** How an answer's thoughts are bounded. */
export interface ThoughtBudgetOptions {
  /** Tokens of thought; from 0 on. */
  tokens: number;
  /** The tokens that end it where it is not over by then. */
  ending: readonly number[];
  /** What begins the thoughts; without it they have begun before the answer does. */
  begin?: string;
  /** What ends them, whoever writes it. */
  end: string;
  /** What a token stands for, control tokens included. */
  text(token: number): string;
}

/** Counts the tokens of an answer's thoughts, and says how to end them when there are enough. */
export class ThoughtBudget {
  readonly #options: ThoughtBudgetOptions;
  /** The latest text, long enough to find a marker in. */
  #tail = "";
  #thinks: boolean;
  #isOver = false;
  #used = 0;
  /** How many of the tokens that end it were written. */
  #written = 0;

  constructor(options: ThoughtBudgetOptions) {
    this.#options = options;
    this.#thinks = options.begin === undefined;
  }

  /** The tokens that must come now; undefined while the model may go on. */
  ending(): readonly number[] | undefined {
    const { tokens, ending } = this.#options;
    if (this.#isOver || !this.#thinks || this.#used < tokens) return undefined;
    return ending.slice(this.#written);
  }

  /** Has it bound nothing any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Takes the answer's next token. */
  accept(token: number): void {
    if (this.#isOver) return;
    if (this.ending() !== undefined) {
      this.#written++;
      this.#isOver = this.#written === this.#options.ending.length;
      return;
    }
    const { begin, end, text } = this.#options;
    if (this.#thinks) this.#used++;
    const marker = this.#thinks ? end : begin ?? end;
    const read = this.#tail + text(token);
    // Thoughts come first, or not at all.
    const first = read.trimStart();
    if (!this.#thinks && !first.startsWith(marker)) {
      if (!marker.startsWith(first)) this.end();
      this.#tail = first;
      return;
    }
    if (!read.includes(marker)) {
      this.#tail = read.slice(-(marker.length - 1 || read.length));
      return;
    }
    this.#tail = "";
    if (this.#thinks) this.#isOver = true;
    else this.#thinks = true;
  }
}
