import assert from "node:assert/strict";
import { EngineError } from "../../../lib/errors.ts";
import type { Json, JsonSchema } from "../../../lib/engine/conversation.ts";
import { checkGrammar } from "../../../lib/grammar/mod.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { schemaToGrammar } from "../../../lib/schema/mod.ts";

/** Refused with one line, in less than a second. */
function assertRefused(schema: JsonSchema, about: RegExp): void {
  const begun = performance.now();
  assert.throws(() => schemaToGrammar(schema), (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, "invalid_value");
    assert.match(error.message, about);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
  const taken = performance.now() - begun;
  assert.ok(taken < 1000, `took ${taken} ms`);
}

function nested(depth: number): JsonSchema {
  let schema: JsonSchema = { type: "integer" };
  for (let i = 0; i < depth; i++) schema = { type: "array", items: schema };
  return schema;
}

Deno.test("schemaToGrammar refuses schemas that are too deep, too large or too many", () => {
  assertRefused(nested(65), /more than 64 schemas within each other/);
  assertRefused(nested(50_000), /more than 256 lists and objects within each other/);
  const matcher = new Matcher(schemaToGrammar(nested(60)).grammar);
  assert.ok(matcher.accepts("[".repeat(60) + "1" + "]".repeat(60)));
  assertRefused({ description: "x".repeat(2 ** 20) }, /characters of JSON, at most 1048576/);
  const many = (count: number): Json[] => Array.from({ length: count }, (_, i) => i);
  assertRefused({ enum: many(10_001) }, /"enum" has 10001 entries, at most 10000/);
  const properties = Object.fromEntries(many(1001).map((i) => [`p${i}`, {}]));
  assertRefused({ properties }, /"properties" has 1001 entries, at most 1000/);
});

Deno.test("schemaToGrammar ends on schemas that double with every reference", () => {
  const bomb = (keyword: string): JsonSchema => ({
    $ref: "#/$defs/d30",
    $defs: Object.fromEntries(Array.from({ length: 31 }, (_, i): [string, JsonSchema] => [
      `d${i}`,
      i === 0 ? { type: "string" } : {
        [keyword]: [{ $ref: `#/$defs/d${i - 1}` }, {
          type: "object",
          properties: { [`p${i}`]: { $ref: `#/$defs/d${i - 1}` } },
        }],
      },
    ])),
  });
  assert.throws(() => schemaToGrammar(bomb("allOf")), EngineError);
  for (const keyword of ["anyOf", "oneOf"]) {
    const begun = performance.now();
    try {
      schemaToGrammar(bomb(keyword));
    } catch (error) {
      assert.ok(error instanceof EngineError, String(error));
    }
    assert.ok(performance.now() - begun < 1000, `${keyword} took ${performance.now() - begun} ms`);
  }
  const choices = Array.from({ length: 20 }, (_, i) => ({
    anyOf: [{ properties: { [`a${i}`]: { type: "string" } } }, { properties: { [`b${i}`]: { type: "string" } } }],
  }));
  assertRefused({ type: "object", allOf: choices }, /too many combinations/);
});

Deno.test("schemaToGrammar takes large schemas that are not bombs, in a second", () => {
  const begun = performance.now();
  const properties = Object.fromEntries(Array.from({ length: 800 }, (_, i) => [
    `property_${i}`,
    { type: i % 2 === 0 ? "string" : ["integer", "null"], description: "d".repeat(100), minimum: 0 },
  ]));
  const { grammar, relaxed } = schemaToGrammar({ type: "object", properties, required: ["property_799"] });
  assert.deepEqual(relaxed, []);
  const taken = performance.now() - begun;
  assert.ok(taken < 1000, `took ${taken} ms`);
  const matcher = new Matcher(grammar);
  assert.ok(matcher.accepts('{"property_7": null, "property_10": "x", "property_799": 1}'));
  assert.ok(!matcher.accepts('{"property_10": "x", "property_7": null, "property_799": 1}'));
});

Deno.test("schemaToGrammar takes long prefixes, and counts as high as an answer can be long", () => {
  const prefixItems = Array.from({ length: 1000 }, (_, i) => ({ const: i }));
  const { grammar } = schemaToGrammar({ type: "array", prefixItems, minItems: 1 });
  checkGrammar(grammar);
  const matcher = new Matcher(grammar);
  const items = (count: number): string => `[${Array.from({ length: count }, (_, i) => i).join(", ")}]`;
  for (const count of [1, 99, 100, 101, 1000]) assert.ok(matcher.accepts(items(count)), String(count));
  for (const text of [items(0), items(1001), "[0, 2]"]) assert.ok(!matcher.accepts(text), text);
  const large = schemaToGrammar({ type: "array", items: { type: "null" }, minItems: 1, maxItems: 2 ** 40 });
  checkGrammar(large.grammar);
  assert.deepEqual(large.relaxed, []);
  const [relaxed] = schemaToGrammar({ type: "string", minLength: 100_000 }).relaxed;
  assert.deepEqual(relaxed, { pointer: "", keyword: "minLength", reason: "more than 65536" });
});

Deno.test("schemaToGrammar keeps objects apart only where they differ, so that recursion does not double the ways", () => {
  const left = { $ref: "#" };
  const one = {
    type: "object",
    properties: { left, op: { enum: ["and", "or"] }, right: left },
    required: ["left", "op", "right"],
  };
  const other = { type: "object", properties: { left, not: { const: true } }, required: ["left", "not"] };
  const matcher = new Matcher(schemaToGrammar({ anyOf: [one, other, { type: "string" }] }).grammar);
  let text = '"a"';
  for (let i = 0; i < 100; i++) text = `{"left": ${text}, ${i % 2 === 0 ? '"not": true' : '"op": "or", "right": ""'}}`;
  assert.ok(matcher.accepts(text));
  assert.ok(!matcher.accepts(text.replace('"not": true', '"not": false')));
});

Deno.test("schemaToGrammar takes oneOf over many values and many kinds of objects", () => {
  const values = Array.from({ length: 300 }, (_, i) => ({ const: `v${i}`, title: `Value ${i}` }));
  assert.ok(new Matcher(schemaToGrammar({ oneOf: values }).grammar).accepts('"v299"'));
  const kinds = Array.from({ length: 60 }, (_, i) => ({
    type: "object",
    properties: { kind: { const: `k${i}` }, a: { type: "string" } },
    required: ["kind"],
  }));
  const { grammar, relaxed } = schemaToGrammar({ oneOf: kinds });
  assert.deepEqual(relaxed, []);
  assert.ok(new Matcher(grammar).accepts('{"kind": "k59", "a": ""}'));
});

Deno.test("schemaToGrammar gives up a pattern that is too large once, and names it at each place", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`p${i}`, { type: "string", pattern: "a.{20}b" }]),
  );
  const before = performance.now();
  const { relaxed } = schemaToGrammar({ type: "object", properties });
  assert.equal(relaxed.length, 200);
  assert.ok(performance.now() - before < 5000, `${performance.now() - before} ms`);
});
