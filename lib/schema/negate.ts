import type { Json } from "../engine/conversation.ts";
import {
  ANY,
  ARRAY,
  atLeast,
  atMost,
  boundAbove,
  boundBelow,
  type Constraints,
  type Literal,
  NULL,
  NUMBER,
  OBJECT,
  onlyTypes,
  STRING,
  typeBits,
} from "./constraints.ts";
import { hasProperty, lacksProperty } from "./exact_value.ts";
import type { Choice, Expander, Step } from "./expander.ts";
import { listOf, literalOf, namesOf } from "./literals.ts";
import { arrayPartOf } from "./parts.ts";
import { below, isObject, isScalar, isSchema, type SchemaObject } from "./schema_types.ts";

/** A schema of which something must not hold. */
interface Negation {
  schema: SchemaObject;
  pointer: string;
  expander: Expander;
  not: (literal: Literal) => Literal;
  /** Notes that what is given allows more than it should. */
  roughly: (keyword: string) => void;
}

/**
 * What it means that a schema does not hold: that one of its keywords does not. One whose negation can't be said is relaxed, and then says no
 * more than of which type the value is.
 */
export function negate({ schema, pointer, blame }: Literal, expander: Expander): Choice {
  if (typeof schema === "boolean") return schema ? [] : [[]];
  const negation: Negation = {
    schema,
    pointer,
    expander,
    not: (literal) => ({ ...literal, negated: !literal.negated, ...(blame === undefined ? {} : { blame }) }),
    roughly: (keyword) => {
      const place = blame ?? { pointer, keyword: "not" };
      const there = JSON.stringify(below(pointer, keyword));
      expander.compilation.relax(place.pointer, place.keyword, `the negation of ${there} is not supported`);
    },
  };
  return Object.keys(schema).flatMap((keyword) => {
    const value = schema[keyword];
    if (value === undefined || !Object.hasOwn(NEGATE, keyword)) return [];
    expander.compilation.meet(pointer, keyword);
    return NEGATE[keyword]?.(value, negation) ?? [];
  });
}

type Negate = (value: Json, negation: Negation) => Choice;

