import { checkRows } from "./check_rows.ts";

const INTEGER = { type: "integer" };
const AB = { a: INTEGER, b: { type: "string" } };

Deno.test("schemaToGrammar holds properties in their order, required and not", () => {
  checkRows([
    {
      schema: { type: "object", properties: AB, required: ["a", "b"] },
      yes: [{ a: 1, b: "x" }],
      no: [{}, { a: 1 }, { b: "x" }, { a: "x", b: "x" }],
      unwritten: [{ b: "x", a: 1 }, { a: 1, b: "x", c: 1 }],
    },
    {
      schema: { type: "object", properties: AB },
      yes: [{}, { a: 1 }, { b: "x" }, { a: 1, b: "x" }],
      no: [{ a: null }, { b: 1 }],
      unwritten: [{ c: 1 }],
    },
    {
      schema: { type: "object", properties: { ...AB, c: {}, d: {} }, required: ["b", "d"] },
      yes: [{ b: "", d: 1 }, { a: 1, b: "", d: 1 }, { a: 1, b: "", c: null, d: 1 }, { b: "", c: [], d: 1 }],
      no: [{ a: 1, d: 1 }, { b: "", c: 1 }, {}],
    },
    {
      schema: { type: "object", properties: { b: INTEGER }, required: ["a"] },
      yes: [{ b: 1, a: "anything" }, { a: {} }],
      no: [{}, { b: 1 }],
    },
    { schema: { type: "object", properties: {} }, yes: [{}], unwritten: [{ a: 1 }] },
    {
      schema: { type: "object", properties: { "": INTEGER, "a b": INTEGER, 'é"\\': INTEGER } },
      yes: [{ "": 1, "a b": 2, 'é"\\': 3 }],
      no: [{ "": null }],
    },
    {
      schema: { type: "object", properties: { a: false, b: INTEGER } },
      yes: [{}, { b: 1 }],
      no: [{ a: 1 }, { a: 1, b: 1 }],
    },
    {
      schema: { type: "object", properties: { a: { enum: [1], type: "string" }, b: INTEGER } },
      yes: [{}, { b: 1 }],
      no: [{ a: 1 }],
    },
  ]);
});

Deno.test("schemaToGrammar holds additionalProperties, whose names differ from the listed ones", () => {
  checkRows([
    {
      schema: { type: "object", properties: AB, additionalProperties: false },
      yes: [{}, { a: 1, b: "" }],
      no: [{ c: 1 }, { a: 1, c: 1 }],
    },
    {
      schema: { type: "object", properties: AB, additionalProperties: true },
      yes: [{}, { a: 1, c: [1], d: null }, { aa: 1 }, { "": 1 }],
      no: [{ a: "x" }, { c: 1, b: 5 }, { b: 1 }],
    },
    {
      schema: { type: "object", properties: AB, required: ["a"], additionalProperties: { type: "null" } },
      yes: [{ a: 1 }, { a: 1, c: null }, { a: 1, b: "", c: null, ab: null }],
      no: [{}, { a: 1, c: 1 }, { c: null }, { a: null }],
    },
    {
      schema: { type: "object", additionalProperties: INTEGER },
      yes: [{}, { a: 1, "b c": 2, "é\n": 3 }],
      no: [{ a: null }],
    },
    { schema: { type: "object", additionalProperties: false }, yes: [{}], no: [{ a: 1 }] },
    { schema: { additionalProperties: INTEGER }, yes: [{}, { a: 1 }], no: [{ a: "" }], unwritten: [1] },
  ]);
});

