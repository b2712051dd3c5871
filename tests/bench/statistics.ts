/** A value measured several times: its middle and its spread. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The median, least and greatest of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  const middle = sorted.length % 2 === 1
    ? at(0.5)
    : ((sorted[sorted.length / 2 - 1] ?? NaN) + (sorted[sorted.length / 2] ?? NaN)) / 2;
  return { median: middle, min: at(0), max: at(1) };
}
