import type { Vocabulary } from "../../ffi/mod.ts";
import { checkSampling } from "./check_sampling.ts";
import { endTokens } from "./end_tokens.ts";
import type { SamplerName, Sampling } from "./engine.ts";
import { expectTokens } from "./expect_tokens.ts";

/** Sampling settings, checked, as far as they need no vocabulary but its size. */
export interface SettledSampling extends Omit<Sampling, "logitBias" | "ignoreEos" | "samplers"> {
  seed: number;
  /** The samplers between the biases and the draw, in order; without those that change nothing. */
  active: SamplerName[];
  /** The result is always the likeliest token once biases, penalties and DRY have been applied: the `active` that are left. */
  greedy: boolean;
  /** Tokens that `active` looks back at; 0 when it doesn't. */
  window: number;
}

/** Sampling settings, checked, and put in terms of one model. */
export interface ResolvedSampling extends SettledSampling {
  /** What is added to which token's logit, each token once; -Infinity bans it. */
  biases: { token: number; bias: number }[];
}

/** A logit is moved by no more: beyond nothing changes, until logits would no longer be finite. */
const LARGEST_BIAS = 1e9;

/**
 * Checks settings and works out what is left to do of them.
 *
 * @param options `contextLength` in tokens: nothing looks back further.
 * @throws {EngineError} `invalid_value` naming the parameter.
 */
export function resolveSampling(
  vocabulary: Vocabulary,
  sampling: Sampling & { seed: number },
  { contextLength }: { contextLength: number },
): ResolvedSampling {
  const settled = settleSampling(sampling, { contextLength, vocabularySize: vocabulary.size });
  return { ...settled, biases: biasesOf(vocabulary, sampling) };
}

/**
 * Does so without the vocabulary: all but the biases.
 *
 * @param options Tokens: `contextLength` is what may be looked back at.
 * @throws {EngineError} `invalid_value` naming the parameter.
 */
export function settleSampling(
  sampling: Sampling & { seed: number },
  { contextLength, vocabularySize }: { contextLength: number; vocabularySize: number },
): SettledSampling {
  checkSampling(sampling);
  const { logitBias: _logitBias, ignoreEos: _ignoreEos, samplers: _samplers, ...rest } = sampling;
  const clamp = (length: number): number => length < 0 ? contextLength : Math.min(length, contextLength);
  const settings = {
    ...rest,
    // Native code makes room for as many tokens as it is told.
    repeatLastN: clamp(sampling.repeatLastN),
    dryPenaltyLastN: clamp(sampling.dryPenaltyLastN),
    topK: Math.min(sampling.topK, vocabularySize),
    minKeep: Math.min(sampling.minKeep, vocabularySize),
  };
  const all = sampling.samplers.filter((name) => IS_ACTIVE[name](settings));
  const active = sampling.mirostat === 0 ? all : [];
  const greedyBehind = findGreedy(settings, active);
  const left = greedyBehind === undefined ? active : active.slice(0, greedyBehind).filter(looksBack);
  return {
    ...settings,
    active: left,
    greedy: greedyBehind !== undefined,
    window: Math.max(
      left.includes("penalties") ? settings.repeatLastN : 0,
      left.includes("dry") ? settings.dryPenaltyLastN : 0,
    ),
  };
}

/** Whether a sampler changes anything, as llama.cpp's own samplers have it. */
const IS_ACTIVE: Record<SamplerName, (settings: Omit<Sampling, "logitBias" | "ignoreEos" | "samplers">) => boolean> = {
  penalties: ({ repeatLastN, repeatPenalty, frequencyPenalty, presencePenalty }) =>
    repeatLastN > 0 && (repeatPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0),
  dry: ({ dryMultiplier, dryPenaltyLastN }) => dryMultiplier > 0 && dryPenaltyLastN > 0,
  top_n_sigma: ({ topNSigma }) => topNSigma > 0,
  top_k: ({ topK }) => topK > 0,
  typ_p: ({ typicalP }) => typicalP < 1,
  top_p: ({ topP }) => topP < 1,
  min_p: ({ minP }) => minP > 0,
  xtc: ({ xtcProbability, xtcThreshold }) => xtcProbability > 0 && xtcThreshold <= 0.5,
  temperature: ({ temperature, dynamicTemperatureRange }) => temperature !== 1 || dynamicTemperatureRange > 0,
};

/**
 * How many of the samplers come before a temperature of 0 that makes all of them but penalties and DRY idle; undefined where there is none.
 * llama.cpp has such a temperature leave the likeliest token alone: only what may already have dropped that one still matters.
 */
function findGreedy(
  { mirostat, temperature, dynamicTemperatureRange }: Omit<SettledSampling, "active" | "greedy" | "window">,
  active: readonly SamplerName[],
): number | undefined {
  if (temperature > 0) return undefined;
  if (mirostat !== 0) return 0;
  const at = active.indexOf("temperature");
  if (at < 0 || dynamicTemperatureRange > 0) return undefined;
  return active.slice(0, at).some((name) => name === "typ_p" || name === "xtc") ? undefined : at;
}

function looksBack(name: SamplerName): boolean {
  return name === "penalties" || name === "dry";
}

function biasesOf(vocabulary: Vocabulary, { logitBias, ignoreEos }: Sampling): ResolvedSampling["biases"] {
  const sums = new Map<number, number>();
  const add = (token: number, bias: number): void => void sums.set(token, (sums.get(token) ?? 0) + bias);
  for (const { token, bias } of logitBias) {
    if (typeof token === "number") {
      expectTokens([token], { size: vocabulary.size, param: "logit_bias" });
      add(token, bias);
    } else for (const each of vocabulary.tokenize(token, { addSpecial: false, parseSpecial: false })) add(each, bias);
  }
  for (const token of vocabulary.suppressed) add(token, -Infinity);
  if (ignoreEos) { for (const token of endTokens(vocabulary)) add(token, -Infinity); }
  return Array.from(sums, ([token, bias]) => ({
    token,
    bias: bias === -Infinity ? bias : Math.max(-LARGEST_BIAS, Math.min(bias, LARGEST_BIAS)),
  }));
}
