import { Environment } from "@huggingface/jinja";

// The package gives out its interpreter, but neither the classes of its values nor those of its syntax tree: values are made by handing it
// plain ones, and told apart by their `type`.

/** A value while a template is rendered. */
export type Value = ReturnType<Environment["set"]>;
/** A text. */
export type TextValue = Extract<Value, { value: string }>;
/** A list or a tuple. */
export type ListValue = Extract<Value, { value: Value[] }>;
/** A dictionary, a namespace, or the arguments of a call that have names. */
export type MapValue = Extract<Value, { value: Map<string, Value> }>;
/** A whole number or one with a point. */
export type NumberValue = Extract<Value, { value: number }>;
/** True or false. */
export type TruthValue = Extract<Value, { value: boolean }>;
/** What can be called. */
export type FunctionValue = Extract<Value, { value: (args: Value[], scope: Environment) => Value }>;

/** Whether it is a text. */
export function isText(value: Value): value is TextValue {
  return value.type === "StringValue";
}

/** Whether it is a list or a tuple. */
export function isList(value: Value): value is ListValue {
  return value.type === "ArrayValue" || value.type === "TupleValue";
}

/** Whether it has keys. */
export function isMap(value: Value): value is MapValue {
  return value.type === "ObjectValue" || value.type === "NamespaceValue" || value.type === "KeywordArgumentsValue";
}

/** Whether it is a number, and neither true nor false. */
export function isNumber(value: Value): value is NumberValue {
  return value.type === "IntegerValue" || value.type === "FloatValue";
}

/** Whether it is true or false. */
export function isTruth(value: Value): value is TruthValue {
  return value.type === "BooleanValue";
}

/** Whether it can be called. */
export function isFunction(value: Value): value is FunctionValue {
  return value.type === "FunctionValue";
}

/** Whether it is `none`. */
export function isNone(value: Value): boolean {
  return value.type === "NullValue";
}

/** Whether it is undefined. */
export function isUndefined(value: Value): boolean {
  return value.type === "UndefinedValue";
}

/** The value of what JSON can say, or of undefined. */
export function valueOf(plain: unknown): Value {
  const value = MAKER.set("value", plain);
  MAKER.variables.delete("value");
  return value;
}

const MAKER = new Environment();

/** A list of values. */
export function listOf(items: Value[]): Value {
  const list = valueOf([]);
  if (isList(list)) list.value = items;
  return list;
}

/** Keys of dictionaries that are not all texts; the package knows none but texts. */
const KEYS = new WeakMap<Value, Value[]>();

/** Notes the keys of a dictionary that has numbers among them. */
export function noteKeys(map: Value, keys: Value[]): void {
  KEYS.set(map, keys);
}

/** The keys of a dictionary, and what is there. */
export function entriesOf(map: MapValue): [Value, Value][] {
  const keys = KEYS.get(map);
  return [...map.value].map(([key, item], i) => [keys?.[i] ?? valueOf(key), item]);
}

/** Whether all keys of a dictionary are texts. */
export function hasTextKeys(map: MapValue): boolean {
  return !KEYS.has(map);
}

/** A function. */
export function functionOf(call: (args: Value[]) => Value): Value {
  const made = valueOf(() => null);
  if (isFunction(made)) made.value = call;
  return made;
}

/** Whether a condition takes it for true, as Python does. */
export function isTruthy(value: Value): boolean {
  return value.__bool__().value;
}

/** Whether `==` says that they are the same: as Python, where `1 == true` but `"1" != 1` and nothing but itself is `none`. */
export function areEqual(a: Value, b: Value): boolean {
  if ((isNumber(a) || isTruth(a)) && (isNumber(b) || isTruth(b))) return Number(a.value) === Number(b.value);
  if (isList(a) && isList(b)) {
    return a.value.length === b.value.length && a.value.every((item, i) => areEqual(item, b.value[i] ?? item));
  }
  if (isMap(a) && isMap(b)) {
    return a.value.size === b.value.size && a.value.entries().every(([key, item]) => {
      const other = b.value.get(key);
      return other !== undefined && areEqual(item, other);
    });
  }
  return a.type === b.type && a.value === b.value;
}

/** A value as Python's `str` writes it; `none` and what is undefined become `None` and nothing. */
export function textOf(value: Value): string {
  if (isText(value)) return value.value;
  if (isTruth(value)) return value.value ? "True" : "False";
  if (isNone(value)) return "None";
  if (isUndefined(value)) return "";
  if (isList(value)) {
    const [open, close] = value.type === "TupleValue" ? ["(", ")"] : ["[", "]"];
    return open + value.value.map(reprOf).join(", ") + close;
  }
  if (isMap(value)) {
    return `{${value.value.entries().map(([key, item]) => `${quoted(key)}: ${reprOf(item)}`).toArray().join(", ")}}`;
  }
  return value.toString();
}

function reprOf(value: Value): string {
  return isText(value) ? quoted(value.value) : isUndefined(value) ? "Undefined" : textOf(value);
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}
