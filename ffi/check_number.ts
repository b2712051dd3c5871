/** Which numbers are allowed, ends included. */
export interface Limits {
  min: number;
  max: number;
}

/** The largest `int32_t`. */
export const INT32_MAX = 2 ** 31 - 1;
/** The largest `uint32_t`. */
export const UINT32_MAX = 2 ** 32 - 1;

/**
 * Holds an integer against its limits before native code sees it.
 *
 * @param what Its name, for the message.
 * @throws {RangeError} When it is outside, or no integer.
 */
export function checkInteger(what: string, value: number, { min, max }: Limits): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${what} is ${value}; it must be an integer from ${min} to ${max}`);
}

/**
 * Holds a number against its limits before native code sees it as a `float`.
 *
 * @param what Its name, for the message.
 * @throws {RangeError} When it is outside, NaN, or infinite as a float.
 */
export function checkFloat(what: string, value: number, limits: Partial<Limits> = {}): number {
  const { min = -Infinity, max = Infinity } = limits;
  if (Number.isFinite(Math.fround(value)) && value >= min && value <= max) return value;
  throw new RangeError(`${what} is ${value}; it must be a finite number${describe(limits)}`);
}

function describe({ min, max }: Partial<Limits>): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` from ${min} on`;
  return max === undefined ? "" : ` up to ${max}`;
}