Deno.test("schemaToGrammar holds patternProperties and propertyNames", () => {
  const patterns = { "^x-": INTEGER, "_id$": { type: "string" } };
  checkRows([
    {
      schema: { type: "object", patternProperties: patterns, additionalProperties: false },
      yes: [{}, { "x-a": 1 }, { a_id: "1", "x-b": 2 }],
      no: [{ "x-a": "" }, { a_id: 1 }, { b: 1 }, { "x-a_id": 1 }, { "x-a_id": "" }],
    },
    {
      schema: { type: "object", patternProperties: patterns },
      yes: [{}, { "x-a": 1 }],
      no: [{ "x-a": "" }],
      unwritten: [{ b: 1 }],
    },
    {
      schema: {
        type: "object",
        patternProperties: { "^x-": INTEGER, "^x-y": { minimum: 5 } },
        additionalProperties: { type: "null" },
      },
      yes: [{ "x-a": 1, "x-yz": 7, b: null }],
      no: [{ "x-yz": 3 }, { b: 1 }, { "x-a": null }],
    },
    {
      schema: { type: "object", properties: { "x-a": { minimum: 3 } }, patternProperties: { "^x-": INTEGER } },
      yes: [{ "x-a": 3 }, { "x-a": 4, "x-b": 1 }],
      no: [{ "x-a": 1 }, { "x-a": 3.5 }],
    },
    {
      schema: { type: "object", propertyNames: { pattern: "^[a-z]+$", maxLength: 3 }, additionalProperties: INTEGER },
      yes: [{}, { a: 1, abc: 2 }],
      no: [{ abcd: 1 }, { A: 1 }, { "": 1 }, { a: "" }],
    },
    {
      schema: { type: "object", propertyNames: { maxLength: 2 } },
      yes: [{}, { ab: null }, { "é😀": 1 }],
      no: [{ abc: 1 }],
    },
    {
      schema: { type: "object", propertyNames: { enum: ["b", "a"] }, additionalProperties: INTEGER, required: ["a"] },
      yes: [{ a: 1 }, { a: 1, b: 2 }],
      no: [{}, { b: 1 }, { a: 1, c: 1 }],
    },
    {
      schema: { type: "object", properties: { a: {}, long: {} }, propertyNames: { maxLength: 2 } },
      yes: [{}, { a: 1 }],
      no: [{ long: 1 }, { a: 1, long: 1 }],
    },
    { schema: { type: "object", propertyNames: false }, yes: [{}], no: [{ a: 1 }] },
    {
      schema: { type: "object", propertyNames: { not: { enum: ["a", "b"] } }, additionalProperties: INTEGER },
      yes: [{ c: 1, aa: 2 }],
      no: [{ a: 1 }, { c: 1, b: 2 }],
    },
    {
      schema: { type: "object", patternProperties: { "(a)\\1": INTEGER }, properties: { c: INTEGER } },
      yes: [{ c: 1 }],
      no: [{ c: "" }],
      relaxed: [" patternProperties"],
    },
  ]);
});

Deno.test("schemaToGrammar holds minProperties and maxProperties", () => {
  const four = { a: INTEGER, b: INTEGER, c: INTEGER, d: INTEGER };
  checkRows([
    {
      schema: { type: "object", properties: four, minProperties: 2 },
      yes: [{ a: 1, b: 1 }, { c: 1, d: 1 }, { a: 1, b: 1, c: 1, d: 1 }],
      no: [{}, { a: 1 }, { d: 1 }],
    },
    {
      schema: { type: "object", properties: four, maxProperties: 2 },
      yes: [{}, { d: 1 }, { a: 1, d: 1 }],
      no: [{ a: 1, b: 1, c: 1 }],
    },
    {
      schema: { type: "object", properties: four, required: ["c"], minProperties: 2, maxProperties: 3 },
      yes: [{ a: 1, c: 1 }, { c: 1, d: 1 }, { a: 1, b: 1, c: 1 }, { b: 1, c: 1, d: 1 }],
      no: [{ c: 1 }, { a: 1, b: 1 }, { a: 1, b: 1, c: 1, d: 1 }],
    },
    {
      schema: { type: "object", properties: four, required: ["c"], maxProperties: 1 },
      yes: [{ c: 1 }],
      no: [{}, { a: 1, c: 1 }, { c: 1, d: 1 }],
    },
    {
      schema: { type: "object", additionalProperties: INTEGER, minProperties: 1, maxProperties: 3 },
      yes: [{ a: 1 }, { a: 1, b: 1, c: 1 }],
      no: [{}, { a: 1, b: 1, c: 1, d: 1 }],
    },
    {
      schema: {
        type: "object",
        properties: { a: INTEGER },
        additionalProperties: INTEGER,
        minProperties: 2,
        maxProperties: 3,
      },
      yes: [{ a: 1, x: 1 }, { a: 1, x: 1, y: 1 }],
      no: [{}, { a: 1 }, { x: 1 }, { a: 1, x: 1, y: 1, z: 1 }],
      unwritten: [{ x: 1, y: 1 }],
    },
    {
      schema: { type: "object", minProperties: 2, maxProperties: 2 },
      yes: [{ a: 1, b: 2 }],
      no: [{}, { a: 1 }, { a: 1, b: 2, c: 3 }],
      relaxed: [" minProperties"],
    },
    {
      schema: { type: "object", properties: { a: INTEGER }, minProperties: 2 },
      yes: [{ a: 1, b: "more than listed" }],
      no: [{ a: 1 }, {}],
    },
    {
      schema: { type: "object", propertyNames: { enum: ["a", "b", "c"] }, minProperties: 2 },
      yes: [{ a: 1, b: 1 }, { b: 1, c: 1 }],
      no: [{ a: 1 }, { a: 1, d: 1 }],
    },
    { schema: { type: "object", maxProperties: 0 }, yes: [{}], no: [{ a: 1 }] },
  ]);
});

