import type { SamplerName, Sampling } from "./engine.ts";
import { type SettledSampling, settleSampling } from "./resolve_sampling.ts";

/** One sampler of a chain: its name as llama-server has it, and its parameters. */
export interface SamplerStep {
  name: string;
  [parameter: string]: string | number | boolean | string[];
}

/**
 * The sampler chain that settings come to, in order and without what would change nothing: what `makeSamplerChain` makes. Biases of the model's own
 * are left out.
 *
 * @param options Tokens: `contextLength` is what may be looked back at.
 * @throws {EngineError} `invalid_value` naming the parameter that is wrong.
 */
export function describeSamplers(
  sampling: Sampling & { seed: number },
  options: { contextLength: number; vocabularySize: number },
): SamplerStep[] {
  const settings = settleSampling(sampling, options);
  const { logitBias, ignoreEos } = sampling;
  const biased = logitBias.length > 0 || ignoreEos;
  return [
    ...(biased ? [{ name: "logit_bias", entries: logitBias.length, ignore_eos: ignoreEos }] : []),
    ...settings.active.map((name) => ({ name, ...PARAMETERS[name](settings) })),
    ...lastOf(settings),
  ];
}

const PARAMETERS: Record<SamplerName, (settings: SettledSampling) => Omit<SamplerStep, "name">> = {
  penalties: (of) => ({
    last_n: of.repeatLastN,
    repeat: of.repeatPenalty,
    frequency: of.frequencyPenalty,
    presence: of.presencePenalty,
  }),
  dry: (of) => ({
    multiplier: of.dryMultiplier,
    base: of.dryBase,
    allowed_length: of.dryAllowedLength,
    last_n: of.dryPenaltyLastN,
    breakers: of.drySequenceBreakers,
  }),
  top_n_sigma: ({ topNSigma }) => ({ n: topNSigma }),
  top_k: ({ topK }) => ({ k: topK }),
  typ_p: ({ typicalP, minKeep }) => ({ p: typicalP, min_keep: minKeep }),
  top_p: ({ topP, minKeep }) => ({ p: topP, min_keep: minKeep }),
  min_p: ({ minP, minKeep }) => ({ p: minP, min_keep: minKeep }),
  xtc: (of) => ({ probability: of.xtcProbability, threshold: of.xtcThreshold, min_keep: of.minKeep, seed: of.seed }),
  temperature: temperatureOf,
};

function temperatureOf(of: SettledSampling): Omit<SamplerStep, "name"> {
  const { temperature, dynamicTemperatureRange: range, dynamicTemperatureExponent: exponent } = of;
  return range > 0 ? { temperature, range, exponent } : { temperature };
}

/** What picks the token. */
function lastOf(of: SettledSampling): SamplerStep[] {
  const { seed, temperature } = of;
  if (of.greedy) return [{ name: "greedy" }];
  if (of.mirostat !== 0) {
    const tempered = temperature === 1 ? [] : [{ name: "temperature", temperature }];
    return [...tempered, { name: `mirostat_${of.mirostat}`, tau: of.mirostatTau, eta: of.mirostatEta, seed }];
  }
  if (of.adaptiveTarget >= 0) {
    return [{ name: "adaptive_p", target: of.adaptiveTarget, decay: of.adaptiveDecay, seed }];
  }
  return [{ name: "dist", seed }];
}
