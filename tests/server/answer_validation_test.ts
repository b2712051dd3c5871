import assert from "node:assert/strict";
import fc from "fast-check";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Json, JsonSchema } from "../../lib/engine/mod.ts";
import { AnswerValidation } from "../../server/validation/mod.ts";

const PARAM = "json_schema";

function outcome(schema: JsonSchema, ...texts: string[]): string {
  const validation = new AnswerValidation({ content: { schema, param: PARAM }, arguments: new Map() });
  return validation.outcome(texts.map((text) => ({ text, toolCalls: [] })));
}

Deno.test("an answer is checked against what no grammar held", () => {
  const cases: [JsonSchema, string, string][] = [
    [{ not: { const: 1 } }, "2", "passed"],
    [{ not: { const: 1 } }, "1", "failed: choices.0.content#: not"],
    [{ properties: { a: { not: { const: 1 } } } }, '{"a":1}', "failed: choices.0.content#/a: not"],
    [{ type: "object" }, '{"a":', "failed: choices.0.content#: no JSON"],
    [{ uniqueItems: true }, "[[1],[2],[1]]", "failed: choices.0.content#: uniqueItems"],
    [{ format: "email" }, '"a@b.example"', "passed"],
    [{ format: "email" }, '"a"', "failed: choices.0.content#: format"],
    [{ $ref: "#/$defs/a", $defs: { a: { multipleOf: 0.5 } } }, "0.7", "failed: choices.0.content#: multipleOf"],
    [{ if: { const: 1 }, then: false }, "1", "failed: choices.0.content#: false"],
    [false, "1", "failed: choices.0.content#: false"],
  ];
  for (const [schema, text, expected] of cases) assert.equal(outcome(schema, text), expected, JSON.stringify(schema));
});

Deno.test("every choice and every call is checked, and what only calls needs no content", () => {
  const positive = { schema: { properties: { a: { exclusiveMinimum: 0 } } }, param: "tools.0.function.parameters" };
  const validation = new AnswerValidation({
    content: { schema: { type: "object" }, param: "response_format.schema" },
    arguments: new Map([["f", positive]]),
  });
  const call = (name: string, text: string) => ({ id: "call_0", name, arguments: text });
  assert.equal(
    validation.outcome([
      { text: "", toolCalls: [call("g", "{}"), call("f", '{"a":1}')] },
      { text: "[]", toolCalls: [call("f", '{"a":0}')] },
      { text: "", toolCalls: [] },
    ]),
    "failed: choices.1.content#: type, choices.1.tool_calls.0.arguments#/a: exclusiveMinimum, choices.2.content#: no JSON",
  );
});

Deno.test("patterns are not run, nor what would turn wrong without them, and both are named", () => {
  const pattern = { pattern: "^(a+)+$" };
  const cases: [JsonSchema, string, string][] = [
    [pattern, '"b"', "passed; unchecked: json_schema#/pattern"],
    [{ not: pattern }, '"b"', "passed; unchecked: json_schema#/not"],
    [
      { oneOf: [pattern, { type: "string" }] },
      '"b"',
      "passed; unchecked: json_schema#/oneOf, json_schema#/oneOf/0/pattern",
    ],
    [
      { patternProperties: { a: {} }, additionalProperties: false },
      '{"a":1}',
      "passed; unchecked: json_schema#/patternProperties, json_schema#/additionalProperties",
    ],
    [
      { if: pattern, then: false, minLength: 2 },
      '"b"',
      "failed: choices.0.content#: minLength; unchecked: json_schema#/if",
    ],
    [
      { not: { $ref: "#/$defs/a" }, $defs: { a: pattern } },
      '"b"',
      "passed; unchecked: json_schema#/not, json_schema#/$defs/a/pattern",
    ],
    [{ properties: { pattern: { type: "string" } } }, '{"pattern":1}', "failed: choices.0.content#/pattern: type"],
    [{ format: "regex" }, '"("', "passed; unchecked: json_schema#/format"],
  ];
  for (const [schema, text, expected] of cases) assert.equal(outcome(schema, text), expected, JSON.stringify(schema));
  const begun = performance.now();
  assert.match(outcome(pattern, JSON.stringify(`${"a".repeat(100)}b`)), /^passed; unchecked/);
  assert.ok(performance.now() - begun < 1000);
});

