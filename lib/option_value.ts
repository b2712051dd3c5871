/**
 * Turns what was given for an option into its value: text, true or false for a flag, undefined for nothing at all.
 *
 * @throws {RangeError} With what is wrong, in words to be put behind the value.
 */
export type OptionValue<T> = (given: string | boolean | undefined) => T;

/** A whole number in [min, max]; `fallback` when nothing is given. */
export function integer<F extends number | undefined>(min: number, max: number, fallback: F): OptionValue<number | F> {
  return (given) =>
    given === undefined ? fallback : inRange(given, { min, max, form: /^-?\d+$/, kind: "whole number" });
}

/** A number in [min, max], with or without a point; `fallback` when nothing is given. */
export function decimal(min: number, max: number, fallback: number): OptionValue<number> {
  const form = /^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i;
  return (given) => given === undefined ? fallback : inRange(given, { min, max, form, kind: "number" });
}

/** Any text; `fallback` when nothing is given. */
export function text<F extends string | undefined>(fallback: F): OptionValue<string | F> {
  return (given) => given === undefined ? fallback : String(given);
}

/** A flag without a value; `fallback` when it is not given. */
export function flag(fallback: boolean): OptionValue<boolean> {
  return (given) => given === undefined ? fallback : given === true;
}

/** `on` (or the bare flag) and `off`, with the numbers and words that mean the same; undefined for `auto` and for nothing. */
export function onOffAuto(given: string | boolean | undefined): boolean | undefined {
  if (given === undefined || given === "auto") return undefined;
  if (given === true || given === "on" || given === "1" || given === "true") return true;
  if (given === "off" || given === "0" || given === "false") return false;
  throw new RangeError("is neither on, off nor auto");
}

/** A number of layers, -1 and `all` for all of them; undefined for `auto` and for nothing. */
export function layers(given: string | boolean | undefined): number | undefined {
  if (given === "auto") return undefined;
  return integer(-1, MAX_INT32, undefined)(given === "all" ? "-1" : given);
}

/** One of the words given; `fallback` when nothing is given. */
export function oneOf<const W extends string, F extends W | undefined>(
  words: readonly W[],
  fallback: F,
): OptionValue<W | F> {
  return (given) => {
    if (given === undefined) return fallback;
    const word = words.find((each) => each === given);
    if (word === undefined) throw new RangeError(`is not one of ${words.join(", ")}`);
    return word;
  };
}

/** The texts of a repeatable option, in order; none when nothing is given. */
export function lines(given: string | boolean | undefined): string[] {
  return given === undefined ? [] : String(given).split("\n");
}

/** The largest number that llama.cpp's 32-bit integers hold. */
export const MAX_INT32 = 2 ** 31 - 1;

function inRange(
  given: string | boolean,
  { min, max, form, kind }: { min: number; max: number; form: RegExp; kind: string },
): number {
  if (typeof given !== "string" || !form.test(given)) throw new RangeError(`is not a ${kind}`);
  const value = Number(given);
  if (value < min) throw new RangeError(`is below ${min}`);
  if (value > max) throw new RangeError(`is above ${max}`);
  return value;
}
