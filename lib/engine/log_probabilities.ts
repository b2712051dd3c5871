import { type Likeliest, selectLikeliest } from "./likeliest.ts";

/** A token and the natural logarithm of its probability, (-∞, 0]; -Infinity when its logit is that. */
export interface TokenLogProbability {
  token: number;
  logprob: number;
}

/** What {@linkcode logProbabilities} finds. */
export interface LogProbabilities {
  /** Of the token asked for. */
  logprob: number;
  /** The likeliest tokens, the likeliest first, of equally likely ones the lowest id. */
  top: TokenLogProbability[];
}

/**
 * The log-probability of a token among the whole vocabulary, as the model gives it and before any sampler (log-softmax, in float64).
 *
 * @param logits One for each token of the vocabulary.
 * @param token The one that is asked for.
 * @param top How many of the likeliest to give; from 0 on.
 * @throws {RangeError} When the token has no logit.
 */
export function logProbabilities(logits: Float32Array, token: number, top: number): LogProbabilities {
  const logit = logits[token];
  if (logit === undefined) throw new RangeError(`Token ${token} is not in the vocabulary of ${logits.length}`);
  // One at least: the largest logit is wanted below.
  const found: Likeliest = { ids: new Int32Array(Math.max(top, 1)), values: new Float32Array(Math.max(top, 1)) };
  const count = selectLikeliest(logits, Math.max(top, 1), found);
  const largest = found.values[0] ?? 0;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] ?? 0) - largest);
  const logSum = largest + Math.log(sum);
  return {
    logprob: Math.min(logit - logSum, 0),
    top: Array.from(found.ids.subarray(0, Math.min(count, top)), (id, i) => ({
      token: id,
      logprob: Math.min((found.values[i] ?? 0) - logSum, 0),
    })),
  };
}
