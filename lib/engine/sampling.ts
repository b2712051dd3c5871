import { type Model, SamplerChain } from "../../ffi/mod.ts";
import type { DrySamplers } from "./dry_samplers.ts";
import type { SamplerName } from "./engine.ts";
import type { ResolvedSampling } from "./resolve_sampling.ts";

/** Tokens by which Mirostat 1 estimates, as llama-server has it. */
const MIROSTAT_TOKENS = 100;
/** A lower temperature gives the same, but for logits that would no longer be finite. */
const LOWEST_TEMPERATURE = 1e-20;

/**
 * Makes the sampler chain of one sequence as llama-server v0.4.0 does (`common_sampler_init`): biases, the samplers in their order, a draw;
 * Mirostat takes their place, adaptive-p that of the draw. What would change nothing is left out.
 *
 * @param settings From `resolveSampling`, for the same model.
 * @param dry The model's.
 */
export function makeSamplerChain(model: Model, settings: ResolvedSampling, dry: DrySamplers): SamplerChain {
  using made = new DisposableStack();
  const chain = made.use(new SamplerChain(model.library));
  const { biases, active, seed } = settings;
  const vocabularySize = model.vocabulary.size;
  if (biases.length > 0) chain.logitBias({ vocabularySize, biases });
  for (const name of active) ADD[name](chain, settings, { model, dry });
  if (settings.greedy) chain.greedy();
  else if (settings.mirostat !== 0) addMirostat(chain, settings, vocabularySize);
  else if (settings.adaptiveTarget >= 0) {
    chain.adaptiveP({ target: settings.adaptiveTarget, decay: settings.adaptiveDecay, seed });
  } else chain.distribution(seed);
  made.move();
  return chain;
}

const ADD: Record<
  SamplerName,
  (chain: SamplerChain, settings: ResolvedSampling, of: { model: Model; dry: DrySamplers }) => void
> = {
  penalties: (chain, { repeatLastN, repeatPenalty, frequencyPenalty, presencePenalty }, { model }) =>
    void chain.penalties({
      vocabularySize: model.vocabulary.size,
      lastN: repeatLastN,
      repeat: repeatPenalty,
      frequency: frequencyPenalty,
      presence: presencePenalty,
    }),
  dry: (chain, settings, { model, dry }) =>
    dry.addTo(chain, {
      vocabulary: model.vocabulary,
      multiplier: settings.dryMultiplier,
      base: settings.dryBase,
      allowedLength: settings.dryAllowedLength,
      lastN: settings.dryPenaltyLastN,
      breakers: settings.drySequenceBreakers.filter((text) => text !== ""),
    }),
  top_n_sigma: (chain, { topNSigma }) => void chain.topNSigma(topNSigma),
  top_k: (chain, { topK }) => void chain.topK(topK),
  typ_p: (chain, { typicalP, minKeep }) => void chain.typical(typicalP, minKeep),
  top_p: (chain, { topP, minKeep }) => void chain.topP(topP, minKeep),
  min_p: (chain, { minP, minKeep }) => void chain.minP(minP, minKeep),
  xtc: (chain, { xtcProbability, xtcThreshold, minKeep, seed }) =>
    void chain.xtc({ probability: xtcProbability, threshold: xtcThreshold, minKeep, seed }),
  temperature: addTemperature,
};

function addTemperature(chain: SamplerChain, settings: ResolvedSampling): void {
  const { temperature, dynamicTemperatureRange: range, dynamicTemperatureExponent: exponent } = settings;
  if (range > 0) chain.dynamicTemperature({ temperature, range, exponent });
  else chain.temperature(temperature === 0 ? 0 : Math.max(temperature, LOWEST_TEMPERATURE));
}

function addMirostat(chain: SamplerChain, settings: ResolvedSampling, vocabularySize: number): void {
  const { mirostat, mirostatTau: tau, mirostatEta: eta, temperature, seed } = settings;
  if (temperature !== 1) chain.temperature(Math.max(temperature, LOWEST_TEMPERATURE));
  if (mirostat === 1) chain.mirostat({ vocabularySize, seed, tau, eta, m: MIROSTAT_TOKENS });
  else chain.mirostat2({ seed, tau, eta });
}
