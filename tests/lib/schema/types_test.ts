import assert from "node:assert/strict";
import type { Json } from "../../../lib/engine/conversation.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { schemaToGrammar } from "../../../lib/schema/mod.ts";
import { checkRows } from "./check_rows.ts";

const EVERYTHING: Json[] = [null, true, 0, -1.5, 1e22, "", 'é😀\n"', [], [1, [2]], {}, { a: { b: [null] }, "": 0 }];

Deno.test("schemaToGrammar holds true, {}, and each type", () => {
  checkRows([
    { schema: true, yes: EVERYTHING },
    { schema: {}, yes: EVERYTHING },
    {
      schema: { title: "x", description: "y", default: 3, examples: [1], "x-order": 1, $comment: "" },
      yes: EVERYTHING,
    },
    { schema: { type: "null" }, yes: [null], no: [0, false, "", "null", [], {}] },
    { schema: { type: "boolean" }, yes: [true, false], no: [0, null, "true"] },
    { schema: { type: "integer" }, yes: [0, -1, 12, 2 ** 53], no: [1.5, "1", null, [1]] },
    { schema: { type: "number" }, yes: [0, -1, 1.5, -0.25, 1e22, 1e-7], no: ["1", null, true] },
    { schema: { type: "string" }, yes: ["", "a", '\\"\n\u0001\u007f', "😀", "\u2028"], no: [1, null, ["a"]] },
    { schema: { type: "array" }, yes: [[], [1], [[], {}, "a"]], no: [{}, 1, "[]"] },
    { schema: { type: "object" }, yes: [{}, { a: 1 }, { a: { b: {} } }], no: [[], null, 1] },
    { schema: { type: ["string", "null"] }, yes: ["a", null], no: [1, {}, false] },
    { schema: { type: ["integer", "array"] }, yes: [1, [], [1.5]], no: [1.5, "a"] },
    { schema: { type: ["integer", "number"] }, yes: [1, 1.5], no: ["a"] },
    { schema: { type: "string", nullable: true }, yes: ["a", null], no: [1] },
    { schema: { type: "string", nullable: false }, yes: ["a"], no: [null] },
  ]);
});

Deno.test("schemaToGrammar takes the types that keywords speak of where there is no type", () => {
  checkRows([
    { schema: { minLength: 2 }, yes: ["ab"], no: ["a"], unwritten: [1, null, {}] },
    { schema: { minimum: 2 }, yes: [2], no: [1], unwritten: ["a"] },
    {
      schema: { properties: { a: { type: "null" } } },
      yes: [{}, { a: null }],
      no: [{ a: 1 }],
      unwritten: [1, { b: 1 }],
    },
    { schema: { items: { type: "null" } }, yes: [[], [null]], no: [[1]], unwritten: [1] },
    { schema: { minLength: 2, minimum: 2 }, yes: ["ab", 2], no: ["a", 1], unwritten: [null] },
    { schema: { minLength: 2, not: { type: "string" } }, yes: [1, null, {}], no: ["a", "ab"] },
  ]);
});

