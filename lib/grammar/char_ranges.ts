/** Code points: the first and the last of a range. */
export type CharRange = readonly [number, number];

/** Every code point that a text can have: all but surrogates. */
export const ANY_CHAR: readonly CharRange[] = [[0, 0xd7ff], [0xe000, 0x10ffff]];

/** The same code points in ascending order, without overlap and without neighbours. */
export function joinRanges(ranges: readonly CharRange[]): [number, number][] {
  const joined: [number, number][] = [];
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (first > last) continue;
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** The code points of `from` that are not in `ranges`. */
export function withoutRanges(from: readonly CharRange[], ranges: readonly CharRange[]): [number, number][] {
  const [kept, gone] = [joinRanges(from), joinRanges(ranges)];
  const result: [number, number][] = [];
  let i = 0;
  for (const [first, last] of kept) {
    let at = first;
    while (i < gone.length && (gone[i]?.[1] ?? 0) < first) i++;
    for (let j = i; j < gone.length; j++) {
      const [begin, end] = gone[j] ?? [0, 0];
      if (begin > last) break;
      if (begin > at) result.push([at, begin - 1]);
      at = Math.max(at, end + 1);
    }
    if (at <= last) result.push([at, last]);
  }
  return result;
}

/** The code points that are in both. */
export function commonRanges(a: readonly CharRange[], b: readonly CharRange[]): [number, number][] {
  return withoutRanges(a, withoutRanges([[0, 0x10ffff]], b));
}