Deno.test("a check that would take for ever ends, and says that nothing is known", () => {
  const $defs = Object.fromEntries(
    Array.from(
      { length: 40 },
      (_, i) => [`d${i}`, { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] }],
    ),
  );
  const many = JSON.stringify(Array.from({ length: 20_000 }, (_, i) => [i]));
  const cases: [JsonSchema, string][] = [
    [{ $ref: "#/$defs/d0", $defs: { ...$defs, d40: { minimum: 1 } } }, "2"],
    [{ $ref: "#" }, "1"],
    [{ $ref: "#/$defs/none" }, "1"],
    [{ uniqueItems: true }, many],
  ];
  for (const [schema, text] of cases) {
    const begun = performance.now();
    assert.match(
      outcome(schema, text),
      /^unchecked: json_schema# \(.+\)$/,
      JSON.stringify(schema).slice(0, 80),
    );
    assert.ok(performance.now() - begun < 3000, `it took ${performance.now() - begun} ms`);
  }
});

Deno.test("keys that JavaScript gives a meaning to mean nothing to a check", () => {
  const schema = JSON.parse('{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}');
  assert.equal(outcome(schema, '{"__proto__":1}'), "failed: choices.0.content#/__proto__: type");
  assert.equal(outcome(schema, "{}"), "passed");
  assert.equal(Reflect.get({}, "type"), undefined);
});

/** Schemas of the keywords that a grammar may have to leave out. */
const { schema } = fc.letrec<{ schema: JsonSchema; value: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.boolean(),
    fc.record({
      type: fc.constantFrom("object", "array", "string", "integer"),
      minLength: fc.nat(3),
      maximum: fc.integer({ min: -2, max: 3 }),
      enum: fc.array(fc.constantFrom<Json>(1, "a", null, [1]), { minLength: 1 }),
      pattern: fc.constantFrom("a", "^b"),
      not: tie("schema"),
      anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
      oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }),
      if: tie("schema"),
      then: tie("schema"),
      else: tie("schema"),
      properties: fc.dictionary(fc.constantFrom("a", "b"), tie("schema")),
      additionalProperties: tie("schema"),
      patternProperties: fc.dictionary(fc.constantFrom("a", "^b"), tie("schema")),
      unevaluatedProperties: tie("schema"),
      required: fc.uniqueArray(fc.constantFrom("a", "b")),
      items: tie("schema"),
      contains: tie("schema"),
      maxContains: fc.nat(2),
      uniqueItems: fc.boolean(),
    }, { requiredKeys: [] }).map((keywords): JsonSchema => ({ ...keywords })),
  ),
  value: fc.constant(null),
}));

Deno.test("a check never refuses what ajv takes, and where it leaves nothing out it refuses what ajv refuses", () => {
  const values: Json[] = [1, 3, "a", "bb", null, [], [1], [1, 1, "a"], {}, { a: 1 }, { a: "a", b: [1] }, {
    b: { a: 3 },
  }];
  const seen = { passed: 0, failed: 0, unchecked: 0 };
  fc.assert(
    fc.property(schema, fc.constantFrom(...values), (schema, value) => {
      const ajv = new Ajv2020({ strict: false, validateFormats: true });
      formats.default(ajv);
      const valid = judge(() => ajv.validate(schema, value));
      const result = outcome(schema, JSON.stringify(value));
      const passed = result.startsWith("passed");
      if (valid) assert.ok(passed, `${result}: ${JSON.stringify(schema)}`);
      else if (!result.includes("unchecked")) assert.ok(!passed, `${result}: ${JSON.stringify(schema)}`);
      seen[result.includes("unchecked") ? "unchecked" : passed ? "passed" : "failed"]++;
    }),
    { numRuns: 600 },
  );
  assert.ok(Object.values(seen).every((count) => count > 30), JSON.stringify(seen));
});

/** Of a few schemas ajv makes code that names what is not there: they show nothing. */
function judge(validate: () => unknown): unknown {
  try {
    return validate();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return fc.pre(false);
  }
}
