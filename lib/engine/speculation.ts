import type { LookupMatch } from "./token_lookup.ts";
import type { StepCost } from "./step_cost.ts";

/** Lengths of drafts that are weighed against each other. */
const LEVELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
/** The longest draft, in tokens. */
export const LONGEST_DRAFT = 64;
/** A draft must promise so much more than none: what it costs is known only roughly. */
const WORTH = 1.1;

/** By the class of the match: how often the next token is as guessed, before anything was seen. */
const PRIORS = [0.2, 0.3, 0.45, 0.65, 0.9, 0.97, 0.5, 0.8];
/** What was seen before counts for so many tokens at most, so that a change of the text is noticed. */
const MEMORY = 40;

/** However often guesses came true, they are not certain: of what is, one would expect infinitely many tokens. */
export const SUREST = 0.999;

/** What is known of the match behind a guess: how many tokens matched, and whether a copy was resumed there. */
export type Match = Pick<LookupMatch, "length" | "resumed">;

/** How often guesses came true, by the kind of match behind them. */
export class Acceptance {
  readonly #right: number[];
  readonly #all: number[];

  /** @param priors By the class of the match, what is expected before anything was seen; one for all where no match is known. */
  constructor(priors: readonly number[] = PRIORS) {
    this.#right = priors.map((prior) => prior * 4);
    this.#all = priors.map(() => 4);
  }

  /** The share of tokens that come as guessed, (0, 1). */
  probability(match: Match): number {
    const at = classOf(match);
    return Math.min(SUREST, (this.#right[at] ?? 0) / (this.#all[at] ?? 1));
  }

  /** Takes how many tokens of a guess came true, and whether the one after them did not. */
  record(match: Match, { right, wrong }: { right: number; wrong: boolean }): void {
    const at = classOf(match);
    const all = (this.#all[at] ?? 0) + right + (wrong ? 1 : 0);
    const fade = Math.min(1, MEMORY / all);
    this.#right[at] = ((this.#right[at] ?? 0) + right) * fade;
    this.#all[at] = all * fade;
  }
}

function classOf({ length, resumed }: Match): number {
  if (resumed) return length < 2 ? 6 : 7;
  if (length < 5) return length < 4 ? 0 : 1;
  if (length < 8) return 2;
  if (length < 16) return 3;
  return length < 32 ? 4 : 5;
}

/** A guess that a sequence has. */
export interface Guess {
  /** Tokens that it could draft. */
  available: number;
  /** The share of them expected to come true, (0, 1). */
  probability: number;
  /** What guessing one costs; nothing when absent. */
  msPerToken?: number;
}

/**
 * Chooses how many tokens of each guess are decoded along, so that the most tokens per millisecond are expected.
 *
 * @param guesses One for each sequence; those without have 0 available.
 * @param limits `tokens`: what the batch can take beyond one for each sequence; `cost`: of a decode by its tokens.
 * @returns Draft lengths, in the order of the guesses; all 0 where guessing does not pay.
 */
export function planDrafts(guesses: readonly Guess[], { tokens, cost }: { tokens: number; cost: StepCost }): number[] {
  const none = guesses.map(() => 0);
  let best = none;
  let bestRate = WORTH * guesses.length / cost.estimate(guesses.length);
  for (const level of LEVELS) {
    const lengths = guesses.map(({ available, probability }) => Math.min(level, available, usefulLength(probability)));
    const drafted = lengths.reduce((sum, length) => sum + length, 0);
    if (drafted === 0) continue;
    if (drafted > tokens) break;
    const expected = guesses.reduce((sum, guess, i) => sum + expectedTokens(guess.probability, lengths[i] ?? 0), 0);
    const guessing = guesses.reduce((sum, { msPerToken = 0 }, i) => sum + msPerToken * (lengths[i] ?? 0), 0);
    const rate = expected / (cost.estimate(guesses.length + drafted) + guessing);
    if (rate > bestRate) [best, bestRate] = [lengths, rate];
  }
  return best;
}

/** Tokens after which a guess has more likely failed than not. */
function usefulLength(probability: number): number {
  return Math.max(1, Math.floor(Math.log(0.35) / Math.log(Math.min(probability, SUREST))));
}

/** The token that is sampled in any case, and those of the draft that come true before it. */
function expectedTokens(probability: number, length: number): number {
  return (1 - probability ** (length + 1)) / (1 - probability);
}
