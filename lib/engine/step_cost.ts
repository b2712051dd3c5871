/** The weight of the latest measurement. */
const SHARE = 0.2;
/** A measurement counts at most so many times what was expected: a pause of the machine is no property of the batch. */
const OUTLIER = 3;

/** What a decode costs by the number of its tokens, learned from those that were done. Milliseconds. */
export class StepCost {
  /** By number of tokens. */
  readonly #measured = new Map<number, number>();
  #perPromptToken = 2;

  /** Milliseconds for one more prompt token in a decode. */
  get perPromptToken(): number {
    return this.#perPromptToken;
  }

  /** Takes what a decode of `decoded` tokens of answers and `prefilled` tokens of prompts took. */
  record(decoded: number, prefilled: number, ms: number): void {
    if (prefilled === 0) {
      if (decoded > 0) this.#measured.set(decoded, mix(this.#measured.get(decoded), ms));
    } else if (prefilled >= 16) {
      const rest = ms - (decoded > 0 ? this.estimate(decoded) : 0);
      this.#perPromptToken = mix(this.#perPromptToken, Math.max(rest / prefilled, 0.001));
    }
  }

  /** What a decode of so many tokens of answers will take: measured, or on the line between its measured neighbours. */
  estimate(tokens: number): number {
    const known = this.#measured.get(tokens);
    if (known !== undefined) return known;
    let below: [number, number] | undefined;
    let above: [number, number] | undefined;
    for (const entry of this.#measured) {
      if (entry[0] < tokens && (below === undefined || entry[0] > below[0])) below = entry;
      if (entry[0] > tokens && (above === undefined || entry[0] < above[0])) above = entry;
    }
    if (below !== undefined && above !== undefined) {
      return below[1] + (above[1] - below[1]) * (tokens - below[0]) / (above[0] - below[0]);
    }
    // Beyond what is known each token costs what one of a prompt does.
    if (below !== undefined) return below[1] + (tokens - below[0]) * this.#perPromptToken;
    if (above !== undefined) return above[1];
    return tokens * this.#perPromptToken;
  }
}

function mix(before: number | undefined, now: number): number {
  return before === undefined ? now : before + (Math.min(now, before * OUTLIER) - before) * SHARE;
}
