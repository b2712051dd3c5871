import type { Sampling } from "./engine.ts";

/** llama.cpp's own defaults (`common_params_sampling`, v0.4.0). */
export const DEFAULT_SAMPLING: Sampling = {
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  typicalP: 1,
  seed: undefined,
  repeatLastN: 64,
  repeatPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};
