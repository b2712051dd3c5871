/** The weight of the latest measurement. */
const SHARE = 0.2;
/** A measurement counts at most so many times what was expected: a pause of the machine is no property of the batch. */
const OUTLIER = 3;
/** Decodes after which a measurement no longer counts: contexts have grown since, and a bad first one would never be corrected. */
const LASTING = 1000;
/** What a token costs before anything was measured. */
const GUESS_MS = 2;

interface Measured {
  ms: number;
  /** The number of the decode that gave it. */
  at: number;
}

/** What a decode costs by the number of its tokens, learned from those that were done. Milliseconds. */
export class StepCost {
  /** By number of tokens. */
  readonly #measured = new Map<number, Measured>();
  #perPromptToken = GUESS_MS;
  #decodes = 0;

  /** Milliseconds for one more prompt token in a decode. */
  get perPromptToken(): number {
    return this.#perPromptToken;
  }

  /** Takes what a decode of `decoded` tokens of answers and `prefilled` tokens of prompts took. */
  record(decoded: number, prefilled: number, ms: number): void {
    this.#decodes++;
    if (prefilled === 0 && decoded > 0) {
      const before = this.#measured.get(decoded)?.ms;
      const expected = this.#measured.size > 0 ? this.estimate(decoded) : ms;
      const now = before === undefined ? Math.min(ms, expected * OUTLIER) : mix(before, ms);
      this.#measured.set(decoded, { ms: now, at: this.#decodes });
    } else if (prefilled >= 16) {
      const rest = ms - (decoded > 0 ? this.estimate(decoded) : 0);
      this.#perPromptToken = mix(this.#perPromptToken, Math.max(rest / prefilled, 0.001));
    }
  }

  /**
   * What a decode of so many tokens of answers will take: measured, or on the line between its measured neighbours. A larger one that took
   * less shows that it takes no more.
   */
  estimate(tokens: number): number {
    let below: [number, number] | undefined;
    let above: [number, number] | undefined;
    let most = Infinity;
    for (const [size, { ms, at }] of this.#measured) {
      if (at < this.#decodes - LASTING) {
        this.#measured.delete(size);
        continue;
      }
      if (size >= tokens) most = Math.min(most, ms);
      if (size <= tokens && (below === undefined || size > below[0])) below = [size, ms];
      if (size >= tokens && (above === undefined || size < above[0])) above = [size, ms];
    }
    return Math.min(most, this.#between(tokens, below, above));
  }

  #between(tokens: number, below: [number, number] | undefined, above: [number, number] | undefined): number {
    if (below !== undefined && above !== undefined) {
      const share = above[0] === below[0] ? 0 : (tokens - below[0]) / (above[0] - below[0]);
      return below[1] + (above[1] - below[1]) * share;
    }
    // Beyond what is known each token costs what one of a prompt does.
    if (below !== undefined) return below[1] + (tokens - below[0]) * this.#perPromptToken;
    if (above !== undefined) return above[1];
    return tokens * this.#perPromptToken;
  }
}

function mix(before: number, now: number): number {
  return before + (Math.min(now, before * OUTLIER) - before) * SHARE;
}
