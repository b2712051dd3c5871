import type { JsonSchema } from "../engine/conversation.ts";
import type { Scalar } from "./schema_types.ts";

/** Kinds of JSON values, as bits. */
export const NULL = 1;
export const BOOLEAN = 2;
export const NUMBER = 4;
export const STRING = 8;
export const ARRAY = 16;
export const OBJECT = 32;
export const ANY = 63;

/** A schema that a value must fit, or must not. */
export interface Literal {
  schema: JsonSchema;
  pointer: string;
  negated: boolean;
  /** The keyword that is relaxed where its negation can't be held. */
  blame?: { pointer: string; keyword: string };
}

/** All of these at once; none is any JSON. */
export type Goal = readonly Literal[];

/** A bound of numbers. */
export interface Bound {
  value: number;
  exclusive: boolean;
}

/** A pattern or format that a string must have, or must not. */
export interface StringTest {
  keyword: "pattern" | "format";
  value: string;
  negated: boolean;
  pointer: string;
}

/** What one schema says of the items of an array. */
export interface ArrayPart {
  prefix: Literal[];
  /** Of all items behind the prefix. */
  rest?: Literal;
  /** Ids of the schemas that it is in place a part of. */
  path: readonly number[];
}

/** What one schema says of the properties of an object. */
export interface ObjectPart {
  properties: Map<string, Literal>;
  patterns: { source: string; literal: Literal }[];
  /** Of properties that are neither named nor matched. */
  additional?: Literal;
  /** Whether it names what an object has, so that more is only allowed where that is said. */
  declares: boolean;
  pointer: string;
  path: readonly number[];
}

/** How many items must fit a schema. */
export interface Contains {
  literal: Literal;
  min: number;
  max: number;
  pointer: string;
}

/** A schema for what other schemas in place do not speak of. */
export interface Unevaluated {
  literal: Literal;
  /** The id of the schema that says so. */
  scope: number;
}

/** A count of items, properties or characters, and where it is said. */
export interface Limits {
  min: number;
  max: number;
  minPointer: string;
  maxPointer: string;
}

/** What must hold of a value, all at once: a schema without alternatives. */
export interface Constraints {
  /** Bits of the types that it may have. */
  types: number;
  /** Bits of the types that keywords speak of. */
  spoken: number;
  /** Whether a schema says itself which types or values there are. */
  typed: boolean;
  /** The values without parts that it may have; undefined are all. */
  values: Scalar[] | undefined;
  excluded: Scalar[];
  integer: boolean;
  /** Numbers must not be integers. */
  fraction: boolean;
  lower: Bound | undefined;
  upper: Bound | undefined;
  multiples: { value: number; pointer: string }[];
  tests: StringTest[];
  length: Limits;
  arrays: ArrayPart[];
  items: Limits;
  contains: Contains[];
  /** Where items are said to be all different. */
  unique: string | undefined;
  restItems: Unevaluated[];
  objects: ObjectPart[];
  required: Set<string>;
  count: Limits;
  names: Literal[];
  restProperties: Unevaluated[];
}

/** Those of any JSON. */
export function noConstraints(): Constraints {
  return {
    types: ANY,
    spoken: 0,
    typed: false,
    values: undefined,
    excluded: [],
    integer: false,
    fraction: false,
    lower: undefined,
    upper: undefined,
    multiples: [],
    tests: [],
    length: noLimits(),
    arrays: [],
    items: noLimits(),
    contains: [],
    unique: undefined,
    restItems: [],
    objects: [],
    required: new Set(),
    count: noLimits(),
    names: [],
    restProperties: [],
  };
}

function noLimits(): Limits {
  return { min: 0, max: Infinity, minPointer: "", maxPointer: "" };
}

/** A copy that can be changed without changing the other. */
export function copyConstraints(from: Constraints): Constraints {
  return {
    ...from,
    excluded: [...from.excluded],
    multiples: [...from.multiples],
    tests: [...from.tests],
    length: { ...from.length },
    arrays: [...from.arrays],
    items: { ...from.items },
    contains: [...from.contains],
    restItems: [...from.restItems],
    objects: [...from.objects],
    required: new Set(from.required),
    count: { ...from.count },
    names: [...from.names],
    restProperties: [...from.restProperties],
  };
}

/** Raises the least count. */
export function atLeast(limits: Limits, min: number, pointer: string): void {
  if (min > limits.min) Object.assign(limits, { min, minPointer: pointer });
}

/** Lowers the greatest count. */
export function atMost(limits: Limits, max: number, pointer: string): void {
  if (max < limits.max) Object.assign(limits, { max, maxPointer: pointer });
}

/** Raises the lower bound of numbers. */
export function boundBelow(constraints: Constraints, bound: Bound): void {
  const { lower } = constraints;
  if (lower === undefined || bound.value > lower.value || (bound.value === lower.value && bound.exclusive)) {
    constraints.lower = bound;
  }
}

/** Lowers the upper bound of numbers. */
export function boundAbove(constraints: Constraints, bound: Bound): void {
  const { upper } = constraints;
  if (upper === undefined || bound.value < upper.value || (bound.value === upper.value && bound.exclusive)) {
    constraints.upper = bound;
  }
}

/** Only these types stay. */
export function onlyTypes(constraints: Constraints, types: number): void {
  constraints.types &= types;
}

/** The bits of names of types, `integer` being a number. */
export function typeBits(names: readonly string[]): number {
  return names.reduce((bits, name) => bits | (TYPE_BITS[name] ?? 0), 0);
}

const TYPE_BITS: Record<string, number> = {
  null: NULL,
  boolean: BOOLEAN,
  number: NUMBER,
  integer: NUMBER,
  string: STRING,
  array: ARRAY,
  object: OBJECT,
};

/** The bit of a value's type. */
export function typeOfScalar(value: Scalar): number {
  return value === null ? NULL : TYPE_BITS[typeof value] ?? 0;
}