const NEGATE: Record<string, Negate> = {
  type: (value, { schema }) => {
    const names = namesOf(value);
    const others = ANY & ~(typeBits(names) | (schema.nullable === true ? NULL : 0));
    const fractions: Step[] = [(constraints) => {
      onlyTypes(constraints, NUMBER);
      constraints.fraction = true;
    }];
    const onlyIntegers = names.includes("integer") && !names.includes("number");
    return [[only(others)], ...(onlyIntegers ? [fractions] : [])];
  },
  const: (value, negation) => [[differs(value, negation)]],
  enum: (value, negation) => [Array.isArray(value) ? value.map((each) => differs(each, negation)) : []],

  $ref: refer("$ref"),
  $dynamicRef: refer("$dynamicRef"),
  allOf: (value, { pointer, not }) => listOf(value, { keyword: "allOf", pointer }).map((literal) => [not(literal)]),
  anyOf: (value, { pointer, not }) => [listOf(value, { keyword: "anyOf", pointer }).map(not)],
  oneOf: (value, { pointer, not }) => {
    const branches = listOf(value, { keyword: "oneOf", pointer });
    const pairs = branches.flatMap((one, i) => branches.slice(i + 1).map((other): Step[] => [one, other]));
    return [branches.map(not), ...pairs];
  },
  not: (value, { pointer }) => [[literalOf(value, below(pointer, "not"))]],
  if: (value, { schema, pointer, not }) => {
    const condition = literalOf(value, below(pointer, "if"));
    const broken = (keyword: string, when: Literal): Choice => {
      const inner = schema[keyword];
      return inner === undefined ? [] : [[when, not(literalOf(inner, below(pointer, keyword)))]];
    };
    return [...broken("then", condition), ...broken("else", not(condition))];
  },

  minimum: (value, { schema }) =>
    number(value, (bound, into) => boundAbove(into, { value: bound, exclusive: schema.exclusiveMinimum !== true })),
  maximum: (value, { schema }) =>
    number(value, (bound, into) => boundBelow(into, { value: bound, exclusive: schema.exclusiveMaximum !== true })),
  exclusiveMinimum: (value) => number(value, (bound, into) => boundAbove(into, { value: bound, exclusive: false })),
  exclusiveMaximum: (value) => number(value, (bound, into) => boundBelow(into, { value: bound, exclusive: false })),
  multipleOf: rough("multipleOf", NUMBER),

  minLength: (value, { pointer }) => count(value, STRING, (min, into) => atMost(into.length, min - 1, pointer)),
  maxLength: (value, { pointer }) => count(value, STRING, (max, into) => atLeast(into.length, max + 1, pointer)),
  pattern: untested("pattern"),
  format: untested("format"),

  minItems: (value, { pointer }) => count(value, ARRAY, (min, into) => atMost(into.items, min - 1, pointer)),
  maxItems: (value, { pointer }) => count(value, ARRAY, (max, into) => atLeast(into.items, max + 1, pointer)),
  items: (value, negation) => Array.isArray(value) ? prefixFails(negation) : itemFails(value, negation),
  prefixItems: (_value, negation) => prefixFails(negation),
  additionalItems: (value, negation) =>
    Array.isArray(negation.schema.items) ? roughUnless(value, "additionalItems", negation) : [],
  contains: (value, { schema, pointer, not }) => {
    const literal = literalOf(value, below(pointer, "contains"));
    const min = typeof schema.minContains === "number" ? schema.minContains : 1;
    const tooFew: Step[] = [only(ARRAY), (into) => {
      if (min === 1) into.arrays.push({ prefix: [], rest: not(literal), path: [] });
      else into.contains.push({ literal, min: 0, max: min - 1, pointer });
    }];
    const max = schema.maxContains;
    const tooMany: Choice = typeof max !== "number"
      ? []
      : [[only(ARRAY), (into) => into.contains.push({ literal, min: max + 1, max: Infinity, pointer })]];
    return min === 0 ? tooMany : [tooFew, ...tooMany];
  },
  uniqueItems: (value, negation) => value === true ? rough("uniqueItems", ARRAY)(value, negation) : [],
  unevaluatedItems: (value, negation) => roughUnless(value, "unevaluatedItems", negation),

  properties: (value, { pointer, not }) =>
    Object.entries(isObject(value) ? value : {}).filter(([, schema]) => schema !== true).map((
      [name, schema],
    ): Step[] => [
      only(OBJECT),
      hasProperty(name),
      (into) =>
        into.objects.push({
          properties: new Map([[name, not(literalOf(schema, below(pointer, "properties", name)))]]),
          patterns: [],
          declares: false,
          pointer,
          path: [],
        }),
    ]),
  required: (value, { pointer }) => namesOf(value).map((name) => [only(OBJECT), lacksProperty(name, pointer)]),
  minProperties: (value, { pointer }) => count(value, OBJECT, (min, into) => atMost(into.count, min - 1, pointer)),
  maxProperties: (value, { pointer }) => count(value, OBJECT, (max, into) => atLeast(into.count, max + 1, pointer)),
  patternProperties: rough("patternProperties", OBJECT),
  additionalProperties: (value, negation) => roughUnless(value, "additionalProperties", negation),
  unevaluatedProperties: (value, negation) => roughUnless(value, "unevaluatedProperties", negation),
  propertyNames: (value, negation) => roughUnless(value, "propertyNames", negation),
  dependentRequired: dependencyFails("dependentRequired"),
  dependentSchemas: dependencyFails("dependentSchemas"),
  dependencies: dependencyFails("dependencies"),
};

function only(types: number): Step {
  return (constraints) => onlyTypes(constraints, types);
}

