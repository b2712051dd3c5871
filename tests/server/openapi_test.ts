import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { Hono } from "hono";
import type { AppEnv } from "../../server/app_input.ts";
import { EngineError } from "../../lib/errors.ts";
import { REQUESTS } from "../../server/openapi/components.ts";
import { dataSchema, type JsonSchema, schemaReference } from "../../server/openapi/mod.ts";
import { failAfter, FakeEngine } from "./fake_engine.ts";
import {
  callOperation,
  describedApp,
  exampleBodies,
  fetchDocument,
  operationsOf,
  type Place,
  SchemaChecker,
} from "./described.ts";
import { appOver } from "./requests.ts";
import { within } from "./within.ts";

/** A whole JSON answer that somebody relies on being an open one: OpenAPI's own schema says the rest. */
const OPEN = "getOpenApi";

Deno.test("openapi is valid by OpenAPI's own schema, and says which version it describes", async () => {
  const app = appOver(new FakeEngine(), { version: "1.2.3" });
  const response = await app.request("/openapi.json");
  const text = await response.text();
  const { valid, errors } = await new Validator().validate(JSON.parse(text));
  assert.ok(valid, JSON.stringify(errors, null, 2));
  assert.equal(JSON.parse(text).info.version, "1.2.3");
  assert.equal(await (await app.request("/openapi.json")).text(), text);
  // A validator that lets everything pass would prove nothing.
  const { paths: _paths, components: _components, ...rest } = JSON.parse(text);
  assert.equal((await new Validator().validate(rest)).valid, false);
});

