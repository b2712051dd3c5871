import { Automaton } from "./automaton.ts";
import { compareDigit, compareWhole, DECIMAL_ALPHABET, DIGIT_CLASSES, MINUS, type Order } from "./digits.ts";
import { allowNothing, type Limit, limitsOf, type NumberBounds } from "./number_bounds.ts";
import { anyOf, concatenated, exactly, noText } from "./text_automata.ts";

/** Bounds of integers. */
export interface IntegerBounds extends NumberBounds {
  /** A positive integer. */
  multipleOf?: number;
}

/** Where the numbers end that have at most 15 digits, which all doubles tell apart. */
const EXACT = 10n ** 15n - 1n;
const LARGEST = BigInt(Number.MAX_VALUE);
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** So few multiples are listed. */
const MOST_LISTED = 2000n;
/** States before they are merged: a remainder for each digit of a number. */
const MOST_STATES = 300_000;

/** Integers from `low` to `high`, both included. */
interface Interval {
  low: bigint;
  high: bigint;
}

/** Digits of a number, of one sign, that are read so far. */
interface Reading {
  negative: boolean;
  /** How many; -1: not even a sign. */
  count: number;
  remainder: number;
  /** Against the digits of the least and the greatest number of that sign. */
  low: Order;
  high: Order;
}

/**
 * The integers within bounds as JSON writes them: no "-0", no leading zeros, no point and no exponent. On a side without a bound they have at most
 * 15 digits, or as many as the other bound has. What a reader makes of one, as the nearest double, is within the bounds, too. With `multipleOf`
 * there are none beyond 2^53, where doubles are no multiples any more, unless all are there.
 *
 * @throws {TooLarge} for a `multipleOf` of too many remainders, from some 1500 on; zeros at its end don't count.
 * @throws {RangeError} when it is no positive integer.
 */
export function integersBetween(bounds: IntegerBounds = {}): Automaton {
  const { multipleOf = 1 } = bounds;
  if (!Number.isInteger(multipleOf) || multipleOf <= 0) {
    throw new RangeError(`multipleOf must be a positive integer, but is ${multipleOf}`);
  }
  if (allowNothing(bounds)) return noText();
  const interval = intervalOf(bounds);
  const step = BigInt(multipleOf);
  return multiples(step === 1n ? interval : safePart(interval), step);
}

function intervalOf(bounds: NumberBounds): Interval {
  const limits = limitsOf(bounds);
  const low = limits.low === undefined ? undefined : leastInteger(limits.low);
  const high = limits.high === undefined
    ? undefined
    : -leastInteger({ ...limits.high, negative: !limits.high.negative });
  return {
    low: low ?? -widest(high === undefined ? undefined : -high),
    high: high ?? widest(low),
  };
}

/** How far numbers go that begin at `low` and have no end. */
function widest(low: bigint | undefined): bigint {
  if (low === undefined || low <= EXACT) return EXACT;
  const most = 10n ** BigInt(String(low).length) - 1n;
  return most < LARGEST ? most : LARGEST;
}

/** The least integer that is not below a limit, which may be one of a sign that was turned around. */
function leastInteger({ negative, whole, fraction, inclusive }: Limit): bigint {
  const size = BigInt(whole);
  if (fraction !== "") return negative ? -size : size + 1n;
  return (negative ? -size : size) + (inclusive ? 0n : 1n);
}

function safePart({ low, high }: Interval): Interval {
  const safe = { low: low < -LARGEST_SAFE ? -LARGEST_SAFE : low, high: high > LARGEST_SAFE ? LARGEST_SAFE : high };
  return safe.low <= safe.high ? safe : { low, high };
}

function multiples({ low, high }: Interval, step: bigint): Automaton {
  const [least, greatest] = [ceilDivide(low, step), -ceilDivide(-high, step)];
  if (greatest < least) return noText();
  if (step > 1n && greatest - least < MOST_LISTED) {
    return anyOf(Array.from({ length: Number(greatest - least) + 1 }, (_, i) => String((least + BigInt(i)) * step)));
  }
  if (step % 10n !== 0n) return multiplesByRemainder({ low, high }, Number(step));
  // A number that ends in zeros is another one with zeros behind it, unless it is 0 itself.
  const tens = multiples({ low: ceilDivide(low, 10n), high: -ceilDivide(-high, 10n) }, step / 10n);
  const zero = exactly("0");
  const others = concatenated(tens.subtract(zero), zero);
  return least <= 0n && greatest >= 0n ? others.union(zero) : others;
}

function multiplesByRemainder(interval: Interval, step: number): Automaton {
  const [positive, negative] = [digitsOf(interval), digitsOf({ low: -interval.high, high: -interval.low })];
  const hasZero = interval.low <= 0n && interval.high >= 0n;
  const limits = ({ negative: isNegative }: Reading): Digits => isNegative ? negative : positive;
  return Automaton.explore<Reading>({
    alphabet: DECIMAL_ALPHABET,
    start: { negative: false, count: -1, remainder: 0, low: 0, high: 0 },
    key: ({ negative, count, remainder, low, high }) => `${negative} ${count} ${remainder} ${low} ${high}`,
    ends: (reading) => isWithin(reading, limits(reading)) && reading.remainder === 0,
    steps: (reading, to) => {
      const { count } = reading;
      const begun = Math.max(0, count);
      if (count < 0 && negative.high !== "") to(MINUS ?? 0, { ...reading, negative: true, count: 0 });
      if (count < 0 && hasZero) to(DIGIT_CLASSES[0] ?? 0, ZERO);
      const { low, high } = limits(reading);
      if (reading === ZERO || begun >= high.length) return;
      DIGIT_CLASSES.forEach((id, digit) => {
        if (begun === 0 && digit === 0) return;
        to(id, {
          negative: reading.negative,
          count: begun + 1,
          remainder: (reading.remainder * 10 + digit) % step,
          low: compareDigit(reading.low, digit, { digits: low, at: begun }),
          high: compareDigit(reading.high, digit, { digits: high, at: begun }),
        });
      });
    },
  }, MOST_STATES);
}

/** What is read when a number is 0. */
const ZERO: Reading = { negative: false, count: 0, remainder: 0, low: 0, high: 0 };

/** The digits of the least and the greatest number above 0; both empty when there is none. */
interface Digits {
  low: string;
  high: string;
}

function digitsOf({ low, high }: Interval): Digits {
  if (high < 1n || low > high) return { low: "", high: "" };
  return { low: String(low < 1n ? 1n : low), high: String(high) };
}

function isWithin(reading: Reading, { low, high }: Digits): boolean {
  if (reading === ZERO) return true;
  const { count } = reading;
  return count > 0 && compareWhole(reading.low, count, low.length) >= 0 &&
    compareWhole(reading.high, count, high.length) <= 0;
}

/** The least integer that is not below the quotient; `by` is positive. */
function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value > 0n && value % by !== 0n ? quotient + 1n : quotient;
}
