import { filterOfNothing } from "./filters.ts";
import { type Arguments, callTextMethod, TEXT_METHODS } from "./text_methods.ts";
import { functionOf, isList, isMap, isNone, isNumber, isText, isUndefined, type Value, valueOf } from "./values.ts";

/** Methods of a dictionary: they come before keys of the same name, as in Jinja2; `schema["items"]` is the key. */
const MAP_METHODS = new Set(["get", "items", "keys", "values"]);

/**
 * What `value.name` is where a method is meant; undefined where it is no method. The package has most, but not those of lists, and finds
 * keys of a dictionary before its methods.
 */
export function methodOf(value: Value, name: string): Value | undefined {
  if (isText(value) && Object.hasOwn(TEXT_METHODS, name)) {
    return functionOf((args) => callTextMethod(name, value, argumentsOf(args)));
  }
  if (isText(value)) return builtinOf(value, name);
  if (value.type === "ObjectValue" && isMap(value) && MAP_METHODS.has(name)) return builtinOf(value, name);
  if (isList(value)) return listMethodOf(value.value, name, value) ?? builtinOf(value, name);
  if (!isUndefined(value) && !isNone(value)) return undefined;
  const nothing = filterOfNothing(name, value);
  return nothing === undefined ? undefined : functionOf(() => nothing);
}

/** What `value[key]` is, or `value.key` where that is no method; undefined where there is nothing. */
export function memberOf(value: Value, key: Value): Value {
  return (isUndefined(value) ? undefined : found(value, key)) ?? valueOf(undefined);
}

function found(value: Value, key: Value): Value | undefined {
  if (isMap(value)) {
    const name = isText(key) ? key.value : isNumber(key) ? String(key.value) : undefined;
    return name === undefined ? undefined : value.value.get(name) ?? methodOf(value, name);
  }
  if (isNumber(key) && isList(value)) return value.value.at(key.value);
  if (isNumber(key) && isText(value)) {
    const character = value.value.at(key.value);
    return character === undefined ? undefined : valueOf(character);
  }
  return isText(key) ? methodOf(value, key.value) : undefined;
}

function listMethodOf(items: Value[], name: string, list: Value): Value | undefined {
  if (name === "append") {
    return functionOf(([item]) => {
      if (item !== undefined) items.push(item);
      return list;
    });
  }
  if (name === "pop") {
    return functionOf(([index]) => {
      const [taken] = items.splice(index !== undefined && isNumber(index) ? index.value : -1, 1);
      if (taken === undefined) throw new RangeError(`pop() of a list of ${items.length} items finds nothing`);
      return taken;
    });
  }
  return undefined;
}

function builtinOf(value: Value, name: string): Value | undefined {
  return value.builtins.get(name);
}

/** The arguments that the package gives a function: those with names come last, as one dictionary. */
export function argumentsOf(args: Value[]): Arguments {
  const last = args.at(-1);
  const isNamed = last !== undefined && last.type === "KeywordArgumentsValue" && isMap(last);
  return { positional: isNamed ? args.slice(0, -1) : args, named: isNamed ? last.value : new Map() };
}
