import * as z from "zod";

/** Beyond this nothing of a logit is left. */
const MAX_BIAS = 1e6;

const bias = z.union([z.number().min(-MAX_BIAS).max(MAX_BIAS), z.literal(false)]);
const text = z.string().min(1);

/**
 * `logit_bias` in both of its forms: OpenAI's object by token id, whose keys llama-server also takes as texts, and llama-server's array of
 * pairs. `false` bans.
 */
export const LogitBias = z.union([
  z.record(text, bias),
  z.array(z.tuple([z.union([z.int().min(0), text]), bias])),
]);

/** Biases as the client wrote them. */
export type LogitBias = z.infer<typeof LogitBias>;
