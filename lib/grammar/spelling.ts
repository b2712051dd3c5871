import type { Expression } from "./grammar.ts";
import { choice, sequence, text } from "./expressions.ts";
import { type CharRange, commonRanges, joinRanges, withoutRanges } from "./char_ranges.ts";

/** How characters are written: as they are, or as in a JSON string. */
export type Encoding = "plain" | "json";

/** Characters that JSON strings can't have as they are. */
const ESCAPED: readonly CharRange[] = [[0, 0x1f], [0x22, 0x22], [0x5c, 0x5c], [0xd800, 0xdfff]];
/** The letters of those that have short escapes. */
const SHORT = new Map([[8, "b"], [9, "t"], [10, "n"], [12, "f"], [13, "r"], [0x22, '"'], [0x5c, "\\"]]);

/** A text in its one spelling. */
export function spell(characters: string, encode: Encoding): string {
  return encode === "plain" ? characters : JSON.stringify(characters).slice(1, -1);
}

/** One of these characters in its one spelling. */
export function spellOne(ranges: readonly CharRange[], encode: Encoding): Expression {
  const [range] = ranges;
  if (ranges.length === 1 && range?.[0] === range?.[1]) {
    return text(spell(String.fromCodePoint(range?.[0] ?? 0), encode));
  }
  const raw = encode === "plain" ? [...ranges] : withoutRanges(ranges, ESCAPED);
  const escapes = encode === "plain" ? [] : escapesOf(commonRanges(ranges, ESCAPED));
  const options: Expression[] = raw.length === 0 ? [] : [oneOf(raw)];
  if (escapes.length > 0) options.push(sequence(text("\\"), choice(...escapes)));
  return choice(...options);
}

/** What stands behind the backslash. */
function escapesOf(ranges: readonly CharRange[]): Expression[] {
  const points = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  const short = points.flatMap((point) => SHORT.get(point) ?? []).map((letter) => letter.charCodeAt(0));
  const long = points.filter((point) => !SHORT.has(point));
  const byHead = Map.groupBy(long, (point) => point.toString(16).padStart(4, "0").slice(0, 3));
  const heads = [...byHead].map(([head, same]) =>
    sequence(text(`u${head}`), oneOf(rangesOf(same.map((point) => point.toString(16).slice(-1).charCodeAt(0)))))
  );
  return [...(short.length === 0 ? [] : [oneOf(rangesOf(short))]), ...heads];
}

function oneOf(ranges: readonly CharRange[]): Expression {
  const [range] = ranges;
  if (ranges.length === 1 && range !== undefined && range[0] === range[1]) return text(String.fromCodePoint(range[0]));
  return { kind: "chars", ranges: ranges.map(([first, last]) => [first, last]) };
}

function rangesOf(points: readonly number[]): CharRange[] {
  return joinRanges(points.map((point) => [point, point]));
}
