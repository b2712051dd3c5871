import { checkRows } from "./check_rows.ts";

const INTEGER = { type: "integer" };
const STRING = { type: "string" };

Deno.test("schemaToGrammar holds items, minItems and maxItems", () => {
  checkRows([
    { schema: { type: "array", items: INTEGER }, yes: [[], [1], [1, 2, 3]], no: [[1.5], [1, "a"]] },
    { schema: { type: "array", items: INTEGER, minItems: 2 }, yes: [[1, 2], [1, 2, 3]], no: [[], [1]] },
    { schema: { type: "array", items: INTEGER, maxItems: 2 }, yes: [[], [1], [1, 2]], no: [[1, 2, 3]] },
    {
      schema: { type: "array", items: INTEGER, minItems: 2, maxItems: 3 },
      yes: [[1, 2], [1, 2, 3]],
      no: [[1], [1, 2, 3, 4]],
    },
    { schema: { type: "array", maxItems: 0 }, yes: [[]], no: [[1]] },
    { schema: { type: "array", items: false }, yes: [[]], no: [[1]] },
    {
      schema: { type: "array", items: { type: "array", items: INTEGER, maxItems: 1 }, minItems: 1 },
      yes: [[[]], [[1], []]],
      no: [[], [[1, 2]]],
    },
    { schema: { type: "array", items: INTEGER, maxItems: 1_000_000 }, yes: [[], Array(50).fill(1)], no: [["a"]] },
  ]);
});

Deno.test("schemaToGrammar holds prefixItems, and what drafts before 2020-12 call so", () => {
  checkRows([
    {
      schema: { type: "array", prefixItems: [INTEGER, STRING], items: false },
      yes: [[], [1], [1, "a"]],
      no: [["a"], [1, 2], [1, "a", 1]],
    },
    {
      schema: { type: "array", prefixItems: [INTEGER, STRING], items: { type: "null" }, minItems: 1 },
      yes: [[1], [1, "a"], [1, "a", null, null]],
      no: [[], [1, "a", 1]],
    },
    {
      schema: { type: "array", prefixItems: [INTEGER, STRING] },
      yes: [[], [1, "a"]],
      no: [[1, 2]],
      unwritten: [[1, "a", 1]],
    },
    {
      schema: { type: "array", prefixItems: [INTEGER], minItems: 2 },
      yes: [[1, "more than listed"]],
      no: [[1], ["a", 1]],
    },
    {
      schema: { type: "array", prefixItems: [INTEGER, STRING, INTEGER], minItems: 2, maxItems: 2 },
      yes: [[1, "a"]],
      no: [[1], [1, "a", 1]],
    },
    { schema: { type: "array", prefixItems: [INTEGER, false], items: INTEGER }, yes: [[], [1]], no: [[1, 1]] },
    {
      schema: { items: [INTEGER, STRING], additionalItems: { type: "null" } },
      yes: [[], [1, "a", null]],
      no: [[1, "a", 1], ["a"]],
      old: true,
    },
    { schema: { items: [INTEGER, STRING], additionalItems: false }, yes: [[1, "a"]], no: [[1, "a", 1]], old: true },
    { schema: { type: "array", items: INTEGER, additionalItems: false }, yes: [[1, 2]], no: [["a"]], old: true },
  ]);
});

Deno.test("schemaToGrammar holds contains with minContains and maxContains", () => {
  const big = { minimum: 10 };
  checkRows([
    {
      schema: { type: "array", items: INTEGER, contains: big },
      yes: [[10], [1, 11, 2], [1, 2, 10]],
      no: [[], [1], [1, 2]],
    },
    {
      schema: { type: "array", items: INTEGER, contains: big, minContains: 2 },
      yes: [[10, 11], [10, 1, 11]],
      no: [[10], [1, 10]],
    },
    {
      schema: { type: "array", items: INTEGER, contains: big, maxContains: 1 },
      yes: [[10], [1, 10, 2]],
      no: [[1], [10, 11]],
    },
    { schema: { type: "array", items: INTEGER, contains: big, minContains: 0 }, yes: [[], [1], [10]], no: [["a"]] },
    {
      schema: { type: "array", items: INTEGER, contains: big, minContains: 0, maxContains: 1 },
      yes: [[], [1, 10]],
      no: [[10, 10]],
    },
    {
      schema: { type: "array", items: INTEGER, contains: big, minItems: 2, maxItems: 3 },
      yes: [[1, 10], [10, 10, 1]],
      no: [[10], [1, 1], [10, 1, 1, 1]],
    },
    { schema: { type: "array", contains: { const: "x" } }, yes: [["x"], [1, "x", []]], no: [[], ["y"]] },
    {
      schema: { type: "array", prefixItems: [INTEGER], items: STRING, contains: { const: "x" } },
      yes: [[1, "x"], [1, "a", "x"]],
      no: [["x"], [1]],
    },
    {
      schema: { type: "array", items: INTEGER, maxItems: 9, allOf: [{ contains: big }, { contains: { maximum: 0 } }] },
      yes: [[0, 10]],
      no: [[1], [0]],
      loose: [[10]],
      relaxed: ["/allOf/1 contains"],
    },
  ]);
});

Deno.test("schemaToGrammar holds uniqueItems over a few values, and relaxes it elsewhere", () => {
  checkRows([
    {
      schema: { type: "array", items: { enum: ["a", "b", "c"] }, uniqueItems: true },
      yes: [[], ["a"], ["c", "a"], ["b", "c", "a"]],
      no: [["a", "a"], ["a", "b", "a"], ["d"]],
    },
    {
      schema: { type: "array", items: { enum: [1, "1", null, true] }, uniqueItems: true, minItems: 2, maxItems: 3 },
      yes: [[1, "1"], [true, null, 1]],
      no: [[1], [1, 1], [1, "1", null, true]],
    },
    {
      schema: { type: "array", items: { type: "boolean" }, uniqueItems: true },
      yes: [[], [true, false], [false]],
      no: [[true, true], [true, false, true]],
    },
    {
      schema: { type: "array", prefixItems: [{ enum: ["a", "b"] }], items: { enum: ["b", "c"] }, uniqueItems: true },
      yes: [["a", "b", "c"], ["b", "c"]],
      no: [["b", "b"], ["c"], ["a", "c", "c"]],
    },
    { schema: { type: "array", items: STRING, uniqueItems: true, maxItems: 1 }, yes: [[], ["a"]], no: [["a", "a"]] },
    {
      schema: { type: "array", items: STRING, uniqueItems: true },
      yes: [["a", "b"]],
      no: [[1]],
      loose: [["a", "a"]],
      relaxed: [" uniqueItems"],
    },
    {
      schema: { type: "array", items: { enum: [..."abcdefghijklmnopqrstuvwxyz"] }, uniqueItems: true },
      yes: [["z", "a"]],
      no: [["zz"]],
      loose: [["a", "a"]],
      relaxed: [" uniqueItems"],
    },
    { schema: { type: "array", items: STRING, uniqueItems: false }, yes: [["a", "a"]] },
  ]);
});

Deno.test("schemaToGrammar holds unevaluatedItems over what is in place", () => {
  checkRows([
    {
      schema: { type: "array", allOf: [{ prefixItems: [INTEGER] }], unevaluatedItems: false },
      yes: [[], [1]],
      no: [[1, 2], ["a"]],
    },
    { schema: { type: "array", prefixItems: [INTEGER], unevaluatedItems: STRING }, yes: [[1, "a", "b"]], no: [[1, 2]] },
    { schema: { type: "array", unevaluatedItems: INTEGER }, yes: [[], [1]], no: [["a"]] },
  ]);
});
