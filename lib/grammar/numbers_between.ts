import { Automaton } from "./automaton.ts";
import { compareDigit, compareWhole, DECIMAL_ALPHABET, DIGIT_CLASSES, MINUS, type Order, POINT } from "./digits.ts";
import { compilePattern } from "./compile_pattern.ts";
import {
  allowNothing,
  type Decimal,
  decimalOf,
  decimalText,
  type Limit,
  limitsOf,
  nextDouble,
  type NumberBounds,
} from "./number_bounds.ts";
import { anyOf, concatenated, noText } from "./text_automata.ts";

/** Two different decimals of so many digits are two different doubles. */
const MOST_DIGITS = 15;
/** So many places more than a bound has may be behind the point. */
const MORE_PLACES = 3;
const MOST_STATES = 300_000;

/** What is read of a number. */
interface Reading {
  part: "start" | "sign" | "zero" | "whole" | "point" | "fraction";
  negative: boolean;
  /** How many digits there are in this part. */
  count: number;
  /** How many digits there are since the first that is not 0. */
  significant: number;
  /** Against the digits of the least and the greatest absolute value. */
  low: Order;
  high: Order;
}

/** Absolute values of the numbers of one sign. */
interface Sizes {
  low: Limit;
  high: Limit;
}

/** The room that numbers have. */
interface Room {
  positive: Sizes | undefined;
  negative: Sizes | undefined;
  /** Digits behind the point. */
  places: number;
}

/**
 * The numbers within bounds as JSON writes them, with at most 15 digits that count, and never "-0". What a reader makes of one, as the nearest
 * double, is within the bounds, too. With a bound there is no exponent; without any, one of at most two digits is allowed. A bound that is itself
 * allowed is there even when it has more digits.
 *
 * @throws {TooLarge} when bounds have too many digits.
 */
export function numbersBetween(bounds: NumberBounds = {}): Automaton {
  if (allowNothing(bounds)) return noText();
  const { low, high } = limitsOf(bounds);
  const numbers = decimals(low, high);
  if (low === undefined && high === undefined) {
    return numbers.union(concatenated(numbers, compilePattern("^[eE][+-]?\\d{1,2}$")));
  }
  const listed = [low, high].filter((limit) => limit?.inclusive === true).flatMap((limit) => limit ?? []);
  const texts = listed.filter((limit) => isWithin(limit, { low, high })).map(decimalText);
  const all = numbers.union(anyOf(texts));
  if (!all.isEmpty || low === undefined) return all;
  const next: Decimal = decimalOf(nextDouble(Number(decimalText(low)), 1));
  return isWithin(next, { low, high }) ? anyOf([decimalText(next)]) : all;
}

function decimals(low: Limit | undefined, high: Limit | undefined): Automaton {
  const digits = 1 + Math.max(MOST_DIGITS - 1, ...[low, high].map((limit) => limit?.whole.length ?? 0));
  const end: Limit = { ...decimalOf(Math.min(Number(`1e${digits}`), Number.MAX_VALUE)), inclusive: false };
  const room: Room = {
    positive: sizesOf(low, high ?? end),
    negative: sizesOf(high === undefined ? undefined : negated(high), low === undefined ? end : negated(low)),
    places: Math.max(MOST_DIGITS, ...[low, high].map((limit) => (limit?.fraction.length ?? 0) + MORE_PLACES)),
  };
  if (room.positive === undefined && room.negative === undefined) return noText();
  return Automaton.explore<Reading>({
    alphabet: DECIMAL_ALPHABET,
    start: { part: "start", negative: false, count: 0, significant: 0, low: 0, high: 0 },
    key: (reading) => Object.values(reading).join(" "),
    ends: (reading) => mayEnd(reading, room),
    steps: (reading, to) => {
      const { part } = reading;
      if (part === "start") to(MINUS ?? 0, { ...reading, part: "sign", negative: true });
      if (part === "zero" || part === "whole") to(POINT ?? 0, pointed(reading, room));
      DIGIT_CLASSES.forEach((id, digit) => {
        const next = read(reading, digit, room);
        if (next !== undefined) to(id, next);
      });
    },
  }, MOST_STATES);
}

/** The absolute values of the numbers from 0 on. */
function sizesOf(low: Limit | undefined, high: Limit): Sizes | undefined {
  if (high.negative) return undefined;
  return { low: low === undefined || low.negative ? NIL : low, high };
}

const NIL: Limit = { negative: false, whole: "0", fraction: "", inclusive: true };

function negated(limit: Limit): Limit {
  const isZero = limit.whole === "0" && limit.fraction === "";
  return { ...limit, negative: !isZero && !limit.negative };
}

function sizes({ negative }: Reading, room: Room): Sizes | undefined {
  return negative ? room.negative : room.positive;
}

function read(reading: Reading, digit: number, room: Room): Reading | undefined {
  const limits = sizes(reading, room);
  const { part, count } = reading;
  if (limits === undefined || part === "zero") return undefined;
  const significant = reading.significant === 0 && digit === 0 ? 0 : reading.significant + 1;
  const inFraction = part === "point" || part === "fraction";
  const name = inFraction ? "fraction" : "whole";
  if (significant > MOST_DIGITS && (inFraction || digit !== 0)) return undefined;
  if (count >= (inFraction ? room.places : limits.high.whole.length)) return undefined;
  return {
    part: !inFraction && significant === 0 ? "zero" : name,
    negative: reading.negative,
    count: count + 1,
    significant: Math.min(significant, MOST_DIGITS + 1),
    low: compareDigit(reading.low, digit, { digits: limits.low[name], at: count }),
    high: compareDigit(reading.high, digit, { digits: limits.high[name], at: count }),
  };
}

/** Behind the point it is known how the whole parts compare. */
function pointed(reading: Reading, room: Room): Reading {
  const limits = sizes(reading, room);
  const { count, low, high } = reading;
  return {
    ...reading,
    part: "point",
    count: 0,
    low: compareWhole(low, count, limits?.low.whole.length ?? 0),
    high: compareWhole(high, count, limits?.high.whole.length ?? 0),
  };
}

function mayEnd(reading: Reading, room: Room): boolean {
  const limits = sizes(reading, room);
  const { part, negative, significant } = reading;
  if (limits === undefined || part === "start" || part === "sign" || part === "point") return false;
  if (negative && significant === 0) return false;
  const at = part === "fraction" ? reading : { ...pointed(reading, room), count: 0 };
  const low = rest(at.low, at.count, limits.low);
  const high = rest(at.high, at.count, limits.high);
  return (low > 0 || low === 0 && limits.low.inclusive) && (high < 0 || high === 0 && limits.high.inclusive);
}

/** How a number compares that ends here, when a limit has digits left. */
function rest(order: Order, count: number, { fraction }: Limit): Order {
  return order === 0 && fraction.length > count ? -1 : order;
}

function isWithin(value: Decimal, { low, high }: { low: Limit | undefined; high: Limit | undefined }): boolean {
  const number = Number(decimalText(value));
  const [least, most] = [low, high].map((limit) => limit === undefined ? undefined : Number(decimalText(limit)));
  return (least === undefined || number > least || number === least && low?.inclusive === true) &&
    (most === undefined || number < most || number === most && high?.inclusive === true);
}