function differs(value: Json, { pointer, not }: Negation): Step {
  if (isScalar(value)) return (constraints) => constraints.excluded.push(value);
  return not(structure(value, pointer));
}

/** A list or object as a schema without `const`. */
function structure(value: Json, pointer: string): Literal {
  const known = typeof value === "object" && value !== null ? STRUCTURES.get(value) : undefined;
  const schema: SchemaObject = known ??
    (Array.isArray(value)
      ? {
        type: "array",
        minItems: value.length,
        maxItems: value.length,
        prefixItems: value.map((item) => ({ const: item })),
      }
      : {
        type: "object",
        required: Object.keys(value ?? {}),
        maxProperties: Object.keys(value ?? {}).length,
        properties: Object.fromEntries(Object.entries(value ?? {}).map(([name, item]) => [name, { const: item }])),
      });
  if (typeof value === "object" && value !== null) STRUCTURES.set(value, schema);
  return literalOf(schema, pointer);
}

const STRUCTURES = new WeakMap<object, SchemaObject>();

function number(value: Json, apply: (value: number, into: Constraints) => void): Choice {
  if (typeof value !== "number") return [];
  return [[only(NUMBER), (into) => apply(value, into)]];
}

function count(value: Json, types: number, apply: (value: number, into: Constraints) => void): Choice {
  if (typeof value !== "number") return [];
  return [[only(types), (into) => apply(value, into)]];
}

function rough(keyword: string, types: number): Negate {
  return (_value, { roughly }) => [[(into) => {
    roughly(keyword);
    onlyTypes(into, types);
  }]];
}

/** What allows everything cannot fail. */
function roughUnless(value: Json, keyword: string, negation: Negation): Choice {
  const types = keyword.endsWith("Items") ? ARRAY : OBJECT;
  return value === true || (isObject(value) && Object.keys(value).length === 0)
    ? []
    : rough(keyword, types)(value, negation);
}

function untested(keyword: "pattern" | "format"): Negate {
  return (value, { pointer }) =>
    typeof value !== "string"
      ? []
      : [[only(STRING), (into) => into.tests.push({ keyword, value, negated: true, pointer })]];
}

function refer(keyword: string): Negate {
  return (value, { schema, pointer, expander, not, roughly }) => {
    const target = typeof value === "string"
      ? expander.references.resolve(value, { schema, pointer, keyword })
      : undefined;
    if (target !== undefined) return [[not({ ...target, negated: false })]];
    roughly(keyword);
    return [[]];
  };
}

/** Some item does not fit. */
function itemFails(value: Json, negation: Negation): Choice {
  const { schema, pointer, not } = negation;
  if (Array.isArray(schema.prefixItems)) return roughUnless(value, "items", negation);
  const literal = not(literalOf(value, below(pointer, "items")));
  return [[only(ARRAY), (into) => into.contains.push({ literal, min: 1, max: Infinity, pointer })]];
}

/** The item at some place is there and does not fit. */
function prefixFails({ schema, pointer, not }: Negation): Choice {
  const { prefix } = arrayPartOf(schema, pointer, []);
  return prefix.map((literal, i): Step[] => [only(ARRAY), (into) => {
    atLeast(into.items, i + 1, pointer);
    const before = prefix.slice(0, i).map(({ pointer: at }): Literal => ({
      schema: true,
      pointer: at,
      negated: false,
    }));
    into.arrays.push({ prefix: [...before, not(literal)], path: [] });
  }]);
}

function dependencyFails(keyword: string): Negate {
  return (value, { pointer, not }) =>
    Object.entries(isObject(value) ? value : {}).flatMap(([name, needs]): Step[][] => {
      const steps = [only(OBJECT), hasProperty(name)];
      const broken = isSchema(needs)
        ? [not(literalOf(needs, below(pointer, keyword, name)))]
        : namesOf(needs).map((each) => lacksProperty(each, pointer));
      return broken.map((step) => [...steps, step]);
    });
}