Deno.test("openapi refers to nothing that is not there, and has nothing that nobody refers to", async () => {
  const document = await fetchDocument();
  const referred = new Set(
    [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference),
  );
  const there = new Set(Object.keys(document.components.schemas).map(schemaReference));
  // The page tells by it which parameters all APIs share.
  there.delete(schemaReference("SamplingParameters"));
  assert.deepEqual([...referred].sort(), [...there].sort());
  const ids = operationsOf(document).map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("openapi has every route of the app, and the app every path of it", async () => {
  const app = appOver(new FakeEngine());
  const described = operationsOf(await fetchDocument()).flatMap(({ method, path, operation }) =>
    [path, ...operation["x-aliases"] ?? []].map((each) => `${method.toUpperCase()} ${each}`)
  );
  assert.equal(new Set(described).size, described.length);
  // Middlewares and the answer for what is not there end in a star.
  const routes = app.routes.filter(({ path }) => !path.endsWith("/*")).map(({ method, path }) =>
    `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}")}`
  );
  assert.ok(routes.length > 50, `found only ${routes.length}`);
  assert.deepEqual([...new Set(routes)].sort(), described.sort());
});

Deno.test("openapi's aliases answer as the paths that they stand for", async () => {
  const document = await fetchDocument();
  for (const place of operationsOf(document)) {
    for (const alias of place.operation["x-aliases"] ?? []) {
      for (const body of exampleBodies(place.operation)) {
        const answers = [place.path, alias].map(async (path) => {
          const response = await callOperation(describedApp(), { document, place: { ...place, path }, body });
          const head = [response.status, response.headers.get("content-type")];
          await within(response.text());
          return head;
        });
        assert.deepEqual(await answers[1], await answers[0], alias);
      }
    }
  }
});

Deno.test("openapi's examples are what their schemas take, and their answers what it says", async () => {
  const document = await fetchDocument();
  const checker = new SchemaChecker(document);
  let run = 0;
  for (const place of operationsOf(document)) {
    for (const body of exampleBodies(place.operation)) {
      const what = `${place.method} ${place.path} ${JSON.stringify(body)}`;
      if (body !== undefined) {
        const schema = place.operation.requestBody?.content["application/json"]?.schema ?? assert.fail(what);
        assert.equal(checker.check(schema, body), "", what);
      }
      const response = await callOperation(describedApp(), { document, place, body });
      await checkAnswer(response, { checker, place, what });
      assert.equal(response.headers.get("x-ignored-parameters"), null, what);
      run++;
    }
  }
  assert.ok(run >= 50, `ran only ${run}`);
});

/** Checks status, content type and body of an answer that is to be a good one, where the operation has any. */
async function checkAnswer(
  response: Response,
  { checker, place: { operation }, what }: { checker: SchemaChecker; place: Place; what: string },
): Promise<void> {
  const text = await within(response.text());
  const good = Object.keys(operation.responses).filter((status) => status.startsWith("2"));
  const expected = good.length > 0 ? good : Object.keys(operation.responses);
  assert.ok(expected.includes(String(response.status)), `${what}: ${response.status} ${text}`);
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const { schema } = operation.responses[response.status]?.content[type] ?? assert.fail(`${what}: ${type}`);
  if (type === "text/event-stream") {
    assert.equal(text.endsWith("data: [DONE]\n\n"), JSON.stringify(schema).includes('"[DONE]"'), what);
    return checkEvents(text, { checker, schema: dataSchema(schema), what });
  }
  if (type === "application/x-ndjson") return checkParts(text.trimEnd().split("\n"), { checker, schema, what });
  if (type.startsWith("text/")) return assert.ok(text.length > 0, what);
  assert.equal(checker.check(schema, JSON.parse(text)), "", what);
  if (operation.operationId !== OPEN) checkClosed(JSON.parse(text), { checker, schema, what });
}

interface Checked {
  checker: SchemaChecker;
  schema: JsonSchema;
  what: string;
}

function checkEvents(text: string, checked: Checked): void {
  const events = text.split("\n\n").filter((event) => event !== "");
  const data = events.map((event) => {
    const fields = new Map(event.split("\n").map((line) => [line.split(": ")[0], line.slice(line.indexOf(": ") + 2)]));
    const json = fields.get("data") ?? assert.fail(`${checked.what}: ${event}`);
    if (fields.has("event")) assert.equal(JSON.parse(json).type, fields.get("event"));
    return json;
  });
  checkParts(data.at(-1) === "[DONE]" ? data.slice(0, -1) : data, checked);
}

function checkParts(parts: string[], { checker, schema, what }: Checked): void {
  assert.ok(parts.length > 2, `${what}: ${parts.length} parts`);
  for (const part of parts.map((part) => JSON.parse(part))) {
    assert.equal(checker.check(schema, part), "", `${what}: ${JSON.stringify(part)}`);
    assert.equal(part.error ?? null, null, what);
    checkClosed(part, { checker, schema, what });
  }
}

/** That a schema would have noticed a field that it does not know: otherwise it says little. */
function checkClosed(answer: unknown, { checker, schema, what }: Checked): void {
  const more = Array.isArray(answer) ? [...answer, { surprise: 1 }] : { ...Object(answer), surprise: 1 };
  assert.notEqual(checker.check(schema, more), "", what);
}

Deno.test("openapi's errors are what requests that fail get", async () => {
  const document = await fetchDocument();
  const checker = new SchemaChecker(document);
  for (const place of operationsOf(document)) {
    const { responses } = place.operation;
    const [body] = exampleBodies(place.operation);
    for (const { status, response } of await failures(document, place, body)) {
      const what = `${status} of ${place.method} ${place.path}`;
      const text = await within(response.text());
      assert.equal(response.status, status, `${what}: ${text}`);
      const schema = responses[status]?.content["application/json"]?.schema ?? assert.fail(`${what} is not described`);
      assert.equal(checker.check(schema, JSON.parse(text)), "", `${what}: ${text}`);
    }
  }
});

/** What goes wrong with an operation when it is made to. */
async function failures(
  document: Awaited<ReturnType<typeof fetchDocument>>,
  place: Place,
  body: Record<string, unknown> | undefined,
): Promise<{ status: number; response: Response }[]> {
  const { responses } = place.operation;
  const found: { status: number; response: Response }[] = [];
  const add = async (status: number, response: Response | Promise<Response>): Promise<void> =>
    void found.push({ status, response: await response });
  // What is wrong with a query is told before the body is looked at.
  const needsQuery = place.operation.parameters?.some(({ in: where, required }) => where === "query" && required);
  if (place.operation.requestBody !== undefined && !needsQuery) {
    const send = (init: RequestInit): Promise<Response> =>
      Promise.resolve(describedApp().request(place.path, { method: "POST", body: "{", ...init }));
    await add(400, send({ headers: { "content-type": "application/json" } }));
    await add(413, send({ headers: { "content-length": "99999999" } }));
    await add(415, send({ headers: { origin: "http://a.example", "content-type": "text/plain" } }));
    const strict = appOver(new FakeEngine(), { strictModel: true });
    await add(404, callOperation(strict, { document, place, body: { ...body, model: "another" } }));
  }
  if (responses["503"] !== undefined) await add(503, callOperation(loading(), { document, place, body }));
  if (responses["500"] !== undefined) await add(500, callOperation(failed(), { document, place, body }));
  if (responses["529"] !== undefined && place.path === "/v1/messages") {
    const full = appOver(new FakeEngine(failAfter([], new EngineError("overloaded", "The queue is full"))));
    await add(529, callOperation(full, { document, place, body }));
  }
  if (place.path.includes("responses/{id}")) {
    const path = place.path.replace("{id}", "resp_none");
    await add(404, describedApp().request(path, { method: place.method.toUpperCase() }));
  }
  return found;
}

/** An app whose model is being loaded; one that was asked for anything must not need links. */
function loading(): Hono<AppEnv> {
  const engine = new FakeEngine();
  engine.status = { state: "loading" };
  return appOver(engine);
}

function failed(): Hono<AppEnv> {
  const engine = new FakeEngine();
  engine.status = { state: "failed", error: new EngineError("bad_model", "no such architecture") };
  return appOver(engine);
}

/** Values of all kinds, among them the harmless ones of parameters that are not supported yet. */
const VALUES: unknown[] = [
  ...[null, true, false, 0, 1, -1, -2, 2, 3, 16, 17, 1.5, 0.5, -0.5, 1e5, 1e7, 1e12, 2 ** 63, -1e30],
  ...[
    "",
    "x",
    "auto",
    "none",
    "float",
    "base64",
    "text",
    "standard",
    "medium",
    "disabled",
    "e",
    "Z",
    "kkk",
    "\u{1F600}",
  ],
  ...[[], [1], [-1], [1.5], [true], ["x"], [""], [1, "x"], [[1]], [[]], [["x"]], ["text"], ["audio"], [null], [[
    "a",
    1,
  ]]],
  ...[[[1, false]], [[1, "x"]], [{}], [{ id: 0, scale: 1 }], [{ id: -1, scale: 1 }], [{ text: "x" }], [{
    prompt_string: "x",
  }]],
  ...[{}, { x: 1 }, { x: false }, { x: "y" }, { type: "text" }, { type: "auto" }, { type: "none", x: 1 }, {
    type: "any",
  }],
  ...[{ type: "disabled" }, { type: "enabled" }, { edits: [] }, { edits: [1] }, { edits: null }, {
    include_usage: true,
  }],
  ...[{ effort: "none" }, { effort: "low" }, { effort: null }, { format: { type: "text" } }, {
    format: { type: "json" },
  }],
  ...[{ verbosity: "medium" }, { user_id: "x" }, { user_id: 1 }, { temperature: 0.5 }, { temperature: 3 }, {
    tfs_z: 1,
  }],
  ...[{ num_predict: -2 }, { num_predict: 0 }, { type: "content", content: "x" }, { type: "content", content: [] }],
  ...[{ prompt_string: "x" }, { prompt_string: [1, "x"] }, { prompt_string: [1], multimodal_data: [] }, {
    prompt_string: 1,
  }],
  ...["user", "assistant", "tool", "developer", "USER", "robot", null].flatMap((role) =>
    ["x", null, 1, [], [{ type: "text", text: "x" }], [{ type: "input_text", text: "x" }], [{ type: "image" }]].map(
      (content) => [{ role, content }],
    )
  ),
  ...[{ name: "f" }, { name: "" }, { name: 'a"b' }, { name: "f", parameters: {} }, { name: "f", parameters: [] }]
    .flatMap(
      (named) => [[named], [{ type: "function", function: named }], [{ type: "custom", function: named }]],
    ),
  ...["required", "function", "allowed_tools"].map((type) => ({ type, function: { name: "f" } })),
  ...["auto", "some"].map((mode) => ({
    type: "allowed_tools",
    allowed_tools: { mode, tools: [{ type: "function", function: { name: "f" } }] },
  })),
  ...["json_object", "json_schema", "xml"].flatMap((type) => [{ type }, { type, schema: {} }, { type, schema: [] }]),
  { type: "json_schema", json_schema: { name: "x", schema: { type: "object" }, strict: true } },
  { type: "json_schema", json_schema: { schema: 1 } },
  ...["high", "max", "most", "deepseek", "reasoning_content", "a|b", "required"],
  [{ role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }] }],
  [{ role: "assistant", tool_calls: [{ id: "a", type: "custom", function: { name: "f", arguments: "{}" } }] }],
  [{ role: "assistant", tool_calls: [{ id: "a", function: { name: "f", arguments: {} } }] }],
  [{ role: "assistant", reasoning_content: "x", function_call: { name: "f", arguments: "" } }],
  [{ role: "function", name: "f", content: "x" }],
  [{ role: "function", content: "x" }],
  [{ role: "user", content: "x", images: [] }],
  [{ role: "user", content: "x", images: ["x"] }],
  [{ role: "assistant", content: "x", tool_calls: [] }],
  [{ role: "assistant", content: "x", tool_calls: [{}] }],
  [{ type: "message", role: "user", content: "x" }],
  [{ type: "reasoning", role: "user", content: "x" }],
  [{ type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "x" }] }],
  [{ type: "function_call", call_id: "x", name: "x", arguments: "{}" }],
  [{ type: "function_call", call_id: "x", name: "", arguments: "{}" }],
  [{ type: "function_call_output", call_id: "x", output: [{ type: "input_text", text: "x" }] }],
  [{ role: "user", content: [{ type: "tool_result", tool_use_id: "x", content: "x", is_error: true }] }],
  [{ role: "assistant", content: [{ type: "tool_use", id: "x", name: "x", input: {} }] }],
  [{ role: "assistant", content: [{ type: "thinking", thinking: "x", signature: "x" }] }],
  [{ role: "assistant", content: "x", tool_calls: [{ function: { name: "x", arguments: {} } }], thinking: "x" }],
  ...["required", { type: "function", name: "x" }, { type: "tool", name: "x" }, { type: "tool" }],
  { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "x" }] },
  [{ type: "function", name: "x", parameters: {}, strict: true }],
  [{ name: "x", input_schema: { type: "object" } }],
  [{ type: "web_search_20250305", name: "x" }],
  [{ type: "function", function: { name: "x", parameters: {} } }],
  { type: "enabled", budget_tokens: 64, display: "omitted" },
  { type: "adaptive" },
  { type: "json_schema", schema: {} },
  { format: { type: "json_schema", schema: {}, name: "x" } },
  ...["low", "json"],
  Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`key${index}`, "x"])),
  Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`${index}`, 1])),
  Array.from({ length: 2049 }, () => "x"),
];

