import * as z from "zod";

/** Beyond this nothing of a logit is left. */
const MAX_BIAS = 1e6;

/** Entries of one request, and characters of each text: all that it names is looked up before the request is queued. */
const MOST_ENTRIES = 4096;
const MOST_CHARACTERS = 256;

const bias = z.union([z.number().min(-MAX_BIAS).max(MAX_BIAS), z.literal(false)]);
const text = z.string().min(1).max(MOST_CHARACTERS);

/**
 * `logit_bias` in both of its forms: OpenAI's object by token id, whose keys llama-server also takes as texts, and llama-server's array of
 * pairs. `false` bans.
 */
export const LogitBias = z.union([
  z.record(text, bias).refine((entries) => Object.keys(entries).length <= MOST_ENTRIES, {
    message: `expected at most ${MOST_ENTRIES} entries`,
  }).meta({ maxProperties: MOST_ENTRIES }),
  z.array(z.tuple([z.union([z.int().min(0), text]), bias])).max(MOST_ENTRIES),
]);

/** Biases as the client wrote them. */
export type LogitBias = z.infer<typeof LogitBias>;
