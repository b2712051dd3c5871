import * as z from "zod";
import { SAMPLER_NAMES } from "../../../lib/engine/mod.ts";

/** How an answer is generated, under llama-server's names: what the request says, and the server's defaults for the rest. */
export const GenerationSettings = z.object({
  /** 4294967295 draws one. */
  seed: z.int(),
  temperature: z.number(),
  dynatemp_range: z.number(),
  dynatemp_exponent: z.number(),
  top_k: z.int(),
  top_p: z.number(),
  min_p: z.number(),
  top_n_sigma: z.number(),
  xtc_probability: z.number(),
  xtc_threshold: z.number(),
  typical_p: z.number(),
  repeat_last_n: z.int(),
  repeat_penalty: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  dry_multiplier: z.number(),
  dry_base: z.number(),
  dry_allowed_length: z.int(),
  dry_penalty_last_n: z.int(),
  dry_sequence_breakers: z.array(z.string()),
  mirostat: z.int(),
  mirostat_tau: z.number(),
  mirostat_eta: z.number(),
  adaptive_target: z.number(),
  adaptive_decay: z.number(),
  stop: z.array(z.string()),
  /** -1 is no limit. */
  max_tokens: z.int(),
  n_predict: z.int(),
  n_keep: z.int(),
  n_discard: z.int(),
  ignore_eos: z.boolean(),
  stream: z.boolean(),
  /** A text stands for each of its tokens; null bans. */
  logit_bias: z.array(z.object({ bias: z.number().nullable(), token: z.union([z.int(), z.string()]) })),
  n_probs: z.int(),
  min_keep: z.int(),
  grammar: z.string(),
  samplers: z.array(z.enum(SAMPLER_NAMES)),
  timings_per_token: z.boolean(),
  post_sampling_probs: z.boolean(),
  lora: z.array(z.object({ id: z.int(), scale: z.number() })),
});

/** Settings as the client reads them. */
export type GenerationSettings = z.infer<typeof GenerationSettings>;
