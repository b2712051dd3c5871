import type { Sampling } from "../../lib/engine/mod.ts";
import type { Receipt } from "../schemas/mod.ts";

/** Sampling settings of which nothing is left open. */
export type FullSampling = Sampling & { seed: number };

type Recorded = Receipt["request"]["sampling"];

/** Sampling settings as a receipt has them. */
export function toRecordedSampling(sampling: FullSampling): Recorded {
  return {
    seed: sampling.seed,
    temperature: sampling.temperature,
    dynatemp_range: sampling.dynamicTemperatureRange,
    dynatemp_exponent: sampling.dynamicTemperatureExponent,
    top_k: sampling.topK,
    top_p: sampling.topP,
    min_p: sampling.minP,
    typical_p: sampling.typicalP,
    top_n_sigma: sampling.topNSigma,
    xtc_probability: sampling.xtcProbability,
    xtc_threshold: sampling.xtcThreshold,
    min_keep: sampling.minKeep,
    repeat_last_n: sampling.repeatLastN,
    repeat_penalty: sampling.repeatPenalty,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
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
    ignore_eos: sampling.ignoreEos,
    samplers: sampling.samplers,
    // JSON has no infinity.
    logit_bias: sampling.logitBias.map(({ token, bias }) => [token, bias === -Infinity ? false : bias]),
  };
}

/** The same the other way round. */
export function fromRecordedSampling(recorded: Recorded): FullSampling {
  return {
    seed: recorded.seed,
    temperature: recorded.temperature,
    dynamicTemperatureRange: recorded.dynatemp_range,
    dynamicTemperatureExponent: recorded.dynatemp_exponent,
    topK: recorded.top_k,
    topP: recorded.top_p,
    minP: recorded.min_p,
    typicalP: recorded.typical_p,
    topNSigma: recorded.top_n_sigma,
    xtcProbability: recorded.xtc_probability,
    xtcThreshold: recorded.xtc_threshold,
    minKeep: recorded.min_keep,
    repeatLastN: recorded.repeat_last_n,
    repeatPenalty: recorded.repeat_penalty,
    frequencyPenalty: recorded.frequency_penalty,
    presencePenalty: recorded.presence_penalty,
    dryMultiplier: recorded.dry_multiplier,
    dryBase: recorded.dry_base,
    dryAllowedLength: recorded.dry_allowed_length,
    dryPenaltyLastN: recorded.dry_penalty_last_n,
    drySequenceBreakers: recorded.dry_sequence_breakers,
    mirostat: recorded.mirostat,
    mirostatTau: recorded.mirostat_tau,
    mirostatEta: recorded.mirostat_eta,
    adaptiveTarget: recorded.adaptive_target,
    adaptiveDecay: recorded.adaptive_decay,
    ignoreEos: recorded.ignore_eos,
    samplers: recorded.samplers,
    logitBias: recorded.logit_bias.map(([token, bias]) => ({ token, bias: bias === false ? -Infinity : bias })),
  };
}
