import { chars, choice, optional, repeat, rule, sequence, text } from "../grammar/expressions.ts";
import type { Grammar } from "../grammar/grammar.ts";
import { JSON_CHARACTER, JSON_NUMBER, separated } from "./json_texts.ts";

/** Deeper ones are written on one line. */
const DEEPEST_INDENT = 40;

/**
 * An object of any JSON, with the white space that people and programs write: nothing or a space between two things, or a new line and up to
 * {@linkcode DEEPEST_INDENT} spaces or tabs. More is not allowed, since a model may never stop writing it.
 */
export function jsonGrammar(): Grammar {
  const space = rule("json-space");
  const comma = sequence(text(","), space);
  const inside = (open: string, item: string, close: string) =>
    sequence(text(open), space, optional(sequence(separated(rule(item), { min: 1, comma }))), text(close));
  return {
    rules: {
      root: rule("json-object"),
      "json-object": inside("{", "json-member", "}"),
      "json-array": inside("[", "json-item", "]"),
      "json-member": sequence(rule("json-string"), text(":"), space, rule("json-item")),
      "json-item": sequence(rule("json-value"), space),
      "json-value": choice(
        rule("json-object"),
        rule("json-array"),
        rule("json-string"),
        JSON_NUMBER,
        text("true"),
        text("false"),
        text("null"),
      ),
      "json-string": sequence(text('"'), repeat(rule("json-character"), 0), text('"')),
      "json-character": JSON_CHARACTER,
      "json-space": optional(choice(text(" "), sequence(text("\n"), repeat(chars("\t", " "), 0, DEEPEST_INDENT)))),
    },
  };
}
