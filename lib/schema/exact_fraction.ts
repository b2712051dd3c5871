/** A fraction in lowest terms. */
export interface Fraction {
  numerator: bigint;
  denominator: bigint;
}

/** The decimal number that a finite number is written as, exactly. */
export function exactFraction(value: number): Fraction {
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", decimals = ""] = mantissa.split(".");
  const power = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  const numerator = power > 0 ? digits * 10n ** BigInt(power) : digits;
  const denominator = power < 0 ? 10n ** BigInt(-power) : 1n;
  const common = greatestDivisor(numerator < 0n ? -numerator : numerator, denominator);
  return { numerator: numerator / common, denominator: denominator / common };
}

/** The least number that is a multiple of both. */
export function leastMultiple(a: bigint, b: bigint): bigint {
  return a / greatestDivisor(a, b) * b;
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? (a === 0n ? 1n : a) : greatestDivisor(b, a % b);
}
