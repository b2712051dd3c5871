import { ANY_CHAR, type CharRange, withoutRanges } from "./char_ranges.ts";

const ESCAPES = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"], ["\\", "\\\\"]]);
/** Characters that people can read as they are. */
const READABLE = /^[\p{L}\p{N}\p{P}\p{S} ]$/u;

/** A text in quotes. */
export function gbnfLiteral(text: string): string {
  return `"${[...text].map((character) => character === '"' ? '\\"' : escaped(character)).join("")}"`;
}

/** A set of characters in square brackets; without most characters as what it leaves out. */
export function gbnfClass(ranges: readonly CharRange[]): string {
  const others = withoutRanges(ANY_CHAR, ranges);
  if (others.length === 0) return ".";
  const negated = others.length < ranges.length || ranges.at(-1)?.[1] === 0x10ffff && others.length <= ranges.length;
  return `[${negated ? "^" : ""}${(negated ? others : ranges).map(rangeText).join("")}]`;
}

function rangeText([first, last]: CharRange): string {
  if (first === last) return classCharacter(first);
  return `${classCharacter(first)}${last === first + 1 ? "" : "-"}${classCharacter(last)}`;
}

function classCharacter(point: number): string {
  const character = String.fromCodePoint(point);
  if (/[[\]-]/.test(character)) return `\\${character}`;
  return character === "^" ? "\\x5E" : escaped(character);
}

function escaped(character: string): string {
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  if (READABLE.test(character)) return character;
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