/** What depends on other parameters, or on how a list's elements are counted, no schema of one can tell: it is refused in words alone. */
const ONLY_IN_WORDS: Record<string, string[]> = {
  AnthropicCountTokensRequest: ["messages", "tool_choice"],
  AnthropicMessageRequest: ["messages", "tool_choice"],
  ApplyTemplateRequest: ["function_call", "tool_choice"],
  ChatCompletionRequest: ["function_call", "stream_options", "tool_choice", "top_logprobs"],
  CompletionRequest: ["prompt", "stream_options"],
  EmbeddingRequest: ["input"],
  InputTokensRequest: ["input", "tool_choice"],
  LlamaCompletionRequest: ["prompt"],
  LlamaEmbeddingRequest: ["content", "input"],
  OllamaChatRequest: ["top_logprobs"],
  OllamaGenerateRequest: ["top_logprobs"],
  RerankingRequest: ["documents", "texts"],
  ResponseRequest: ["input", "stream_options", "tool_choice"],
  TokenizeRequest: ["content"],
};

/** Names may be spelled in several ways. */
const IN_WORDS_EVERYWHERE = "samplers";

for (const [name, request] of Object.entries(REQUESTS)) {
  if (name === "ChatMessage") continue; // Its fields depend on its role; those of "messages" are looked at below.
  Deno.test(`openapi says what ${name} takes`, async () => {
    const document = await fetchDocument();
    const checker = new SchemaChecker(document);
    const reference = { $ref: schemaReference(name) };
    const place = operationsOf(document).find(({ operation }) =>
      operation.requestBody?.content["application/json"]?.schema.$ref === reference.$ref
    );
    const [example = {}] = place === undefined ? [] : exampleBodies(place.operation);
    assert.equal(checker.check(reference, example), "");
    const keys = Object.keys(document.components.schemas[name]?.properties ?? {});
    const inWords = new Set<string>();
    for (const key of keys) {
      for (const value of VALUES) {
        const body = { ...example, [key]: value };
        const what = `${key}: ${JSON.stringify(value).slice(0, 100)}`;
        const wrong = checker.check(reference, body);
        if (request.safeParse(body).success) assert.equal(wrong, "", `${what} is taken`);
        else if (wrong === "") inWords.add(key);
      }
    }
    inWords.delete(IN_WORDS_EVERYWHERE);
    assert.deepEqual([...inWords].sort(), ONLY_IN_WORDS[name] ?? []);
  });
}

Deno.test("openapi says what every parameter means", async () => {
  const { components: { schemas } } = await fetchDocument();
  const silent = Object.keys(REQUESTS).flatMap((name) => silentKeys(schemas[name] ?? assert.fail(name), name));
  assert.deepEqual(silent, []);
});

/** Paths of properties without a description; what tells one kind from others needs none. */
function silentKeys(schema: JsonSchema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (typeof property === "boolean") return [];
    const silent = key !== "type" && property.description === undefined ? [`${path}.${key}`] : [];
    return property["x-not-yet"] === true ? silent : [...silent, ...silentKeys(property, `${path}.${key}`)];
  });
  const parts = [...schema.anyOf ?? [], ...schema.oneOf ?? [], schema.items].flatMap((part) =>
    typeof part === "object" && !Array.isArray(part) ? silentKeys(part, path) : []
  );
  return [...own, ...parts];
}
