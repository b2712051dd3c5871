import { ownValue } from "../own_value.ts";
import {
  isList,
  isNumber,
  isText,
  isUndefined,
  listOf,
  textOf,
  type TextValue,
  type Value,
  valueOf,
} from "./values.ts";

/** Arguments of a method or filter: those without a name, and those with one. */
export interface Arguments {
  positional: Value[];
  named: ReadonlyMap<string, Value>;
}

type TextMethod = (text: string, given: Arguments) => unknown;

/**
 * Methods and filters of texts that the package lacks (`rsplit`, `format`), or where it leaves something out: the characters that `strip`
 * takes away, the small letters of `capitalize`.
 */
export const TEXT_METHODS: Readonly<Record<string, TextMethod>> = {
  strip: (text, given) => strippedAtEnd(strippedAtStart(text, given), given),
  lstrip: strippedAtStart,
  rstrip: strippedAtEnd,
  rsplit: (text, { positional: [separator, most] }) => {
    const parts = text.split(separator === undefined ? " " : textOf(separator));
    const kept = most !== undefined && isNumber(most) ? Math.max(parts.length - most.value, 1) : 1;
    return [parts.slice(0, kept).join(separator === undefined ? " " : textOf(separator)), ...parts.slice(kept)];
  },
  format: (text, { positional }) => {
    let next = 0;
    return text.replaceAll("{}", () => {
      const value = positional[next++];
      if (value === undefined) {
        throw new RangeError(`format() has more places than the ${positional.length} values given`);
      }
      return textOf(value);
    });
  },
  capitalize: (text) => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase(),
  title: (text) => text.toLowerCase().replaceAll(/(^|\s)\S/g, (first) => first.toUpperCase()),
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  join: (text, { positional: [items] }) => {
    if (items === undefined || !isList(items)) throw new TypeError("join() takes a list");
    return items.value.map(textOf).join(text);
  },
};

/** Applies one of {@linkcode TEXT_METHODS}. */
export function callTextMethod(name: string, { value }: TextValue, given: Arguments): Value {
  const result = ownValue(TEXT_METHODS, name)?.(value, given);
  return Array.isArray(result) ? listOf(result.map(valueOf)) : valueOf(result);
}

function strippedAtStart(text: string, given: Arguments): string {
  const isTaken = takenBy(given);
  let start = 0;
  while (start < text.length && isTaken(text.charAt(start))) start++;
  return text.slice(start);
}

function strippedAtEnd(text: string, given: Arguments): string {
  const isTaken = takenBy(given);
  let end = text.length;
  while (end > 0 && isTaken(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** White space of ASCII alone goes unless characters are given, as llama.cpp's `isspace` has it. */
function takenBy({ positional: [first], named }: Arguments): (character: string) => boolean {
  const given = first ?? named.get("chars");
  const characters = given === undefined || isUndefined(given) || !isText(given) ? " \t\n\v\f\r" : given.value;
  return (character) => characters.includes(character);
}
