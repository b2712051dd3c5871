import type { Json } from "../engine/conversation.ts";
import { clearlyDiffer } from "./clearly_differ.ts";
import {
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
import { allowValues, hasProperty, lacksProperty } from "./exact_value.ts";
import type { Adding, Step } from "./expander.ts";
import { listOf, literalOf, namesOf } from "./literals.ts";
import { arrayPartOf, objectPartOf } from "./parts.ts";
import { below, isObject, isSchema, type SchemaObject } from "./schema_types.ts";

/** A keyword of a schema. */
export interface KeywordUse {
  keyword: string;
  schema: SchemaObject;
  /** To the schema. */
  pointer: string;
}

/** Each such keyword doubles the number of cases. */
const MOST_DEPENDENCIES = 6;

/** Adds what a keyword means to constraints; one that is an annotation adds nothing. */
export function applyKeyword(use: KeywordUse, adding: Adding): void {
  const { keyword, schema, pointer } = use;
  const value = schema[keyword];
  if (value === undefined || !Object.hasOwn(APPLY, keyword)) return;
  adding.expander.compilation.meet(pointer, keyword);
  APPLY[keyword]?.(value, use, adding);
}

type Apply = (value: Json, use: KeywordUse, adding: Adding) => void;

/** How to apply each keyword. Those of an object or array that belong together are taken by the first of them. */
const APPLY: Record<string, Apply> = {
  type: (value, { schema }, { constraints }) => {
    const names = namesOf(value);
    onlyTypes(constraints, typeBits(names) | (schema.nullable === true ? NULL : 0));
    constraints.typed = true;
    if (names.includes("integer") && !names.includes("number")) constraints.integer = true;
  },
  const: (value, { pointer }, adding) => allowValues([value], below(pointer, "const"), adding),
  enum: (value, { pointer }, adding) => {
    if (Array.isArray(value)) allowValues(value, below(pointer, "enum"), adding);
  },

  $ref: refer,
  $dynamicRef: refer,
  allOf: (value, use, adding) => listOf(value, use).forEach((literal) => adding.add(literal)),
  anyOf: (value, use, adding) => adding.choose(listOf(value, use).map((literal) => [literal])),
  oneOf: (value, use, adding) => chooseOne(listOf(value, use), use, adding),
  not: (value, { pointer }, adding) => {
    const blame = { pointer, keyword: "not" };
    adding.add({ ...literalOf(value, below(pointer, "not")), negated: true, blame });
  },
  if: (value, { schema, pointer }, adding) => {
    const condition = literalOf(value, below(pointer, "if"));
    const consequence = (keyword: string): Step[] => {
      const inner = schema[keyword];
      return inner === undefined ? [] : [literalOf(inner, below(pointer, keyword))];
    };
    if (schema.then === undefined && schema.else === undefined) return;
    const otherwise: Literal = { ...condition, negated: true, blame: { pointer, keyword: "if" } };
    adding.choose([[condition, ...consequence("then")], [otherwise, ...consequence("else")]]);
  },
  then: () => {},
  else: () => {},

  minimum: (value, { schema }, { constraints }) =>
    number(
      value,
      (bound) => boundBelow(constraints, { value: bound, exclusive: schema.exclusiveMinimum === true }),
      constraints,
    ),
  maximum: (value, { schema }, { constraints }) =>
    number(
      value,
      (bound) => boundAbove(constraints, { value: bound, exclusive: schema.exclusiveMaximum === true }),
      constraints,
    ),
  exclusiveMinimum: (value, _use, { constraints }) =>
    number(value, (bound) => boundBelow(constraints, { value: bound, exclusive: true }), constraints),
  exclusiveMaximum: (value, _use, { constraints }) =>
    number(value, (bound) => boundAbove(constraints, { value: bound, exclusive: true }), constraints),
  multipleOf: (value, { pointer }, { constraints }) =>
    number(value, (step) => constraints.multiples.push({ value: step, pointer }), constraints),

  minLength: (value, { pointer }, { constraints }) => {
    constraints.spoken |= STRING;
    number(value, (min) => atLeast(constraints.length, min, pointer));
  },
  maxLength: (value, { pointer }, { constraints }) => {
    constraints.spoken |= STRING;
    number(value, (max) => atMost(constraints.length, max, pointer));
  },
  pattern: test("pattern"),
  format: test("format"),

  items: array,
  prefixItems: array,
  additionalItems: array,
  minItems: (value, { pointer }, { constraints }) => {
    constraints.spoken |= ARRAY;
    number(value, (min) => atLeast(constraints.items, min, pointer));
  },
  maxItems: (value, { pointer }, { constraints }) => {
    constraints.spoken |= ARRAY;
    number(value, (max) => atMost(constraints.items, max, pointer));
  },
  uniqueItems: (value, { pointer }, { constraints }) => {
    if (value !== true) return;
    constraints.spoken |= ARRAY;
    constraints.unique ??= pointer;
  },
  contains: (value, { schema, pointer }, { constraints }) => {
    constraints.spoken |= ARRAY;
    const { minContains, maxContains } = schema;
    const min = typeof minContains === "number" ? minContains : 1;
    const max = typeof maxContains === "number" ? maxContains : Infinity;
    if (min === 0 && max === Infinity) return;
    constraints.contains.push({ literal: literalOf(value, below(pointer, "contains")), min, max, pointer });
  },
  minContains: () => {},
  maxContains: () => {},
  unevaluatedItems: (value, { schema, pointer }, { constraints, expander }) => {
    constraints.spoken |= ARRAY;
    const literal = literalOf(value, below(pointer, "unevaluatedItems"));
    constraints.restItems.push({ literal, scope: expander.ids.of(schema) });
  },

  properties: object,
  patternProperties: object,
  additionalProperties: object,
  required: (value, _use, { constraints }) => {
    constraints.spoken |= OBJECT;
    for (const name of namesOf(value)) constraints.required.add(name);
  },
  minProperties: (value, { pointer }, { constraints }) => {
    constraints.spoken |= OBJECT;
    number(value, (min) => atLeast(constraints.count, min, pointer));
  },
  maxProperties: (value, { pointer }, { constraints }) => {
    constraints.spoken |= OBJECT;
    number(value, (max) => atMost(constraints.count, max, pointer));
  },
  propertyNames: (value, { pointer }, { constraints }) => {
    constraints.spoken |= OBJECT;
    constraints.names.push(literalOf(value, below(pointer, "propertyNames")));
  },
  unevaluatedProperties: (value, { schema, pointer }, { constraints, expander }) => {
    constraints.spoken |= OBJECT;
    const literal = literalOf(value, below(pointer, "unevaluatedProperties"));
    constraints.restProperties.push({ literal, scope: expander.ids.of(schema) });
  },
  dependentRequired: depend,
  dependentSchemas: depend,
  dependencies: depend,
};

function number(value: Json, apply: (value: number) => void, constraints?: Constraints): void {
  if (typeof value !== "number") return;
  if (constraints !== undefined) constraints.spoken |= NUMBER;
  apply(value);
}

function test(keyword: "pattern" | "format"): Apply {
  return (value, { pointer }, { constraints }) => {
    if (typeof value !== "string") return;
    constraints.spoken |= STRING;
    constraints.tests.push({ keyword, value, negated: false, pointer });
  };
}

function refer(value: Json, { keyword, schema, pointer }: KeywordUse, { add, expander }: Adding): void {
  if (typeof value !== "string") return;
  const target = expander.references.resolve(value, { schema, pointer, keyword });
  if (target !== undefined) return add({ ...target, negated: false });
  expander.compilation.relax(pointer, keyword, `${JSON.stringify(value)} is outside of the schema`);
}

/** Each branch without the others, unless nothing fits both anyway. */
function chooseOne(branches: Literal[], { pointer }: KeywordUse, { choose, expander }: Adding): void {
  const blame = { pointer, keyword: "oneOf" };
  choose(branches.map((branch, i) => {
    const others = branches.filter((other, j) =>
      j !== i && !clearlyDiffer(branch.schema, other.schema) && !expander.isEmpty([branch, other])
    );
    return [branch, ...others.map((other): Literal => ({ ...other, negated: true, blame }))];
  }));
}

function array(_value: Json, { keyword, schema, pointer }: KeywordUse, { constraints, path }: Adding): void {
  constraints.spoken |= ARRAY;
  const first = Object.keys(schema).find((each) => ["items", "prefixItems", "additionalItems"].includes(each));
  if (keyword === first) constraints.arrays.push(arrayPartOf(schema, pointer, path));
}

function object(_value: Json, { keyword, schema, pointer }: KeywordUse, { constraints, path }: Adding): void {
  constraints.spoken |= OBJECT;
  const first = Object.keys(schema).find((each) =>
    ["properties", "patternProperties", "additionalProperties"].includes(each)
  );
  if (keyword === first) constraints.objects.push(objectPartOf(schema, pointer, path));
}

/** Either the property is not there, or what depends on it holds. */
function depend(value: Json, { keyword, pointer }: KeywordUse, { constraints, choose, expander }: Adding): void {
  constraints.spoken |= OBJECT;
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length > MOST_DEPENDENCIES) {
    return expander.compilation.relax(pointer, keyword, `more than ${MOST_DEPENDENCIES} properties with dependencies`);
  }
  for (const [name, needs] of entries) {
    if (Array.isArray(needs) && needs.length === 0) continue;
    const names = Array.isArray(needs) ? namesOf(needs) : [];
    const schemas = isSchema(needs) ? [literalOf(needs, below(pointer, keyword, name))] : [];
    const steps = [name, ...names].map((each) => hasProperty(each));
    choose([[lacksProperty(name, pointer)], [...steps, ...schemas]]);
  }
}
