import type { Vocabulary } from "../../ffi/mod.ts";

/** Of each vocabulary, once it was asked for: asking for each token takes tens of milliseconds. */
const knownEndTokens = new WeakMap<Vocabulary, number[]>();

/** The tokens of a vocabulary that end generation, in the order of their ids. */
export function endTokens(vocabulary: Vocabulary): number[] {
  const known = knownEndTokens.get(vocabulary);
  if (known !== undefined) return known;
  const found: number[] = [];
  for (let token = 0; token < vocabulary.size; token++) if (vocabulary.isEndOfGeneration(token)) found.push(token);
  knownEndTokens.set(vocabulary, found);
  return found;
}
