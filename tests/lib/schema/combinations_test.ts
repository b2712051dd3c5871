import { checkRows } from "./check_rows.ts";

const INTEGER = { type: "integer" };
const STRING = { type: "string" };

Deno.test("schemaToGrammar holds anyOf, with what stands beside it", () => {
  checkRows([
    { schema: { anyOf: [STRING, INTEGER] }, yes: ["a", 1], no: [1.5, null] },
    { schema: { anyOf: [{ minimum: 5 }, { maximum: 0 }], type: "integer" }, yes: [5, 0, -3, 100], no: [1, 4, 5.5] },
    { schema: { anyOf: [STRING, false] }, yes: ["a"], no: [1] },
    { schema: { anyOf: [STRING, true] }, yes: ["a", 1, {}] },
    {
      schema: {
        type: "object",
        properties: { a: INTEGER, b: INTEGER },
        anyOf: [{ required: ["a"] }, { required: ["b"] }],
      },
      yes: [{ a: 1 }, { b: 1 }, { a: 1, b: 1 }],
      no: [{}, { a: "" }],
    },
    {
      schema: { anyOf: [{ type: "array", items: INTEGER }, { type: "array", items: STRING }] },
      yes: [[], [1, 2], ["a"]],
      no: [[1, "a"]],
    },
    {
      schema: { anyOf: [{ type: "string", maxLength: 1 }, { type: "null" }], minLength: 1 },
      yes: ["a", null],
      no: ["", "ab"],
    },
  ]);
});

Deno.test("schemaToGrammar holds allOf by merging", () => {
  checkRows([
    { schema: { allOf: [{ type: "integer" }, { minimum: 3 }, { maximum: 5 }] }, yes: [3, 4, 5], no: [2, 6, 3.5, "a"] },
    { schema: { allOf: [{ type: ["string", "integer"] }, { type: ["integer", "null"] }] }, yes: [1], no: ["a", null] },
    {
      schema: { allOf: [{ type: "string", minLength: 2 }, { maxLength: 3 }, { pattern: "^a" }] },
      yes: ["ab", "abc"],
      no: ["a", "abcd", "bc"],
    },
    {
      schema: {
        allOf: [{ properties: { a: INTEGER }, required: ["a"] }, { properties: { b: STRING, a: { minimum: 5 } } }],
      },
      yes: [{ a: 5 }, { a: 6, b: "" }],
      no: [{ a: 4 }, {}, { a: 5, b: 1 }],
      unwritten: [{ a: 5, c: 1 }],
    },
    {
      schema: { allOf: [{ properties: { a: INTEGER }, additionalProperties: false }, { properties: { b: STRING } }] },
      yes: [{}, { a: 1 }],
      no: [{ b: "" }, { a: 1, b: "" }],
    },
    {
      schema: { allOf: [{ items: INTEGER }, { items: { minimum: 0 }, maxItems: 2 }] },
      yes: [[], [0, 1]],
      no: [[-1], [0.5], [1, 1, 1]],
    },
    {
      schema: { allOf: [{ prefixItems: [INTEGER] }, { prefixItems: [{ minimum: 1 }, STRING] }] },
      yes: [[], [1], [2, "a"]],
      no: [[0], [1, 1]],
    },
    { schema: { allOf: [{ enum: [1, 2, 3] }, { enum: [2, 3, 4] }] }, yes: [2, 3], no: [1, 4] },
    {
      schema: { allOf: [{ anyOf: [STRING, INTEGER] }, { anyOf: [INTEGER, { type: "null" }] }] },
      yes: [1],
      no: ["a", null],
    },
    { schema: { allOf: [true, {}] }, yes: [1, "a", null] },
    {
      schema: {
        allOf: [{ type: "object", additionalProperties: { type: "integer" } }, {
          additionalProperties: { minimum: 3 },
        }],
      },
      yes: [{}, { x: 3 }],
      no: [{ x: 2 }, { x: 3.5 }],
    },
  ]);
});

Deno.test("schemaToGrammar holds oneOf: each branch without what fits another, too", () => {
  const cat = { type: "object", properties: { kind: { const: "cat" }, lives: INTEGER }, required: ["kind"] };
  const dog = { type: "object", properties: { kind: { const: "dog" }, name: STRING }, required: ["kind"] };
  checkRows([
    { schema: { oneOf: [STRING, INTEGER] }, yes: ["a", 1], no: [null, 1.5] },
    { schema: { oneOf: [STRING, { type: "string", format: "of nobody" }, INTEGER] }, yes: [1], no: ["a"] },
    {
      schema: { oneOf: [cat, dog] },
      yes: [{ kind: "cat" }, { kind: "cat", lives: 9 }, { kind: "dog", name: "x" }],
      no: [{}, { kind: "bird" }, { kind: "cat", lives: "" }],
    },
    {
      schema: { oneOf: [{ type: "string", minLength: 3 }, { type: "string", maxLength: 4 }] },
      yes: ["", "ab", "abcde"],
      no: ["abc", "abcd"],
    },
    { schema: { oneOf: [{ type: "integer", minimum: 2 }, { type: "integer", maximum: 3 }] }, yes: [1, 4], no: [2, 3] },
    {
      schema: { oneOf: [{ type: "number", multipleOf: 1 }, { type: "integer" }] },
      no: ["a", 1.5],
      loose: [1],
      relaxed: [" oneOf"],
    },
    {
      schema: { oneOf: [{ type: "string", pattern: "^a" }, { type: "string", pattern: "b$" }] },
      yes: ["ac", "cb"],
      no: ["ab", "c"],
    },
    {
      schema: {
        oneOf: [{ properties: { a: INTEGER }, required: ["a"], additionalProperties: false, type: "object" }, {
          properties: { b: INTEGER },
          required: ["b"],
          additionalProperties: false,
          type: "object",
        }],
      },
      yes: [{ a: 1 }, { b: 1 }],
      no: [{ a: 1, b: 1 }, {}],
    },
    {
      schema: {
        type: "object",
        properties: { a: INTEGER, b: INTEGER },
        oneOf: [{ required: ["a"] }, { required: ["b"] }],
      },
      yes: [{ a: 1 }, { b: 1 }],
      no: [{ a: 1, b: 1 }, {}],
    },
    { schema: { oneOf: [{ enum: [1, 2] }, { enum: [2, 3] }] }, yes: [1, 3], no: [2] },
    {
      schema: { oneOf: [{ const: { a: 1 } }, { const: { a: 2 } }, { const: [1] }] },
      yes: [{ a: 1 }, { a: 2 }, [1]],
      no: [{ a: 3 }, [2]],
    },
    {
      schema: {
        oneOf: [{ type: "array", items: INTEGER, uniqueItems: true }, { type: "array", items: INTEGER, minItems: 1 }],
      },
      yes: [[], [1, 1]],
      loose: [[1]],
      relaxed: [" oneOf"],
    },
  ]);
});

