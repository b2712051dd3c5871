import assert from "node:assert/strict";
import { EngineError } from "../../../lib/errors.ts";
import type { Json, JsonSchema } from "../../../lib/engine/conversation.ts";
import { type SchemaOptions, schemaToGrammar } from "../../../lib/schema/mod.ts";

/** One line that begins with the parameter. */
function assertRefused(schema: JsonSchema, about: RegExp, options: SchemaOptions = {}): void {
  assert.throws(() => schemaToGrammar(schema, { param: "tools.0.parameters", ...options }), (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, "invalid_value");
    assert.equal(error.param, "tools.0.parameters");
    assert.match(error.message, /^tools\.0\.parameters[^\n]*$/);
    assert.match(error.message, about);
    return true;
  });
}

Deno.test("schemaToGrammar names the place, the keyword, what was found and what is expected", () => {
  const at = (schema: JsonSchema): JsonSchema => ({ type: "object", properties: { "a/b": schema } });
  const cases: [string, Json, RegExp][] = [
    ["type", "strin", /"type" is "strin", expected one of "null", "boolean", "number"/],
    ["type", [], /"type" is \[\], expected/],
    ["type", 5, /"type" is 5/],
    ["enum", "a", /"enum" is "a", expected a list/],
    ["enum", [], /"enum" is \[\], expected a list/],
    ["properties", [], /"properties" is \[\], expected an object whose values are schemas/],
    ["properties", { a: 1 }, /"properties" is \{"a":1\}, expected/],
    ["required", true, /"required" is true, expected a list of strings/],
    ["required", [1], /"required" is \[1\]/],
    ["additionalProperties", "no", /"additionalProperties" is "no", expected a schema/],
    ["items", 1, /"items" is 1, expected a schema/],
    ["prefixItems", {}, /"prefixItems" is \{\}, expected a list of schemas/],
    ["anyOf", [], /"anyOf" is \[\], expected a list of schemas/],
    ["allOf", {}, /"allOf"/],
    ["oneOf", [1], /"oneOf" is \[1\]/],
    ["not", null, /"not" is null, expected a schema/],
    ["minimum", "3", /"minimum" is "3", expected a number/],
    ["multipleOf", 0, /"multipleOf" is 0, expected a number above 0/],
    ["minItems", -1, /"minItems" is -1, expected an integer from 0/],
    ["maxLength", 1.5, /"maxLength" is 1.5, expected an integer from 0/],
    ["pattern", 5, /"pattern" is 5, expected a string/],
    ["uniqueItems", "yes", /"uniqueItems" is "yes", expected true or false/],
    ["nullable", 1, /"nullable" is 1/],
    ["$ref", {}, /"\$ref" is \{\}, expected a string/],
    ["$ref", "#/$defs/none", /"\$ref" is "#\/\$defs\/none", which is not in the schema/],
    ["dependentRequired", { a: "b" }, /"dependentRequired" is \{"a":"b"\}/],
  ];
  for (const [keyword, value, about] of cases) {
    assertRefused(
      at({ [keyword]: value }),
      new RegExp(`^tools\\.0\\.parameters at "/properties/a~1b": ${about.source}`),
    );
  }
  assertRefused({ type: "strin" }, /^tools\.0\.parameters: "type" is "strin"/);
});

Deno.test("schemaToGrammar names what nothing can fit", () => {
  assertRefused(false, /^tools\.0\.parameters: nothing can fit it because of "false"/);
  assertRefused({ type: "integer", minimum: 5, maximum: 3 }, /: nothing can fit it because of "minimum"/);
  assertRefused({ type: "string", enum: [1, 2] }, /: nothing can fit it because of "enum"/);
  assertRefused({ type: "string", minLength: 5, maxLength: 3 }, /because of "minLength"/);
  assertRefused({ type: "string", pattern: "^a$", minLength: 5 }, /because of "pattern"/);
  assertRefused({ allOf: [{ type: "string" }, { type: "null" }] }, /nothing can fit it/);
  assertRefused({ type: "array", items: false, minItems: 1 }, /because of "minItems"/);
  assertRefused(
    { type: "object", properties: { a: {}, b: {} }, additionalProperties: false, minProperties: 3 },
    /because of "minProperties"/,
  );
  const inner = { type: "object", properties: { a: { type: "string", minLength: 5, maxLength: 3 } }, required: ["a"] };
  assertRefused({ type: "object", properties: { x: inner }, required: ["x"] }, /"\/properties\/x/);
  assertRefused({ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }, /contains itself without end/);
  assertRefused({ $ref: "#" }, /refers to itself without end/);
  assertRefused(
    { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { anyOf: [{ $ref: "#/$defs/a" }] } } },
    /refers to itself without end/,
  );
});

Deno.test("schemaToGrammar, strict, names what can't be held and why", () => {
  const cases: [JsonSchema, RegExp][] = [
    [
      { type: "object", properties: { a: { type: "string", pattern: "(x)\\1" } } },
      /at "\/properties\/a": "pattern" can't be held: /,
    ],
    [{ type: "array", items: { type: "string" }, uniqueItems: true }, /: "uniqueItems" can't be held: /],
    [{ type: "number", multipleOf: 0.1 }, /: "multipleOf" can't be held: /],
    [
      { $ref: "https://example.com/other.json" },
      /: "\$ref" can't be held: "https:\/\/example.com\/other.json" is outside of the schema/,
    ],
    [{ type: "object", minProperties: 2 }, /: "minProperties" can't be held: /],
  ];
  for (const [schema, about] of cases) {
    assertRefused(schema, about, { strict: true });
    const { relaxed } = schemaToGrammar(schema);
    assert.equal(relaxed.length, 1);
    assert.ok(about.source.includes(`"${relaxed[0]?.keyword.replace("$", "\\$")}"`));
  }
});

Deno.test("schemaToGrammar relaxes a pattern that is none, and nothing else", () => {
  for (
    const pattern of [
      "(",
      "[a",
      "a**",
      "\\",
      "(?<n>a)\\k<n>",

      "(a)\\1",
      "x{99999}",
      "(((a{99}){99}){99}){99}",
    ]
  ) {
    const { relaxed } = schemaToGrammar({
      type: "object",
      properties: { a: { type: "string", pattern, maxLength: 3 } },
    });
    assert.deepEqual(
      relaxed.map(({ pointer, keyword }) => [pointer, keyword]),
      [["/properties/a", "pattern"]],
      pattern,
    );
  }
});
