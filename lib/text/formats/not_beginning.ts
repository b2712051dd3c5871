import { choice, sequence, text } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";

/** What JSON takes for white space. */
export const SPACES = ["\t", "\n", "\r", " "];

/**
 * A text that begins with none of these.
 *
 * @param rest What derives a text behind its first characters.
 */
export function notBeginning(texts: readonly string[], rest: Expression): Expression {
  const firsts = [...new Set(texts.map((text) => text.charAt(0)))];
  const further = firsts.filter((first) => !texts.includes(first)).map((first) => {
    const behind = texts.filter((text) => text.startsWith(first)).map((text) => text.slice(1));
    return sequence(text(first), notBeginning(behind, rest));
  });
  return choice(text(""), sequence(anyBut(firsts), rest), ...further);
}

/** One character that is none of these, which are all below U+10000. */
function anyBut(signs: readonly string[]): Expression {
  const points = signs.map((sign) => sign.charCodeAt(0)).sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  let from = 0;
  for (const point of [...points, 0xd800]) {
    if (point > from) ranges.push([from, point - 1]);
    from = point + 1;
  }
  ranges.push([0xe000, 0x10ffff]);
  return { kind: "chars", ranges };
}
