import { type CharRange, joinRanges } from "./char_ranges.ts";

/** `\d`. */
export const DIGITS: readonly CharRange[] = [[0x30, 0x39]];
/** `\w`. */
export const WORD: readonly CharRange[] = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
/** `\s`. */
export const SPACE: readonly CharRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
/** What `.` leaves out. */
export const LINE_ENDS: readonly CharRange[] = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]];

const known = new Map<string, readonly CharRange[]>();
/** Code points are looked at so many at once, surrogates left out. */
const BLOCK = 0x800;

/**
 * The code points of a property, as the JavaScript engine knows them.
 *
 * @param property What stands in the braces of `\p{…}`; the engine must have taken it.
 */
export function propertyRanges(property: string): readonly CharRange[] {
  const ranges = known.get(property) ?? findProperty(new RegExp(`\\p{${property}}+`, "gu"));
  known.set(property, ranges);
  return ranges;
}

function findProperty(expression: RegExp): readonly CharRange[] {
  const ranges: [number, number][] = [];
  for (let first = 0; first < 0x110000; first += BLOCK) {
    if (first >= 0xd800 && first <= 0xdfff) continue;
    const block = String.fromCodePoint(...Array.from({ length: BLOCK }, (_, i) => first + i));
    const size = first < 0x10000 ? 1 : 2;
    for (const { 0: found, index } of block.matchAll(expression)) {
      ranges.push([first + index / size, first + (index + found.length) / size - 1]);
    }
  }
  return joinRanges(ranges);
}