Deno.test("schemaToGrammar holds dependentRequired, dependentSchemas and dependencies", () => {
  checkRows([
    {
      schema: {
        type: "object",
        properties: { a: INTEGER, b: INTEGER, c: INTEGER },
        dependentRequired: { a: ["b"], c: ["a", "b"] },
      },
      yes: [{}, { b: 1 }, { a: 1, b: 1 }, { a: 1, b: 1, c: 1 }],
      no: [{ a: 1 }, { c: 1 }, { b: 1, c: 1 }],
    },
    {
      schema: {
        type: "object",
        properties: { a: INTEGER, b: INTEGER },
        dependentSchemas: { a: { properties: { b: { minimum: 5 } }, required: ["b"] } },
      },
      yes: [{}, { b: 1 }, { a: 1, b: 5 }],
      no: [{ a: 1 }, { a: 1, b: 4 }],
    },
    {
      schema: {
        type: "object",
        properties: { a: INTEGER, b: INTEGER },
        dependencies: { a: ["b"], b: { maxProperties: 2 } },
      },
      yes: [{}, { b: 1 }, { a: 1, b: 1 }],
      no: [{ a: 1 }],
      old: true,
    },
  ]);
});

Deno.test("schemaToGrammar holds unevaluatedProperties over what is in place", () => {
  checkRows([
    {
      schema: {
        type: "object",
        allOf: [{ properties: { a: INTEGER } }],
        properties: { b: INTEGER },
        unevaluatedProperties: false,
      },
      yes: [{}, { b: 1 }, { a: 1, b: 1 }],
      no: [{ c: 1 }, { a: "" }],
    },
    {
      schema: {
        type: "object",
        anyOf: [{ properties: { a: INTEGER }, required: ["a"] }, { properties: { b: INTEGER }, required: ["b"] }],
        unevaluatedProperties: false,
      },
      yes: [{ a: 1 }, { b: 1 }],
      no: [{}, { a: 1, c: 1 }],
      unwritten: [{ a: 1, b: 1 }],
    },
    {
      schema: { type: "object", properties: { a: INTEGER }, unevaluatedProperties: { type: "null" } },
      yes: [{ a: 1 }, { a: 1, b: null }],
      no: [{ b: 1 }],
    },
    {
      schema: { type: "object", allOf: [{ additionalProperties: INTEGER }], unevaluatedProperties: false },
      yes: [{}, { z: 1 }],
      no: [{ z: "" }],
    },
    {
      schema: { type: "object", properties: { o: { properties: { a: INTEGER } } }, unevaluatedProperties: false },
      yes: [{ o: { a: 1 } }],
      no: [{ a: 1 }],
    },
  ]);
});