Deno.test("schemaToGrammar holds enum and const", () => {
  checkRows([
    {
      schema: { enum: ["a", "ab", "b", 1, null, true, 1.5, ""] },
      yes: ["a", "ab", "b", 1, null, true, 1.5, ""],
      no: ["abc", 2, false, {}, [], "1"],
    },
    { schema: { const: 'a"b\n' }, yes: ['a"b\n'], no: ["a", 1] },
    { schema: { const: null }, yes: [null], no: [0, ""] },
    { schema: { const: 0 }, yes: [0], no: [1, false] },
    {
      schema: { const: [1, { a: "x" }] },
      yes: [[1, { a: "x" }]],
      no: [[], [1], [1, {}], [1, { a: "y" }], [1, { a: "x" }, 2], [1, { a: "x", b: 1 }]],
    },
    {
      schema: { enum: [{ a: 1, b: [] }, [], {}, "x"] },
      yes: [{ a: 1, b: [] }, [], {}, "x"],
      no: [{ a: 1 }, [1], "y"],
      unwritten: [{ b: [], a: 1 }],
    },
    { schema: { enum: ["a", 1, 2, null], type: "integer" }, yes: [1, 2], no: ["a", null] },
    { schema: { enum: [1, 2, 3, 4.5], minimum: 2 }, yes: [2, 3, 4.5], no: [1] },
    { schema: { enum: [1, 2, 3, 6], multipleOf: 3 }, yes: [3, 6], no: [1, 2] },
    {
      schema: { enum: ["a", "bb", "cc", "dd1"], minLength: 2, pattern: "^[b-d]+$" },
      yes: ["bb", "cc"],
      no: ["a", "dd1"],
    },
    { schema: { enum: [[1], [1, 2], { a: 1 }], maxItems: 1 }, yes: [[1], { a: 1 }], no: [[1, 2]] },
    {
      schema: { type: "string", enum: ["é", "😀", "\u0001", "日本"] },
      yes: ["é", "😀", "\u0001", "日本"],
      no: ["\u0002", "日"],
    },
    {
      schema: { enum: Array.from({ length: 3000 }, (_, i) => `value ${i}`) },
      yes: ["value 0", "value 2999"],
      no: ["value 3000", "value "],
    },
  ]);
});

Deno.test("schemaToGrammar writes one layout: a space behind commas and colons, and no other", () => {
  const schema = { type: "object", properties: { a: { type: "integer" }, 'b"c': { type: "array", items: {} } } };
  const matcher = new Matcher(schemaToGrammar(schema).grammar);
  for (const text of ["{}", '{"a": 1}', '{"a": 1, "b\\"c": [1, {"x": 2}, []]}', '{"b\\"c": []}']) {
    assert.ok(matcher.accepts(text), text);
  }
  for (
    const text of [
      "{ }",
      '{"a":1}',
      '{"a": 1,"b\\"c": []}',
      '{"b\\"c": [], "a": 1}',
      '{"a": 1, "a": 1}',
      " {}",
      "{} ",
      '{"b\\"c": [1,2]}',
      '{"a": 01}',
      '{"a": +1}',
      '{"\\u0061": 1}',
    ]
  ) {
    assert.ok(!matcher.accepts(text), text);
  }
});

Deno.test("schemaToGrammar lets free strings escape what can be escaped, one character each", () => {
  const matcher = new Matcher(schemaToGrammar({ type: "string", minLength: 1, maxLength: 1 }).grammar);
  for (
    const text of [
      '"a"',
      '"é"',
      '"😀"',
      '"\\n"',
      '"\\/"',
      '"\\u00e9"',
      '"\\u0000"',
      '"\\uFFFF"',
      '"\\ud7ff"',
      '"\\uE000"',
    ]
  ) {
    assert.ok(matcher.accepts(text), text);
    assert.equal([...JSON.parse(text)].length, 1, text);
  }
  for (
    const text of [
      '""',
      '"ab"',
      '"\n"',
      '"\\x41"',
      '"\\ud83d\\ude00"',
      '"\\ud83d"',
      '"\\uDE00"',
      '"\\u00"',
      '"\\"',
      '"\u0001"',
      '"""',
      "'a'",
    ]
  ) {
    assert.ok(!matcher.accepts(text), text);
  }
});

Deno.test("schemaToGrammar writes only numbers that are finite", () => {
  const matcher = new Matcher(schemaToGrammar({ type: "number" }).grammar);
  for (const text of ["1e99", "-1E-99", "1234567890123456", "0.1e+5"]) assert.ok(matcher.accepts(text), text);
  for (const text of ["1e309", "1e", "1.", ".5", "01", "-", "NaN", "1e1.5", "9".repeat(400)]) {
    assert.ok(!matcher.accepts(text), text);
  }
});
