import { ownValue } from "../own_value.ts";
import { TESTS } from "./tests.ts";
import { type Arguments, callTextMethod, TEXT_METHODS } from "./text_methods.ts";
import {
  entriesOf,
  hasTextKeys,
  isList,
  isMap,
  isNone,
  isNumber,
  isText,
  isTruthy,
  isUndefined,
  listOf,
  type ListValue,
  type MapValue,
  textOf,
  type Value,
  valueOf,
} from "./values.ts";

/** Applies a filter by its name, for filters that take another filter. */
export type ApplyFilter = (name: string, value: Value, given: Arguments) => Value;

/** Other names of filters. */
const ALIASES: Readonly<Record<string, string>> = { trim: "strip", count: "length", d: "default" };

/** What filters make of a value that is not there: llama.cpp, and Jinja2 for most, take it for an empty one. */
const EMPTY: Readonly<Record<string, unknown>> = {
  ...named(["items", "map", "select", "selectattr", "reject", "rejectattr", "unique"], []),
  ...named(["list", "reverse", "sort"], []),
  ...named(["strip", "lower", "upper", "title", "capitalize", "join", "replace", "safe", "string"], ""),
  ...named(["length", "sum", "wordcount"], 0),
  ...named(["first", "last", "min", "max"], undefined),
};
const EMPTY_OF_NONE = new Set(["items", "map", "select", "selectattr", "reject", "rejectattr", "unique"]);

/** The name that a filter has here. */
export function filterName(name: string): string {
  return ownValue(ALIASES, name) ?? name;
}

/** What a value that is `none` or undefined becomes by a filter; undefined where the filter says so itself. */
export function filterOfNothing(name: string, value: Value): Value | undefined {
  const isEmpty = isUndefined(value) ? Object.hasOwn(EMPTY, name) : isNone(value) && EMPTY_OF_NONE.has(name);
  return isEmpty ? valueOf(EMPTY[name]) : undefined;
}

type Filter = (value: Value, given: Arguments, apply: ApplyFilter) => Value | undefined;

/**
 * Filters that the package lacks, or has otherwise than Jinja2 and llama.cpp; undefined is given for what the package does right. It writes
 * `true` for `True`, lists as JSON, and has no `map("filter")`, no `select`, and no tests whose value is no literal.
 */
export const FILTERS: Readonly<Record<string, Filter>> = {
  default: (value, { positional: [fallback = valueOf(""), second], named }) => {
    const boolean = second ?? named.get("boolean");
    const isMissing = boolean !== undefined && isTruthy(boolean)
      ? !isTruthy(value)
      : isUndefined(value) || isNone(value);
    return isMissing ? fallback : value;
  },
  string: (value) => valueOf(textOf(value)),
  safe: (value) => value,
  replace: (value, { positional: [old, by] }) =>
    old && by ? valueOf(textOf(value).replaceAll(textOf(old), () => textOf(by))) : undefined,
  first: (value) => isList(value) ? value.value[0] ?? valueOf(undefined) : undefined,
  last: (value) => isList(value) ? value.value.at(-1) ?? valueOf(undefined) : undefined,
  list: (value) => isMap(value) ? listOf(entriesOf(value).map(([key]) => key)) : undefined,
  dictsort: (value) => isMap(value) && !hasTextKeys(value) ? listOf(sortedEntries(value)) : undefined,
  join: (value, { positional: [separator], named }) => {
    if (!isList(value)) return undefined;
    const attribute = named.get("attribute");
    const items = attribute === undefined ? value.value : value.value.map((item) => attributeOf(item, attribute));
    return valueOf(items.map(textOf).join(textOf(separator ?? named.get("d") ?? valueOf(""))));
  },
  map: (value, { positional: [filter, ...rest], named }, apply) => {
    if (!isList(value)) return undefined;
    const attribute = named.get("attribute");
    const fallback = named.get("default") ?? valueOf(undefined);
    const orFallback = (item: Value): Value => isUndefined(item) ? fallback : item;
    if (attribute !== undefined) {
      return listOf(value.value.map((item) => orFallback(attributeOf(item, attribute))));
    }
    if (filter === undefined) return undefined;
    return listOf(value.value.map((item) => apply(textOf(filter), item, { positional: rest, named })));
  },
  select: (value, given) => isList(value) ? chosen(value, given.positional, (item) => item) : undefined,
  reject: (value, given) => isList(value) ? others(value, chosen(value, given.positional, (item) => item)) : undefined,
  min: (value) => extremeOf(value, (a, b) => a < b),
  max: (value) => extremeOf(value, (a, b) => a > b),
  selectattr: chosenByAttribute,
  rejectattr: (value, given) => {
    const kept = chosenByAttribute(value, given);
    return kept && isList(value) && isList(kept) ? others(value, kept) : undefined;
  },
  ...Object.fromEntries(
    ["strip", "upper", "lower", "title", "capitalize"].map((name): [string, Filter] => [
      name,
      (value, given) => {
        const text = isText(value) ? value : valueOf(textOf(value));
        return isText(text) && Object.hasOwn(TEXT_METHODS, name) ? callTextMethod(name, text, given) : undefined;
      },
    ]),
  ),
};

function sortedEntries(map: MapValue): Value[] {
  return entriesOf(map).toSorted(([a], [b]) => Number(a.value) - Number(b.value)).map(listOf);
}

/** The item that comes before all others; numbers are compared as such, anything else as texts. */
function extremeOf(value: Value, isBefore: (a: number | string, b: number | string) => boolean): Value | undefined {
  if (!isList(value)) return undefined;
  const keyOf = (item: Value): number | string => isNumber(item) ? item.value : textOf(item);
  const [first = valueOf(undefined), ...rest] = value.value;
  return rest.reduce((best, item) => isBefore(keyOf(item), keyOf(best)) ? item : best, first);
}

function chosenByAttribute(value: Value, { positional: [attribute, ...test] }: Arguments): ListValue | undefined {
  if (!isList(value) || attribute === undefined) return undefined;
  if (!value.value.every(isMap)) throw new TypeError("selectattr() takes a list of dictionaries");
  return chosen(value, test, (item) => attributeOf(item, attribute));
}

/** The items whose value passes a test; without one, those that are taken for true. */
function chosen(list: ListValue, [name, other]: Value[], valueIn: (item: Value) => Value): ListValue {
  const test = name === undefined ? isTruthy : ownValue(TESTS, textOf(name));
  if (test === undefined) throw new TypeError(`There is no test "${name && textOf(name)}"`);
  return listLike(list.value.filter((item) => test(valueIn(item), other ?? valueOf(undefined))));
}

function others(list: ListValue, taken: ListValue): ListValue {
  const out = new Set(taken.value);
  return listLike(list.value.filter((item) => !out.has(item)));
}

function listLike(items: Value[]): ListValue {
  const list = listOf(items);
  if (!isList(list)) throw new TypeError(`A list was made into ${list.type}`);
  return list;
}

/** The value at `a`, `a.b`, or an index. */
function attributeOf(item: Value, attribute: Value): Value {
  let value: Value | undefined = item;
  for (const key of isNumber(attribute) ? [String(attribute.value)] : textOf(attribute).split(".")) {
    if (value === undefined) break;
    value = isMap(value) ? value.value.get(key) : isList(value) ? value.value[Number(key)] : undefined;
  }
  return value ?? valueOf(undefined);
}

function named(names: string[], value: unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, value]));
}
