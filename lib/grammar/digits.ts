import { Alphabet } from "./alphabet.ts";

const CHARACTERS = "0123456789-.";
const points = [...CHARACTERS].map((character) => character.charCodeAt(0));
const { alphabet, members } = Alphabet.of(points.map((point) => [[point, point]]));

/** The alphabet of decimals, and its classes. */
export const DECIMAL_ALPHABET: Alphabet = alphabet;
/** The classes of the digits 0 to 9. */
export const DIGIT_CLASSES: readonly number[] = members.slice(0, 10).flat();
export const [MINUS, POINT]: readonly number[] = members.slice(10).flat();

/** How two things compare: less, the same, greater. */
export type Order = -1 | 0 | 1;

/** How the digits so far compare with those of another number, once there is one more, the `at`th. */
export function compareDigit(order: Order, digit: number, { digits, at }: { digits: string; at: number }): Order {
  if (order !== 0) return order;
  return sign(digit - Number(digits[at] ?? 0));
}

/** How whole numbers compare whose digits compare like `order` as far as both have some. */
export function compareWhole(order: Order, length: number, otherLength: number): Order {
  return length === otherLength ? order : sign(length - otherLength);
}

function sign(difference: number): Order {
  return difference === 0 ? 0 : difference < 0 ? -1 : 1;
}
