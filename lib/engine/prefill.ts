import type { Sequence } from "./sequence.ts";
import type { StepCost } from "./step_cost.ts";

/** How long the next tokens of running answers may take when a prompt is read beside them, in milliseconds. */
const BESIDE_OTHERS_MS = 350;
/** Where more prompts wait than answers, those may wait longer for their turn: up to so many times. */
const MOST_PATIENCE = 2;
/** Fewer prompt tokens in a step would waste what a decode costs anyway. */
const LEAST = 32;
/** The kernels of matrix products take tokens by blocks. */
const BLOCK = 16;

/**
 * How many prompt tokens go into the next step: as many as keep it short where answers wait for it, all that it can take elsewhere.
 *
 * @param step `decoding`: answers with a token in it; `prefilling`: prompts that wait; `limit`: the most tokens that it can take.
 */
export function prefillBudget(
  { decoding, prefilling, cost, limit }: { decoding: number; prefilling: number; cost: StepCost; limit: number },
): number {
  if (decoding === 0) return limit;
  const patience = Math.min(MOST_PATIENCE, Math.max(1, prefilling / decoding));
  const time = BESIDE_OTHERS_MS * patience - cost.estimate(decoding);
  const tokens = Math.max(LEAST, Math.floor(time / cost.perPromptToken / BLOCK) * BLOCK);
  return Math.min(tokens, limit);
}

/**
 * Shares a step's prompt tokens out: to the oldest first, but half of them to the prompt with the fewest left, so that a short one does not
 * wait for a long one.
 */
export function sharePrefill(
  prefilling: readonly Sequence[],
  budget: number,
): { sequence: Sequence; count: number }[] {
  const counts = new Map<Sequence, number>();
  let left = budget;
  const give = (sequence: Sequence, most: number): void => {
    const had = counts.get(sequence) ?? 0;
    const count = Math.min(sequence.remaining - had, most, left);
    if (count <= 0) return;
    counts.set(sequence, had + count);
    left -= count;
  };
  if (prefilling.length > 1) {
    const shortest = prefilling.reduce((a, b) => b.remaining < a.remaining ? b : a);
    give(shortest, Math.max(1, budget >> 1));
  }
  for (const sequence of prefilling) give(sequence, left);
  return [...counts].map(([sequence, count]) => ({ sequence, count }));
}
