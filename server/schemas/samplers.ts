import * as z from "zod";
import { SAMPLER_NAMES, type SamplerName } from "../../lib/engine/mod.ts";

/** Adaptive-p always comes last, as it chooses a token, so that a list only turns it on. */
const ADAPTIVE_P = "adaptive_p";

type ListedName = SamplerName | typeof ADAPTIVE_P;

const LISTED_NAMES: readonly ListedName[] = [...SAMPLER_NAMES, ADAPTIVE_P];

/** llama-server's letters (`common_sampler_type_to_chr`, v0.4.0). */
const LETTERS: Record<ListedName, string> = {
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

const OTHER_NAMES: Record<string, ListedName> = { nucleus: "top_p", temp: "temperature", typ: "typ_p" };

/** The order of the samplers, and whether adaptive-p is among them. */
export interface SamplerOrder {
  samplers: SamplerName[];
  adaptiveP: boolean;
}

/** `samplers` as llama-server takes it: an array of names in any of its spellings, or a string of letters. */
export const Samplers = z.union([z.string(), z.array(z.string()).max(32)]).transform((value, context): SamplerOrder => {
  const listed = typeof value === "string" ? [...value].map(toNameOfLetter) : value.map(toName);
  const unknown = listed.indexOf(undefined);
  if (unknown >= 0) {
    const known = typeof value === "string"
      ? `the letters ${Object.values(LETTERS).join("")}`
      : LISTED_NAMES.join(", ");
    context.addIssue({ code: "custom", message: `expected ${known}, found ${JSON.stringify([...value][unknown])}` });
  }
  const names = listed.filter((name) => name !== undefined);
  return {
    samplers: names.filter((name) => name !== ADAPTIVE_P),
    adaptiveP: names.includes(ADAPTIVE_P),
  };
});

function toNameOfLetter(letter: string): ListedName | undefined {
  return LISTED_NAMES.find((name) => LETTERS[name] === letter);
}

/** `top_k`, `top-k` and `topk` are the same name. */
function toName(text: string): ListedName | undefined {
  const plain = text.toLowerCase();
  const other = Object.hasOwn(OTHER_NAMES, plain) ? OTHER_NAMES[plain] : undefined;
  return other ??
    LISTED_NAMES.find((name) => [name, name.replaceAll("_", "-"), name.replaceAll("_", "")].includes(plain));
}
