import { DEFAULT_SAMPLING, type Sampling } from "../lib/engine/mod.ts";
import type { ServeOptions } from "../lib/options.ts";

/** llama.cpp's word for a random seed. */
const RANDOM_SEED = 2 ** 32 - 1;

/** How tokens are chosen where a request does not say, from the options of `serve`. */
export function samplingOfOptions(options: ServeOptions): Sampling {
  const order = options.samplers ?? options.samplingSeq;
  return {
    temperature: options.temp,
    dynamicTemperatureRange: options.dynatempRange,
    dynamicTemperatureExponent: options.dynatempExp,
    topK: Math.max(options.topK, 0),
    topP: options.topP,
    minP: options.minP,
    typicalP: options.typical,
    topNSigma: options.topNSigma,
    xtcProbability: options.xtcProbability,
    xtcThreshold: options.xtcThreshold,
    minKeep: DEFAULT_SAMPLING.minKeep,
    seed: options.seed < 0 || options.seed === RANDOM_SEED ? undefined : options.seed,
    repeatLastN: options.repeatLastN,
    repeatPenalty: options.repeatPenalty,
    frequencyPenalty: options.frequencyPenalty,
    presencePenalty: options.presencePenalty,
    dryMultiplier: options.dryMultiplier,
    dryBase: options.dryBase,
    dryAllowedLength: options.dryAllowedLength,
    dryPenaltyLastN: options.dryPenaltyLastN,
    drySequenceBreakers: options.drySequenceBreaker ?? DEFAULT_SAMPLING.drySequenceBreakers,
    mirostat: options.mirostat === 1 || options.mirostat === 2 ? options.mirostat : 0,
    mirostatTau: options.mirostatEnt,
    mirostatEta: options.mirostatLr,
    // Whoever lists the samplers has all others off, adaptive-p too.
    adaptiveTarget: order === undefined || order.adaptiveP ? options.adaptiveTarget : -1,
    adaptiveDecay: options.adaptiveDecay,
    logitBias: options.logitBias,
    ignoreEos: options.ignoreEos,
    samplers: order?.samplers ?? DEFAULT_SAMPLING.samplers,
  };
}
