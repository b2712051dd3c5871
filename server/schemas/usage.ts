import * as z from "zod";

/** Tokens counted as OpenAI counts them. */
export const Usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
  /** Tokens guessed ahead, right and wrong; only where some were. */
  completion_tokens_details: z.object({
    accepted_prediction_tokens: z.int(),
    rejected_prediction_tokens: z.int(),
  }).optional(),
});

/** Tokens of a request. */
export type Usage = z.infer<typeof Usage>;

/** What llama-server reports of a request's speed (counts, milliseconds, tokens per second), and the time in the queue. */
export const Timings = z.object({
  /** Prompt tokens that were taken from the cache. */
  cache_n: z.int(),
  /** Prompt tokens that were decoded. */
  prompt_n: z.int(),
  prompt_ms: z.number(),
  prompt_per_token_ms: z.number(),
  prompt_per_second: z.number(),
  predicted_n: z.int(),
  predicted_ms: z.number(),
  predicted_per_token_ms: z.number(),
  predicted_per_second: z.number(),
  /** Tokens guessed ahead, and how many of them were right; only where some were. */
  draft_n: z.int().optional(),
  draft_n_accepted: z.int().optional(),
  queue_ms: z.number(),
});

/** Speed of a request. */
export type Timings = z.infer<typeof Timings>;
