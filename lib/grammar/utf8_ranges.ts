/** The bytes that may stand at one place: the first and the last of a range. */
export type ByteRange = readonly [number, number];

/** Where the number of bytes of a code point changes, and where surrogates begin and end: the last code point before each. */
const BOUNDARIES = [0x7f, 0x7ff, 0xd7ff, 0xdfff, 0xffff];

/**
 * The UTF-8 encodings of a range of code points, as sequences of byte ranges: each sequence stands for every combination of its bytes. Surrogates
 * have none.
 */
export function utf8Ranges(first: number, last: number): ByteRange[][] {
  const cut = BOUNDARIES.find((boundary) => first <= boundary && boundary < last);
  if (cut !== undefined) return [...utf8Ranges(first, cut), ...utf8Ranges(cut + 1, last)];
  if (first > last || (first >= 0xd800 && last <= 0xdfff)) return [];
  const [from, to] = [encode(first), encode(last)];
  return join(from, to);
}

/** Encodings of the same length from one to another, place by place: all between two that differ in the first byte are full behind it. */
function join(from: readonly number[], to: readonly number[]): ByteRange[][] {
  const [low = 0, ...lows] = from;
  const [high = 0, ...highs] = to;
  if (lows.length === 0) return [[[low, high]]];
  if (low === high) return join(lows, highs).map((rest) => [[low, high], ...rest]);
  const least = lows.map(() => 0x80);
  const most = lows.map(() => 0xbf);
  const ranges: ByteRange[][] = [];
  let [begin, end] = [low, high];
  if (lows.some((byte) => byte !== 0x80)) {
    ranges.push(...join(lows, most).map((rest): ByteRange[] => [[low, low], ...rest]));
    begin++;
  }
  const isFull = highs.every((byte) => byte === 0xbf);
  if (!isFull) end--;
  if (begin <= end) ranges.push([[begin, end], ...least.map((byte, i): ByteRange => [byte, most[i] ?? 0xbf])]);
  if (!isFull) ranges.push(...join(least, highs).map((rest): ByteRange[] => [[high, high], ...rest]));
  return ranges;
}

function encode(point: number): number[] {
  if (point < 0x80) return [point];
  if (point < 0x800) return [0xc0 | point >> 6, 0x80 | point & 0x3f];
  if (point < 0x10000) return [0xe0 | point >> 12, 0x80 | point >> 6 & 0x3f, 0x80 | point & 0x3f];
  return [0xf0 | point >> 18, 0x80 | point >> 12 & 0x3f, 0x80 | point >> 6 & 0x3f, 0x80 | point & 0x3f];
}
