import type { Vocabulary } from "../../ffi/mod.ts";
import type { SequenceVocabulary } from "./sequence.ts";

/**
 * A vocabulary in which some control tokens stand for their text: whoever reads the answer looks for them.
 *
 * @param markers Those texts; what is no token of its own comes by its letters anyway.
 */
export function markedVocabulary(vocabulary: Vocabulary, markers: readonly string[]): SequenceVocabulary {
  if (markers.length === 0) return vocabulary;
  const marked = new Set(markers.flatMap((text) => {
    const [token, ...others] = vocabulary.tokenize(text, { addSpecial: false, parseSpecial: true });
    return token === undefined || others.length > 0 ? [] : [token];
  }));
  return {
    isEndOfGeneration: (token) => vocabulary.isEndOfGeneration(token),
    piece: (token, special = false) => vocabulary.piece(token, special || marked.has(token)),
  };
}
