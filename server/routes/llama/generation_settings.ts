import { DEFAULT_SAMPLING, type GenerateInput } from "../../../lib/engine/mod.ts";
import type { GenerationSettings, LlamaGeneration } from "../../schemas/llama/mod.ts";

/** llama.cpp's word for a seed that is drawn. */
const RANDOM_SEED = 2 ** 32 - 1;

/**
 * What the engine was asked for, under llama-server's names.
 *
 * @param input What it was given; the rest is its defaults.
 * @param limit Tokens that the answer may have; -1 as many as there is room for.
 * @param grammar What the answer is held to, in GBNF; empty where it is held to nothing.
 * @param request What is not for the engine.
 * @param banned Tokens that are banned besides those of `logit_bias`.
 */
export function toGenerationSettings(
  input: Omit<GenerateInput, "prompt">,
  { limit, grammar = "", request = {}, banned = [] }: {
    limit: number;
    grammar?: string;
    request?: Pick<LlamaGeneration, "stream" | "n_probs" | "timings_per_token">;
    banned?: number[];
  },
): GenerationSettings {
  const sampling = { ...DEFAULT_SAMPLING, ...input.sampling };
  return {
    seed: sampling.seed ?? RANDOM_SEED,
    temperature: sampling.temperature,
    dynatemp_range: sampling.dynamicTemperatureRange,
    dynatemp_exponent: sampling.dynamicTemperatureExponent,
    top_k: sampling.topK,
    top_p: sampling.topP,
    min_p: sampling.minP,
    top_n_sigma: sampling.topNSigma,
    xtc_probability: sampling.xtcProbability,
    xtc_threshold: sampling.xtcThreshold,
    typical_p: sampling.typicalP,
    repeat_last_n: sampling.repeatLastN,
    repeat_penalty: sampling.repeatPenalty,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    dry_multiplier: sampling.dryMultiplier,
    dry_base: sampling.dryBase,
    dry_allowed_length: sampling.dryAllowedLength,
    dry_penalty_last_n: sampling.dryPenaltyLastN,
    dry_sequence_breakers: sampling.drySequenceBreakers,
    mirostat: sampling.mirostat,
    mirostat_tau: sampling.mirostatTau,
    mirostat_eta: sampling.mirostatEta,
    adaptive_target: sampling.adaptiveTarget,
    adaptive_decay: sampling.adaptiveDecay,
    stop: input.stop ?? [],
    max_tokens: limit,
    n_predict: limit,
    n_keep: input.keep ?? 0,
    n_discard: 0,
    ignore_eos: sampling.ignoreEos,
    stream: request.stream ?? false,
    logit_bias: [
      // JSON has no infinity.
      ...sampling.logitBias.map(({ token, bias }) => ({ bias: Number.isFinite(bias) ? bias : null, token })),
      ...banned.map((token) => ({ bias: null, token })),
    ],
    n_probs: request.n_probs ?? 0,
    min_keep: sampling.minKeep,
    grammar,
    samplers: sampling.samplers,
    timings_per_token: request.timings_per_token ?? false,
    post_sampling_probs: false,
    lora: input.lora ?? [],
  };
}
