/** A value measured several times: its middle and its spread. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The median, least and greatest of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 1
    ? sorted[middle - 0.5] ?? NaN
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/**
 * The least of the values that at least `share` (0 to 1) of them do not exceed; NaN when there are none.
 *
 * @see {@link https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method} the nearest-rank method
 */
export function percentile(values: readonly number[], share: number): number {
  const rank = Math.max(1, Math.ceil(share * values.length));
  return ascending(values)[rank - 1] ?? NaN;
}

/** Each of ours divided by theirs of the same round; a round in which one of them is missing gives none. */
export function ratiosOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): number[] {
  return ours.flatMap((value, round) => {
    const other = theirs[round];
    return value === undefined || other === undefined ? [] : [value / other];
  }).filter(Number.isFinite);
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
