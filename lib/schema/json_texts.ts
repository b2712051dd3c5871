import { chars, choice, optional, repeat, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";

/** What stands between two items or properties, and between a key and its value: one spelling, that of Python's `json.dumps`. */
export const COMMA = ", ";
export const COLON = ": ";

/** Nothing derives it. */
export function nothing(): Expression {
  return { kind: "choice", options: [] };
}

const HEX = chars(["0", "9"], ["A", "F"], ["a", "f"]);

/** One code point inside of a JSON string: as it is, or escaped; an escape is never half a character. */
export const JSON_CHARACTER: Expression = choice(
  { kind: "chars", ranges: [[0x20, 0x21], [0x23, 0x5b], [0x5d, 0xd7ff], [0xe000, 0x10ffff]] },
  sequence(
    text("\\"),
    choice(
      chars('"', "\\", "/", "b", "f", "n", "r", "t"),
      sequence(
        text("u"),
        choice(
          sequence(chars(["0", "9"], ["A", "C"], ["E", "F"], ["a", "c"], ["e", "f"]), repeat(HEX, 3, 3)),
          sequence(chars("D", "d"), chars(["0", "7"]), repeat(HEX, 2, 2)),
        ),
      ),
    ),
  ),
);

/** An integer of JSON, of at most 16 digits. */
export const JSON_INTEGER: Expression = sequence(
  optional(text("-")),
  choice(text("0"), sequence(chars(["1", "9"]), repeat(chars(["0", "9"]), 0, 15))),
);

/** A number of JSON; its digits and exponent are bounded, so that it is finite. */
export const JSON_NUMBER: Expression = sequence(
  JSON_INTEGER,
  optional(sequence(text("."), repeat(chars(["0", "9"]), 1, 16))),
  optional(sequence(chars("E", "e"), optional(chars("+", "-")), repeat(chars(["0", "9"]), 1, 2))),
);

/** `item` so many times with commas between. */
export function separated(item: Expression, { min = 0, max = Infinity, comma = text(COMMA) }: {
  min?: number;
  max?: number;
  comma?: Expression;
} = {}): Expression {
  if (max < Math.max(1, min)) return max === 0 && min === 0 ? text("") : nothing();
  const more = max === Infinity ? undefined : max - 1;
  const list = sequence(item, repeat(sequence(comma, item), Math.max(0, min - 1), more));
  return min === 0 ? optional(list) : list;
}
