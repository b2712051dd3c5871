import fc from "fast-check";
import type { Json, JsonSchema } from "../../../lib/engine/conversation.ts";
import type { SchemaObject } from "../../../lib/schema/schema_types.ts";

const NAMES = ["a", "b", "name", "x-y", "é", 'q"uote', "long name", "id"];
const PATTERNS = ["^[a-z]+$", "^\\d{2,4}$", "a", "^(ab|c)*$", '^[^\\s"]{1,5}$', "^.{3}$", "\\w+@\\w+", "^x-"];
const FORMATS = ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "uri", "unknown"];
const SCALARS: Json[] = ["a", "ab", "b", 'é"\\\n', "", 0, 1, -7, 2.5, true, false, null];

const count = (max: number): fc.Arbitrary<number> => fc.nat({ max });

/** Some of the keywords, each with the value that its arbitrary makes. */
function some(keywords: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<SchemaObject> {
  return fc.record(keywords, { requiredKeys: [] })
    .map((made) =>
      Object.fromEntries(Object.entries(made).flatMap(([key, value]) => value === undefined ? [] : [[key, value]]))
    );
}

/** Puts the smaller of two limits where the smaller belongs. */
function ordered(schema: SchemaObject, low: string, high: string): SchemaObject {
  const [min, max] = [schema[low], schema[high]];
  return typeof min === "number" && typeof max === "number" && min > max
    ? { ...schema, [low]: max, [high]: min }
    : schema;
}

const strings = some({
  minLength: count(4),
  maxLength: count(9),
  pattern: fc.constantFrom(...PATTERNS),
}).map((schema) => ordered({ type: "string", ...schema }, "minLength", "maxLength"));

const formats = fc.constantFrom(...FORMATS).map((format) => ({ type: "string", format }));

const integers = some({
  minimum: fc.integer({ min: -200, max: 200 }),
  maximum: fc.integer({ min: -200, max: 2000 }),
  multipleOf: fc.integer({ min: 1, max: 12 }),
}).map((schema) => ordered({ type: "integer", ...schema }, "minimum", "maximum"));

const decimals = fc.integer({ min: -3000, max: 3000 }).map((n) => n / 100);
const numbers = some({ minimum: decimals, exclusiveMaximum: decimals })
  .map((schema) => ordered({ type: "number", ...schema }, "minimum", "exclusiveMaximum"));

const values = fc.uniqueArray(fc.constantFrom(...SCALARS), { minLength: 1, maxLength: 5 }).map((list) => ({
  enum: list,
}));
const structures = fc.constantFrom<Json>({ a: 1, b: [true] }, [], [1, "x"], {}).map((value) => ({ const: value }));
const types = fc.uniqueArray(fc.constantFrom("null", "boolean", "integer", "number", "string"), {
  minLength: 1,
  maxLength: 3,
})
  .map((type) => ({ type }));
const nullable = fc.constantFrom<SchemaObject>({ type: "string", nullable: true }, {
  type: "integer",
  minimum: 3,
  nullable: true,
});

const leaves: fc.Arbitrary<JsonSchema> = fc.oneof(
  { weight: 4, arbitrary: strings },
  { weight: 2, arbitrary: formats },
  { weight: 4, arbitrary: integers },
  { weight: 2, arbitrary: numbers },
  { weight: 3, arbitrary: values },
  { weight: 1, arbitrary: structures },
  { weight: 2, arbitrary: types },
  { weight: 1, arbitrary: nullable },
  { weight: 1, arbitrary: fc.constantFrom<JsonSchema>({}, true) },
);

/** Schemas that stand inside of an array or object, where a reference may lead back. */
function children(inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  const references = fc.constantFrom("#/$defs/one", "#/$defs/two", "#").map(($ref) => ({ $ref }));
  return fc.oneof({ weight: 9, arbitrary: inner }, { weight: 1, arbitrary: references });
}

function arrays(inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  const child = children(inner);
  const plain = some({
    items: child,
    prefixItems: fc.array(child, { minLength: 1, maxLength: 3 }),
    minItems: count(3),
    maxItems: fc.integer({ min: 3, max: 6 }),
  });
  const containing = some({
    items: fc.constantFrom<JsonSchema>(
      { type: ["integer", "string"] },
      { type: ["integer", "string", "object"] },
      true,
    ),
    prefixItems: fc.array(child, { minLength: 1, maxLength: 2 }),
    minItems: count(2),
    maxItems: fc.integer({ min: 3, max: 6 }),
    maxContains: fc.integer({ min: 1, max: 3 }),
  }).chain((schema) => fc.oneof(strings, integers).map((contains) => ({ items: true, ...schema, contains })));
  const unique = fc.record({
    items: fc.uniqueArray(fc.constantFrom(...SCALARS), { minLength: 2, maxLength: 5 }).map((list) => ({ enum: list })),
    uniqueItems: fc.constant(true),
    minItems: count(2),
  });
  return fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: containing }, {
    weight: 1,
    arbitrary: unique,
  })
    .map((schema) => ordered({ type: "array", ...schema }, "minItems", "maxItems"));
}

