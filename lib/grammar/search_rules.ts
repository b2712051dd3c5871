import type { Expression } from "./grammar.ts";
import { anyOf, anyText, complement, concatenated, lengthBetween } from "./text_automata.ts";
import { toRules } from "./to_rules.ts";

/** An expression that looks for texts. */
export type Search = Extract<Expression, { kind: "until" | "free" }>;

/**
 * Rules that derive what such an expression takes, as far as it is text: the first one has this name, and those of the others begin with it.
 *
 * @throws {TooLarge} when its texts are very long.
 */
export function searchRules(search: Search, name: string): Record<string, Expression> {
  const texts = search.kind === "until" ? search.ends : search.without;
  const ended = concatenated(anyText(), anyOf(texts));
  const automaton = search.kind === "until"
    ? ended.subtract(concatenated(ended, lengthBetween(1)))
    : complement(concatenated(ended, anyText()));
  const { rules, start } = toRules(automaton, { prefix: `${name}-part`, encode: "plain" });
  return { [name]: start, ...rules };
}
