import type { Automaton } from "./automaton.ts";
import type { CharRange } from "./char_ranges.ts";

/** Where an assertion holds: at the beginning or the end of the text, between a word character and another, or not there. */
export type Assertion = "start" | "end" | "boundary" | "inside";

/** A way to write texts that an automaton can tell; `position` is where it stands in the pattern. */
export type Regular =
  | { kind: "text"; text: string }
  | { kind: "chars"; ranges: readonly CharRange[] }
  | { kind: "sequence"; items: readonly Regular[] }
  | { kind: "choice"; options: readonly Regular[] }
  | { kind: "repeat"; item: Regular; min: number; max?: number }
  | { kind: "assertion"; at: Assertion }
  /** Takes nothing; what follows begins with `item`, or, negated, doesn't. */
  | { kind: "ahead"; item: Regular; negated: boolean; position: number }
  | { kind: "automaton"; automaton: Automaton };

/** What a pattern that is searched for in a text is compiled with. */
export interface Search {
  /** All characters that there are: code points, or the units of UTF-16. */
  any: readonly CharRange[];
  /** The characters of words. */
  word: readonly CharRange[];
}