Deno.test("schemaToGrammar holds not", () => {
  checkRows([
    { schema: { type: "string", not: { enum: ["a", "b"] } }, yes: ["", "c", "ab"], no: ["a", "b"] },
    { schema: { type: "string", not: { const: 'a"\n' } }, yes: ["a", 'a"'], no: ['a"\n'] },
    { schema: { not: { type: ["string", "object", "array"] } }, yes: [1, null, true, 1.5], no: ["", {}, []] },
    { schema: { type: "number", not: { type: "integer" } }, yes: [1.5, -0.25], no: [1, 0] },
    { schema: { type: "integer", not: { minimum: 3, maximum: 5 } }, yes: [2, 6], no: [3, 4, 5] },
    { schema: { type: "integer", not: { enum: [1, 3] } }, yes: [0, 2, 11, -1], no: [1, 3] },
    { schema: { type: "number", not: { const: 1 } }, yes: [1.5, 0, 10], no: [1] },
    { schema: { type: "string", not: { pattern: "a" } }, yes: ["", "bc"], no: ["a", "bac"] },
    { schema: { type: "string", not: { minLength: 3 } }, yes: ["", "ab"], no: ["abc"] },
    { schema: { type: "string", not: { format: "date" } }, yes: ["", "2020-01-0"], no: ["2020-01-01"] },
    {
      schema: { type: "object", properties: { a: {}, b: {} }, not: { required: ["a", "b"] } },
      yes: [{}, { a: 1 }, { b: 1 }],
      no: [{ a: 1, b: 1 }],
    },
    {
      schema: {
        type: "object",
        properties: { a: {}, b: {} },
        not: { properties: { a: { type: "string" } }, required: ["a"] },
      },
      yes: [{}, { a: 1 }, { b: 1 }],
      no: [{ a: "" }],
    },
    { schema: { type: "array", items: INTEGER, not: { maxItems: 1 } }, yes: [[1, 2]], no: [[], [1]] },
    { schema: { type: "array", items: INTEGER, not: { contains: { minimum: 5 } } }, yes: [[], [1, 4]], no: [[5]] },
    { schema: { type: "array", not: { items: INTEGER } }, yes: [[""], [1, ""]], no: [[], [1]] },
    { schema: { type: "array", not: { prefixItems: [INTEGER, STRING] } }, yes: [[""], [1, 2]], no: [[], [1], [1, ""]] },
    { schema: { not: { not: STRING } }, yes: ["a"], no: [1] },
    {
      schema: { not: { anyOf: [STRING, { type: "number" }, { type: "object" }] } },
      yes: [null, [], true],
      no: ["", 1, {}],
    },
    { schema: { type: "integer", not: { allOf: [{ minimum: 1 }, { maximum: 3 }] } }, yes: [0, 4], no: [1, 3] },
    { schema: { type: "integer", not: { oneOf: [{ minimum: 1 }, { maximum: 3 }] } }, yes: [1, 3], no: [0, 4] },
    { schema: { not: false }, yes: [1, "a"] },
    {
      schema: { type: "array", items: INTEGER, not: { uniqueItems: true } },
      yes: [[1, 1]],
      loose: [[1], []],
      relaxed: [" not"],
    },
  ]);
});

Deno.test("schemaToGrammar holds if, then and else", () => {
  const schema = {
    type: "object",
    properties: { kind: { enum: ["a", "b"] }, x: INTEGER },
    required: ["kind"],
    if: { properties: { kind: { const: "a" } } },
    then: { required: ["x"] },
    else: { properties: { x: false } },
  };
  checkRows([
    { schema, yes: [{ kind: "a", x: 1 }, { kind: "b" }], no: [{ kind: "a" }, { kind: "b", x: 1 }, {}] },
    { schema: { type: "integer", if: { minimum: 10 }, then: { multipleOf: 10 } }, yes: [1, 9, 10, 20], no: [11] },
    { schema: { type: "integer", if: { minimum: 10 }, else: { maximum: 5 } }, yes: [5, 10, 11], no: [6, 9] },
    { schema: { type: "integer", if: { minimum: 10 } }, yes: [1, 10] },
    { schema: { type: "integer", then: { minimum: 10 } }, yes: [1, 10] },
    { schema: { if: STRING, then: { minLength: 2 }, else: { type: "null" } }, yes: ["ab", null], no: ["a", 1] },
  ]);
});
