import type { Automaton } from "./automaton.ts";
import { ANY_CHAR } from "./char_ranges.ts";
import { compileRegular } from "./compile_regular.ts";
import type { Regular } from "./regular.ts";

const CHARACTER: Regular = { kind: "chars", ranges: ANY_CHAR };

/** Every text. */
export function anyText(): Automaton {
  return lengthBetween(0);
}

/** No text at all. */
export function noText(): Automaton {
  return anyOf([]);
}

/** This text alone. */
export function exactly(text: string): Automaton {
  return anyOf([text]);
}

/** These texts. @throws {TooLarge} */
export function anyOf(texts: readonly string[]): Automaton {
  return compileRegular({ kind: "choice", options: texts.map((text) => ({ kind: "text", text })) });
}

/** The texts of so many code points; without `max` as many as you like. @throws {TooLarge} */
export function lengthBetween(min: number, max?: number): Automaton {
  if (max !== undefined && max < min) return noText();
  return compileRegular({ kind: "repeat", item: CHARACTER, min, ...(max === undefined ? {} : { max }) });
}

/** The texts that are none of those. @throws {TooLarge} */
export function complement(automaton: Automaton): Automaton {
  return anyText().subtract(automaton);
}

/** Texts of each, one behind the other. @throws {TooLarge} */
export function concatenated(...automata: readonly Automaton[]): Automaton {
  return compileRegular({ kind: "sequence", items: automata.map((automaton) => ({ kind: "automaton", automaton })) });
}
