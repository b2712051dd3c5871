/** What numbers are allowed, as JSON Schema says it. */
export interface NumberBounds {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

/** A number as it is written without an exponent: digits before the point, without leading zeros, and behind it, without trailing ones. */
export interface Decimal {
  negative: boolean;
  whole: string;
  fraction: string;
}

/** A decimal that numbers must not pass. */
export interface Limit extends Decimal {
  /** Whether it is a number that is allowed. */
  inclusive: boolean;
}

/** Beyond these, decimals of 15 digits may be read as a neighbour of themselves: 2^53, and where doubles have all of their digits. */
const LARGE = 2 ** 53;
const TINY = 1e-290;

/** The decimal that JavaScript writes for a finite number. */
export function decimalOf(value: number): Decimal {
  const [mantissa = "", exponent = "0"] = String(Math.abs(value)).split("e");
  const [digits = "", behind = ""] = mantissa.split(".");
  const point = digits.length + Number(exponent);
  const all = (digits + behind).padStart(digits.length + behind.length - Math.min(0, point), "0");
  const start = Math.max(0, point);
  return {
    negative: value < 0,
    whole: all.slice(0, start).padEnd(start, "0").replace(/^0+(?=.)/, "") || "0",
    fraction: all.slice(start).replace(/0+$/, ""),
  };
}

/** The text of a decimal. */
export function decimalText({ negative, whole, fraction }: Decimal): string {
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * The tighter of the lower bounds and of the upper ones; undefined where there is none. What is read from a decimal within them, as the nearest
 * double, is within the bounds, too: rounding keeps the order, and an exclusive bound near which decimals are denser than doubles becomes the next
 * double, inclusive.
 */
export function limitsOf(bounds: NumberBounds): { low: Limit | undefined; high: Limit | undefined } {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = bounds;
  for (const [name, value] of Object.entries(bounds)) {
    if (Number.isNaN(value)) throw new RangeError(`${name} must be a number`);
  }
  const low = exclusiveMinimum >= minimum ? exclusive(exclusiveMinimum, 1) : inclusive(minimum);
  const high = exclusiveMaximum <= maximum ? exclusive(exclusiveMaximum, -1) : inclusive(maximum);
  return { low, high };
}

/** Whether no finite number is within, since a bound is infinite, as `1e999` is read, or excludes the last ones. */
export function allowNothing(bounds: NumberBounds): boolean {
  const { minimum = 0, maximum = 0, exclusiveMinimum = 0, exclusiveMaximum = 0 } = bounds;
  return minimum === Infinity || maximum === -Infinity || exclusiveMinimum >= Number.MAX_VALUE ||
    exclusiveMaximum <= -Number.MAX_VALUE;
}

function inclusive(value: number): Limit | undefined {
  return Number.isFinite(value) ? { ...decimalOf(value), inclusive: true } : undefined;
}

function exclusive(value: number, towards: 1 | -1): Limit | undefined {
  const size = Math.abs(value);
  if (size >= LARGE && size < Infinity || size > 0 && size < TINY) return inclusive(nextDouble(value, towards));
  return Number.isFinite(value) ? { ...decimalOf(value), inclusive: false } : undefined;
}

/** The next greater (1) or smaller (-1) double of a finite number. */
export function nextDouble(value: number, towards: 1 | -1): number {
  if (value === 0) return towards * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 === towards > 0 ? 1n : -1n));
  return view.getFloat64(0);
}
