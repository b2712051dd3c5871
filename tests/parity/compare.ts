import type { Answer, Candidate } from "./completion.ts";

/** Where two answers part. */
export interface Parting {
  /** Tokens that they have in common. */
  at: number;
  /** The bytes of the first two that differ. */
  tokens: [string, string];
}

/** Where two answers to one prompt part; undefined when they are the same, as far as both are told. */
export function findParting(a: Answer, b: Answer): Parting | undefined {
  const common = Math.min(a.tokens.length, b.tokens.length);
  for (let at = 0; at < common; at++) {
    const tokens: [string, string] = [a.tokens[at]?.bytes ?? "", b.tokens[at]?.bytes ?? ""];
    if (tokens[0] !== tokens[1]) return { at, tokens };
  }
  const shorter = a.tokens.length < b.tokens.length ? a : b;
  if (a.tokens.length === b.tokens.length || shorter.open) return undefined;
  throw new RangeError(`One answer has ${a.tokens.length} tokens, the other ${b.tokens.length}, and neither ends`);
}

/**
 * By how much the less likely one of two tokens is behind the likeliest of all: how near a tie they are.
 *
 * @param top The likeliest tokens.
 * @returns A difference of log-probabilities, [0, ∞); Infinity when one of them is not among the likeliest.
 */
export function gapOf(top: readonly Candidate[], tokens: readonly [string, string]): number {
  const logprobs = tokens.map((bytes) => top.find((candidate) => candidate.bytes === bytes)?.logprob ?? -Infinity);
  return Math.max(0, (top[0]?.logprob ?? 0) - Math.min(...logprobs));
}

/** The largest difference of the log-probabilities of the tokens that two answers have in common; 0 when none were told. */
export function largestShift(a: Answer, b: Answer): number {
  const common = findParting(a, b)?.at ?? Math.min(a.tokens.length, b.tokens.length);
  const shifts = a.tokens.slice(0, common).map(({ top }, i) => {
    const [mine, other] = [top[0], b.tokens[i]?.top[0]];
    return mine?.bytes === other?.bytes && mine && other ? Math.abs(mine.logprob - other.logprob) : 0;
  });
  return Math.max(0, ...shifts);
}

/** How far the likeliest tokens of two answers are apart, rank by rank. */
export interface RankDifference {
  /** Log-probabilities compared. */
  compared: number;
  largest: number;
}

/** Compares the log-probabilities of the likeliest tokens, rank by rank, as far as the answers are the same and at most `places` tokens. */
export function compareRanks(a: Answer, b: Answer, places: number): RankDifference {
  const shared = findParting(a, b)?.at ?? Infinity;
  const differences: number[] = [];
  // The place where they part still has the same tokens before it.
  for (let i = 0; i <= Math.min(shared, places - 1, a.tokens.length - 1); i++) {
    const other = b.tokens[i]?.top ?? [];
    const mine = a.tokens[i]?.top ?? [];
    // llama-server tells nothing of some places.
    const ranks = Math.min(mine.length, other.length);
    for (let k = 0; k < ranks; k++) differences.push(Math.abs((mine[k]?.logprob ?? 0) - (other[k]?.logprob ?? NaN)));
  }
  return { compared: differences.length, largest: Math.max(0, ...differences) };
}
