import type { Json } from "../engine/conversation.ts";
import { ARRAY, atLeast, atMost, type Constraints, type Literal, OBJECT, onlyTypes } from "./constraints.ts";
import type { Adding, Step } from "./expander.ts";
import { below, isObject, isScalar, type Scalar } from "./schema_types.ts";

/** Allows these values alone. */
export function allowValues(values: readonly Json[], pointer: string, { constraints, choose }: Adding): void {
  const scalars = values.filter(isScalar);
  const others = values.filter((value) => !isScalar(value));
  if (others.length === 0) return allowScalars(constraints, scalars);
  const options = others.map((value): Step[] => [(into) => allowExactly(into, value, pointer)]);
  choose(scalars.length === 0 ? options : [[(into) => allowScalars(into, scalars)], ...options]);
}

/** A property must be there. */
export function hasProperty(name: string): Step {
  return (constraints) => {
    constraints.required.add(name);
  };
}

/** A property must not be there. */
export function lacksProperty(name: string, pointer: string): Step {
  return (constraints) => {
    constraints.objects.push({
      properties: new Map([[name, { schema: false, pointer, negated: false }]]),
      patterns: [],
      declares: false,
      pointer,
      path: [],
    });
  };
}

function allowScalars(constraints: Constraints, scalars: readonly Scalar[]): void {
  const before = constraints.values;
  // Not by identity: -0 is 0.
  constraints.values = before === undefined
    ? [...new Set(scalars)]
    : before.filter((value) => scalars.some((each) => each === value));
  constraints.typed = true;
}

/** An array or object as it is: its items or properties, in their order. */
function allowExactly(constraints: Constraints, value: Json, pointer: string): void {
  constraints.typed = true;
  if (Array.isArray(value)) {
    onlyTypes(constraints, ARRAY);
    atLeast(constraints.items, value.length, pointer);
    atMost(constraints.items, value.length, pointer);
    constraints.arrays.push({ prefix: value.map((item, i) => exactly(item, below(pointer, i))), path: [] });
  } else if (isObject(value)) {
    onlyTypes(constraints, OBJECT);
    const names = Object.keys(value);
    constraints.objects.push({
      properties: new Map(Object.entries(value).map(([name, item]) => [name, exactly(item, below(pointer, name))])),
      patterns: [],
      additional: { schema: false, pointer, negated: false },
      declares: true,
      pointer,
      path: [],
    });
    for (const name of names) constraints.required.add(name);
  }
}

/** The same list or object gives the same schema, so that it is known again. */
const OTHER_SCHEMAS = new WeakMap<object, { const: Json }>();

/** A value as a schema. */
export function exactly(value: Json, pointer: string): Literal {
  if (isScalar(value)) return { schema: { const: value }, pointer, negated: false };
  const schema = OTHER_SCHEMAS.get(value) ?? { const: value };
  OTHER_SCHEMAS.set(value, schema);
  return { schema, pointer, negated: false };
}
