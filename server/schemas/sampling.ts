import * as z from "zod";
import { LogitBias } from "./logit_bias.ts";
import { notYet } from "./not_yet.ts";
import { Samplers } from "./samplers.ts";

/** The largest value that llama.cpp's 32-bit integers hold. */
export const INT32_MAX = 2 ** 31 - 1;

/** Where nothing else bounds a factor: far beyond any use, and far within 32-bit floats. */
const MAX_FACTOR = 1e6;

const penalty = z.number().min(-2).max(2).nullish();
const probability = z.number().min(0).max(1).nullish();
const factor = z.number().min(0).max(MAX_FACTOR).nullish();
const count = z.int().min(0).max(INT32_MAX).nullish();
const lookBack = z.int().min(-1).max(INT32_MAX).nullish();

/**
 * The sampling parameters that every generating API shares: those of OpenAI, and llama-server's names for the rest, each with its range.
 * `null` means absent.
 */
export const samplingShape = {
  temperature: z.number().min(0).max(2).nullish(),
  dynatemp_range: factor,
  dynatemp_exponent: factor,
  /** 0, which OpenAI documents too, keeps the likeliest token. */
  top_p: probability,
  top_k: count,
  min_p: probability,
  typical_p: z.number().gt(0).max(1).nullish(),
  top_n_sigma: z.number().min(-MAX_FACTOR).max(MAX_FACTOR).nullish(),
  xtc_probability: probability,
  xtc_threshold: probability,
  min_keep: count,
  /** OpenAI documents a signed 64-bit integer, which a JSON number may round; -1 draws one. */
  seed: z.number().multipleOf(1).min(-(2 ** 63)).max(2 ** 63).nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  repeat_penalty: z.number().gt(0).max(MAX_FACTOR).nullish(),
  repeat_last_n: lookBack,
  dry_multiplier: factor,
  dry_base: z.number().min(1).max(MAX_FACTOR).nullish(),
  dry_allowed_length: count,
  dry_penalty_last_n: lookBack,
  /** Each is looked up in the whole vocabulary. */
  dry_sequence_breakers: z.array(z.string().min(1)).min(1).max(32).nullish(),
  mirostat: z.literal([0, 1, 2]).nullish(),
  mirostat_tau: factor,
  mirostat_eta: probability,
  /** Negative is off. */
  adaptive_target: z.number().min(-MAX_FACTOR).max(1).nullish(),
  adaptive_decay: z.number().min(0).max(0.99).nullish(),
  logit_bias: LogitBias.nullish(),
  ignore_eos: z.boolean().nullish(),
  samplers: Samplers.nullish(),
  grammar: notYet("Grammars", z.literal("")),
  json_schema: notYet("JSON schemas"),
};

/** {@linkcode samplingShape} as an object of its own. */
export const SamplingParameters = z.object(samplingShape);

/** What a request says about sampling. */
export type SamplingParameters = z.infer<typeof SamplingParameters>;
