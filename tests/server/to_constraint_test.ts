import assert from "node:assert/strict";
import type { JsonSchema } from "../../lib/engine/mod.ts";
import { Matcher } from "../../lib/grammar/matcher.ts";
import { EngineError } from "../../lib/errors.ts";
import { toConstraint } from "../../server/routes/to_constraint.ts";
import { toToolUse } from "../../server/routes/to_tool_use.ts";
import type { ConstraintParameters } from "../../server/schemas/mod.ts";

const STRICT = { type: "object", properties: { a: { type: "integer" } }, required: ["a"], additionalProperties: false };
/** No grammar holds what has come before. */
const ODD = { type: "object", properties: { a: { type: "string", pattern: "(.)\\1" } }, required: ["a"] };

async function refused(made: Promise<unknown>): Promise<EngineError> {
  const error = await made.then(() => assert.fail("it was taken"), (error) => error);
  assert.ok(error instanceof EngineError, String(error));
  assert.equal(error.code, "invalid_value");
  return error;
}

Deno.test("toConstraint makes a grammar of each of its forms, and none of none", async () => {
  const forms: ConstraintParameters[] = [
    { response_format: { type: "json_object" } },
    { response_format: { type: "json_object", schema: STRICT } },
    { response_format: { type: "json_schema", json_schema: { name: "x", schema: STRICT, strict: true } } },
    { response_format: { type: "json_schema", schema: STRICT } },
    { json_schema: STRICT },
    { json_schema: {} },
    { grammar: 'root ::= "yes" | "no"' },
    { regex: "[a-c]{2}" },
    { choice: ["yes", "no"] },
  ];
  for (const form of forms) {
    const { grammar, relaxed, unheld } = await toConstraint(form);
    assert.ok(grammar !== undefined && grammar.rules["root"] !== undefined, JSON.stringify(form));
    assert.deepEqual([relaxed, unheld], [[], { arguments: new Map() }]);
  }
  for (const form of [{}, { response_format: { type: "text" } }, { grammar: "", json_schema: null }] as const) {
    assert.equal((await toConstraint(form)).grammar, undefined);
  }
});

Deno.test("toConstraint names what is not held, or with strict refuses it", async () => {
  const format = (strict: boolean): ConstraintParameters => ({
    response_format: { type: "json_schema", json_schema: { name: "x", schema: ODD, strict } },
  });
  const { relaxed, unheld } = await toConstraint(format(false));
  assert.deepEqual(relaxed.map(({ param, pointer, keyword }) => [param, pointer, keyword]), [
    ["response_format.json_schema.schema", "/properties/a", "pattern"],
  ]);
  assert.deepEqual(unheld.content, { schema: ODD, param: "response_format.json_schema.schema" });
  const error = await refused(toConstraint(format(true)));
  assert.equal(error.param, "response_format.json_schema.schema");
  assert.match(error.message, /pattern/);
});

Deno.test("toConstraint names the parameter whose grammar, pattern or schema is wrong", async () => {
  const cases: [ConstraintParameters, string][] = [
    [{ grammar: "root ::= x" }, "grammar"],
    [{ grammar: "root ::= (" }, "grammar"],
    [{ regex: "(" }, "regex"],
    [{ regex: "a)|(?:b" }, "regex"],
    [{ regex: "(a|b)\\1" }, "regex"],
    [{ regex: "(?=a)b" }, "regex"],
    [{ json_schema: { type: "nothing" } }, "json_schema"],
    [{ response_format: { type: "json_object", schema: { minimum: "1" } } }, "response_format.schema"],
  ];
  for (const [request, param] of cases) {
    const error = await refused(toConstraint(request));
    assert.equal(error.param, param, error.message);
    assert.ok(error.message.includes(param), error.message);
  }
});

Deno.test("toToolUse holds arguments to an object, whatever their schema says", async () => {
  const choice = { mode: "required" as const, param: "tool_choice" };
  const schemas: JsonSchema[] = [{}, true, { title: "x" }, { type: ["object", "null"] }];
  for (const parameters of schemas) {
    const { tools } = await toToolUse([{ name: "f", parameters, param: "tools.0.function" }], choice);
    const matcher = new Matcher(tools?.tools[0]?.grammar ?? assert.fail());
    assert.ok(matcher.accepts("{}") && !matcher.accepts("5") && !matcher.accepts("null"), JSON.stringify(parameters));
  }
  const wrong = [{ name: "f", parameters: { type: "string" }, param: "tools.0.function" }];
  await assert.rejects(toToolUse(wrong, choice), /tools\.0\.function\.parameters.*object/);
});

Deno.test("toToolUse makes tools with their grammars, and names of them what is not held", async () => {
  const { tools, held } = await toToolUse([
    { name: "f", description: "F", parameters: STRICT, strict: true, param: "tools.0.function" },
    { name: "g", param: "tools.1.function" },
    { name: "h", parameters: ODD, param: "tools.2", schemaKey: "input_schema" },
  ], { mode: "required", names: ["f"], param: "tool_choice", parallel: null });
  assert.ok(tools);
  assert.deepEqual(tools.tools.map(({ grammar: _grammar, ...rest }) => rest), [
    { name: "f", description: "F", parameters: STRICT },
    { name: "g" },
    { name: "h", parameters: ODD },
  ]);
  assert.ok(tools.tools.every(({ grammar }) => grammar.rules["root"] !== undefined));
  assert.deepEqual([tools.choice, tools.parallel], [{ mode: "required", names: ["f"] }, false]);
  assert.deepEqual(held.relaxed.map(({ param, pointer, keyword }) => `${param}#${pointer}: ${keyword}`), [
    "tools.2.input_schema#/properties/a: pattern",
  ]);
  assert.deepEqual([...held.unheld.arguments], [["h", { schema: ODD, param: "tools.2.input_schema" }]]);
  const none = await toToolUse([], { mode: "auto", param: "tool_choice" });
  assert.equal(none.tools, undefined);
});

Deno.test("toToolUse refuses a name that two tools have, and one that none has", async () => {
  const [f, g] = ["f", "g"].map((name, i) => ({ name, param: `tools.${i}.function` }));
  assert.ok(f && g);
  const twice = await refused(toToolUse([f, { ...g, name: "f" }], { mode: "auto", param: "tool_choice" }));
  assert.equal(twice.param, "tools.1.function.name");
  const unknown = await refused(
    toToolUse([f, g], { mode: "required", names: ["x"], param: "tool_choice.function.name" }),
  );
  assert.equal(unknown.param, "tool_choice.function.name");
  assert.equal(
    unknown.message,
    'Invalid "tool_choice.function.name": there is no tool "x"; expected one of "f", "g"',
  );
  const empty = await refused(toToolUse([], { mode: "required", names: ["x"], param: "tool_choice" }));
  assert.match(empty.message, /there are none/);
});
