import assert from "node:assert/strict";
import fc from "fast-check";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { jsonGrammar } from "../../../lib/schema/mod.ts";
import { Deriver } from "./derive.ts";
import { pythonJson } from "./python_json.ts";

const matcher = new Matcher(jsonGrammar());

Deno.test("jsonGrammar takes every object, in the usual layouts", () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.json({ maxDepth: 4 })), (texts) => {
    const object = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text)]));
    // The longest numbers of doubles have 17 digits, and exponents of three.
    const short = JSON.parse(
      JSON.stringify(object, (_key, value) => typeof value === "number" ? Math.trunc(value % 1e9) : value),
    );
    for (
      const text of [
        JSON.stringify(short),
        JSON.stringify(short, null, 2),
        JSON.stringify(short, null, "\t"),
        pythonJson(short),
      ]
    ) {
      assert.ok(matcher.accepts(text), text);
    }
  }));
});

Deno.test("jsonGrammar takes nothing but objects, and no endless white space", () => {
  const no = [
    "",
    "[]",
    "1",
    "null",
    "{",
    "{}}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":1 "b":2}',
    '{"a":01}',
    '{"a":"\n"}',
    `{${" ".repeat(50)}}`,
    `{"a":\n\n1}`,
    '{"a":tru}',
  ];
  for (const text of no) assert.ok(!matcher.accepts(text), text);
});

Deno.test("what jsonGrammar derives is an object", () => {
  const deriver = new Deriver(jsonGrammar());
  fc.assert(fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
    const value = JSON.parse(deriver.text(() => stream.next().value ?? 0));
    assert.ok(typeof value === "object" && value !== null && !Array.isArray(value));
  }));
});
