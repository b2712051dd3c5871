import {
  areEqual,
  isFunction,
  isList,
  isMap,
  isNone,
  isNumber,
  isText,
  isTruth,
  isUndefined,
  type Value,
} from "./values.ts";

/**
 * What may follow `is`, as llama.cpp has it. The package's own differ: a dictionary is no sequence here and something undefined is an empty
 * one, so that a content of parts is told from a text in the same way.
 */
export const TESTS: Readonly<Record<string, (value: Value, other: Value) => boolean>> = {
  defined: (value) => !isUndefined(value),
  undefined: isUndefined,
  none: isNone,
  boolean: isTruth,
  true: (value) => isTruth(value) && value.value,
  false: (value) => isTruth(value) && !value.value,
  string: isText,
  number: isNumber,
  integer: (value) => value.type === "IntegerValue",
  float: (value) => value.type === "FloatValue",
  mapping: isMap,
  iterable: (value) => isList(value) || isText(value) || isUndefined(value),
  sequence: (value) => isList(value) || isText(value) || isUndefined(value),
  callable: isFunction,
  eq: areEqual,
  equalto: areEqual,
  "==": areEqual,
  ne: (value, other) => !areEqual(value, other),
  in: (value, other) => isIn(value, other),
};

/**
 * Whether one is in the other: an item of a list, a part of a text, a key of a dictionary.
 *
 * @throws {TypeError} When nothing can be in the other.
 */
export function isIn(value: Value, container: Value): boolean {
  if (isUndefined(container)) return false;
  if (isList(container)) return container.value.some((item) => areEqual(item, value));
  if (isText(container) && isText(value)) return container.value.includes(value.value);
  if (isMap(container) && isText(value)) return container.value.has(value.value);
  throw new TypeError(`Cannot tell whether ${value.type} is in ${container.type}`);
}
