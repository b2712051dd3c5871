import { SAMPLER_NAMES, type SamplerName } from "./engine/mod.ts";

/** Adaptive-p always comes last, as it chooses a token, so that a list only turns it on. */
const ADAPTIVE_P = "adaptive_p";

/** What a list of samplers may name. */
export type ListedSampler = SamplerName | typeof ADAPTIVE_P;

/** All that a list may name, in llama.cpp's order. */
export const LISTED_SAMPLERS: readonly ListedSampler[] = [...SAMPLER_NAMES, ADAPTIVE_P];

/** llama.cpp's letter for each (`common_sampler_type_to_chr`, v0.4.0). */
export const SAMPLER_LETTERS: Readonly<Record<ListedSampler, string>> = {
  penalties: "e",
  dry: "d",
  top_n_sigma: "s",
  top_k: "k",
  typ_p: "y",
  top_p: "p",
  min_p: "m",
  xtc: "x",
  temperature: "t",
  adaptive_p: "a",
};

/** llama.cpp's other names. */
const OTHER_NAMES: ReadonlyMap<string, ListedSampler> = new Map([
  ["nucleus", "top_p"],
  ["temp", "temperature"],
  ["typ", "typ_p"],
]);

/** The order of the samplers, and whether adaptive-p is among them. */
export interface SamplerOrder {
  samplers: SamplerName[];
  adaptiveP: boolean;
}

/** The sampler of llama.cpp's letter; undefined where there is none. */
export function samplerOfLetter(letter: string): ListedSampler | undefined {
  return LISTED_SAMPLERS.find((name) => SAMPLER_LETTERS[name] === letter);
}

/** The sampler of a name, in which `-` or nothing may stand for `_`; undefined where there is none. */
export function samplerOfName(text: string): ListedSampler | undefined {
  const bare = text.toLowerCase().replaceAll(/[-_]/g, "");
  return OTHER_NAMES.get(bare) ?? LISTED_SAMPLERS.find((name) => name.replaceAll("_", "") === bare);
}

/** A list as the engine takes it. */
export function toSamplerOrder(listed: readonly ListedSampler[]): SamplerOrder {
  return {
    samplers: listed.filter((name) => name !== ADAPTIVE_P),
    adaptiveP: listed.includes(ADAPTIVE_P),
  };
}
