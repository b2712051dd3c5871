import { type Library, SamplerChain } from "../../ffi/mod.ts";
import type { Sampling } from "./engine.ts";

/** Whether these settings look back at earlier tokens. */
export function hasPenalties(sampling: Sampling): boolean {
  const { repeatLastN, repeatPenalty, frequencyPenalty, presencePenalty } = sampling;
  return repeatLastN !== 0 && (repeatPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0);
}

/**
 * Makes the sampler chain for one sequence: penalties, top-k, typical, top-p, min-p, temperature, draw, which is llama-server's order.
 * A sampler that would change nothing is left out.
 *
 * @param model Where it samples: the vocabulary's size and the context's length, both in tokens.
 */
export function makeSamplerChain(
  library: Library,
  sampling: Sampling & { seed: number },
  model: { vocabularySize: number; contextLength: number },
): SamplerChain {
  const chain = new SamplerChain(library);
  if (hasPenalties(sampling)) {
    chain.penalties({
      vocabularySize: model.vocabularySize,
      // llama.cpp makes room for as many tokens as it is told.
      lastN: sampling.repeatLastN < 0 ? model.contextLength : Math.min(sampling.repeatLastN, model.contextLength),
      repeat: sampling.repeatPenalty,
      frequency: sampling.frequencyPenalty,
      presence: sampling.presencePenalty,
    });
  }
  if (sampling.temperature === 0) return chain.greedy();
  if (sampling.topK > 0) chain.topK(sampling.topK);
  if (sampling.typicalP < 1) chain.typical(sampling.typicalP);
  if (sampling.topP < 1) chain.topP(sampling.topP);
  if (sampling.minP > 0) chain.minP(sampling.minP);
  return chain.temperature(sampling.temperature).distribution(sampling.seed);
}
