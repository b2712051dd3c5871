import { expectTokens, type LogitBias as EngineBias, type Sampling } from "../../lib/engine/mod.ts";
import type { LogitBias, SamplingParameters } from "../schemas/mod.ts";

/** How many seeds there are: llama.cpp takes 32 bits and reserves the highest to draw one. */
const SEEDS = 2 ** 32 - 1;

/** llama-server's seed for "draw one". */
const RANDOM_SEED = -1;

/** Parameters that the engine takes as they are, by its name for each. */
const SAME = {
  temperature: "temperature",
  dynamicTemperatureRange: "dynatemp_range",
  dynamicTemperatureExponent: "dynatemp_exponent",
  topK: "top_k",
  topP: "top_p",
  minP: "min_p",
  typicalP: "typical_p",
  topNSigma: "top_n_sigma",
  xtcProbability: "xtc_probability",
  xtcThreshold: "xtc_threshold",
  minKeep: "min_keep",
  repeatLastN: "repeat_last_n",
  repeatPenalty: "repeat_penalty",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  dryMultiplier: "dry_multiplier",
  dryBase: "dry_base",
  dryAllowedLength: "dry_allowed_length",
  dryPenaltyLastN: "dry_penalty_last_n",
  drySequenceBreakers: "dry_sequence_breakers",
  mirostat: "mirostat",
  mirostatTau: "mirostat_tau",
  mirostatEta: "mirostat_eta",
  adaptiveTarget: "adaptive_target",
  adaptiveDecay: "adaptive_decay",
  ignoreEos: "ignore_eos",
} as const satisfies Partial<Record<keyof Sampling, keyof SamplingParameters>>;

/**
 * The sampling parameters that a request brings, and none that it leaves out; a random seed is an explicit undefined.
 *
 * @param request What the client said.
 * @param vocabularySize Token ids lie below it.
 * @throws {EngineError} `invalid_value` for a bias on a token that the model does not have.
 */
export function toSampling(request: SamplingParameters, vocabularySize: number): Partial<Sampling> {
  const same = Object.entries(SAME).map(([name, key]) => [name, request[key]] as const);
  const sampling: Partial<Sampling> = Object.fromEntries(same.filter(([, value]) => isGiven(value)));
  if (isGiven(request.seed)) sampling.seed = toSeed(request.seed);
  if (isGiven(request.logit_bias)) sampling.logitBias = toLogitBias(request.logit_bias, vocabularySize);
  if (isGiven(request.samplers)) {
    sampling.samplers = request.samplers.samplers;
    // Whoever lists the samplers has all others off, adaptive-p too.
    if (!request.samplers.adaptiveP) sampling.adaptiveTarget = -1;
  }
  return sampling;
}

/** Tells a value from an absent one. */
export function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}

/** Brings a 64-bit seed into the engine's range [0, 2³²-2]; one that lies there stays as it is. */
function toSeed(seed: number): number | undefined {
  if (seed === RANDOM_SEED) return undefined;
  // `+ 0` makes the remainder's -0 a 0.
  return ((seed % SEEDS) + SEEDS) % SEEDS + 0;
}

function toLogitBias(given: LogitBias, vocabularySize: number): EngineBias[] {
  const pairs = Array.isArray(given)
    ? given
    : Object.entries(given).map(([key, bias]) => [/^\d+$/.test(key) ? Number(key) : key, bias] as const);
  const tokens = pairs.map(([token]) => token).filter((token) => typeof token === "number");
  expectTokens(tokens, { size: vocabularySize, param: "logit_bias" });
  return pairs.map(([token, bias]) => ({ token, bias: bias === false ? -Infinity : bias }));
}