function objects(inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  const child = children(inner);
  const name = fc.constantFrom(...NAMES);
  return some({
    properties: fc.dictionary(name, child, { maxKeys: 5, noNullPrototype: true }),
    required: fc.uniqueArray(name, { maxLength: 2 }),
    additionalProperties: fc.oneof(fc.constant(false), fc.constant(true), child),
    patternProperties: fc.dictionary(fc.constantFrom("^x-", "e$"), child, { maxKeys: 2, noNullPrototype: true }),
    minProperties: count(2),
    maxProperties: fc.integer({ min: 2, max: 5 }),
    dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), {
      maxKeys: 2,
      noNullPrototype: true,
    }),
    propertyNames: fc.constantFrom<JsonSchema>({ maxLength: 9 }, { pattern: "^[^q]" }, { enum: NAMES.slice(0, 6) }),
  }).map((schema) => {
    const { required, properties, additionalProperties } = schema;
    const listed = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
    if (additionalProperties !== false || !Array.isArray(required)) return { type: "object", ...schema };
    return { type: "object", ...schema, required: required.filter((each) => listed.some((name) => name === each)) };
  });
}

function combinations(inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<JsonSchema> {
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: list.map((anyOf) => ({ anyOf })) },
    { weight: 2, arbitrary: list.map((oneOf) => ({ oneOf })) },
    { weight: 1, arbitrary: fc.tuple(objects(leaves), objects(leaves)).map((allOf) => ({ allOf })) },
    { weight: 1, arbitrary: fc.tuple(integers, integers).map((allOf) => ({ allOf })) },
    { weight: 1, arbitrary: fc.tuple(strings, values).map(([schema, not]) => ({ ...asObject(schema), not })) },
    {
      weight: 1,
      arbitrary: fc.record({ if: leaves, then: leaves, else: leaves, anyOf: list }),
    },
  );
}

function asObject(schema: JsonSchema): SchemaObject {
  return typeof schema === "boolean" ? {} : schema;
}

const nested: fc.Arbitrary<JsonSchema> = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthIdentifier: "schema" },
    { weight: 2, arbitrary: leaves },
    { weight: 3, arbitrary: objects(tie("schema")) },
    { weight: 2, arbitrary: arrays(tie("schema")) },
    { weight: 1, arbitrary: combinations(tie("schema")) },
  ),
})).schema;

/** Schemas with all keywords that a grammar holds, most of which something fits. */
export const anySchema: fc.Arbitrary<SchemaObject> = fc.record({
  schema: fc.oneof(objects(nested), arrays(nested), nested),
  one: nested,
  two: objects(nested),
}).map(({ schema, one, two }) => ({ ...asObject(schema), $defs: { one, two } }));
