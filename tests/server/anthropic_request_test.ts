import assert from "node:assert/strict";
import { MessageError } from "../../server/schemas/anthropic/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { appOver, post } from "./requests.ts";

const MESSAGES = [{ role: "user", content: "Hi" }];
const BODY = { model: "claude-x", max_tokens: 50, messages: MESSAGES };
const PATH = "/v1/messages";
const COUNT = `${PATH}/count_tokens`;

async function ask(change: Record<string, unknown>, path = PATH): Promise<Response> {
  return await post(appOver(new FakeEngine()), { ...BODY, ...change }, path);
}

/** A conversation with a block of another type. */
function withBlock(block: Record<string, unknown>): { messages: unknown } {
  return { messages: [{ role: "user", content: [{ type: "text", text: "See" }, block] }] };
}

Deno.test("messages need no version, and take whatever keys their clients send", async () => {
  const app = appOver(new FakeEngine());
  const headers = { "x-api-key": "sk-ant-x", authorization: "Bearer x", "anthropic-beta": "a-1,b-2" };
  for (const more of [{}, headers, { ...headers, "anthropic-version": "2023-06-01" }]) {
    const response = await app.request(`${PATH}?beta=true`, {
      method: "POST",
      headers: { "content-type": "application/json", ...more },
      body: JSON.stringify(BODY),
    });
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }
});

Deno.test("messages refuse by name pictures, documents, tools of Anthropic's own, and edits of the context", async () => {
  const tool = { name: "f", input_schema: { type: "object" } };
  const refused: [Record<string, unknown>, string][] = [
    ...["image", "document", "search_result", "tool_use", "thinking"].map(
      (type): [Record<string, unknown>, string] => [withBlock({ type }), "messages.0.content.1.type"],
    ),
    [{ system: [{ type: "image" }] }, "system.0.type"],
    [{ messages: [{ role: "tool", content: "a" }] }, "messages.0.role"],
    [{ tools: [{ type: "web_search_20250305", name: "web_search" }] }, "tools.0.type"],
    [{ tools: [{ name: "f" }] }, "tools.0.input_schema"],
    [{ tools: [tool, tool] }, "tools.1.name"],
    [{ tool_choice: { type: "tool", name: "f" } }, "tool_choice"],
    [{ tool_choice: { type: "any" }, tools: [] }, "tool_choice"],
    [{ tool_choice: { type: "some" }, tools: [tool] }, "tool_choice.type"],
    [{ tool_choice: { type: "tool", name: "g" }, tools: [tool] }, "tool_choice.name"],
    [{ thinking: { type: "enabled" } }, "thinking.budget_tokens"],
    [{ thinking: { type: "enabled", budget_tokens: 0 } }, "thinking.budget_tokens"],
    [{ thinking: { type: "sometimes" } }, "thinking.type"],
    [
      withBlock({ type: "tool_result", tool_use_id: "a", content: [{ type: "image" }] }),
      "messages.0.content.1.content.0.type",
    ],
    [
      { messages: [...MESSAGES, { role: "assistant", content: [{ type: "server_tool_use", id: "x" }] }] },
      "messages.1.content.0.type",
    ],
    [
      {
        messages: [...MESSAGES, { role: "assistant", content: [{ type: "tool_use", id: "a", name: "f", input: {} }] }],
      },
      "messages",
    ],
    [
      {
        messages: [...MESSAGES, { role: "assistant", content: "{" }],
        output_config: { format: { type: "json_schema", schema: {} } },
      },
      "messages",
    ],
    [{ mcp_servers: [{ type: "url", url: "https://a.example" }] }, "mcp_servers"],
    [{ output_config: { format: { type: "regex" } } }, "output_config.format.type"],
    [{ output_config: { format: { type: "json_schema" } } }, "output_config.format.schema"],
    [
      {
        output_config: { format: { type: "json_schema", schema: {} } },
        output_format: { type: "json_schema", schema: {} },
      },
      "output_format",
    ],
    [{ context_management: { edits: [{ type: "clear_tool_uses_20250919" }] } }, "context_management"],
  ];
  for (const [change, param] of refused) {
    for (const path of [PATH, COUNT]) {
      const response = await ask(change, path);
      assert.equal(response.status, 400, `${path}: ${param}`);
      const { error } = MessageError.parse(await response.json());
      assert.ok(error.message.includes(`"${param}"`), error.message);
    }
  }
});

Deno.test("messages refuse grammars and schemas as every API does", async () => {
  for (
    const [change, param] of [[{ grammar: "root ::= x" }, "grammar"], [{ json_schema: {} }, "json_schema"]] as const
  ) {
    const { error } = MessageError.parse(await (await ask(change, PATH)).json());
    assert.ok(error.message.includes(`"${param}"`), error.message);
  }
});

Deno.test("messages take what asks for nothing, and name what is of no use here", async () => {
  const nothing = {
    tools: [],
    tool_choice: { type: "none" },
    thinking: null,
    mcp_servers: [],
    output_config: { format: null },
    context_management: { edits: [] },
    stop_sequences: null,
    temperature: null,
    metadata: { user_id: null },
  };
  const taken = await ask(nothing);
  assert.equal(taken.status, 200);
  assert.equal(taken.headers.get("x-ignored-parameters"), null);
  const useless = await ask({
    messages: [{ role: "user", content: [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }] }],
    service_tier: "auto",
    inference_geo: "eu",
    stream: true,
  });
  assert.equal(useless.status, 200);
  assert.equal(
    useless.headers.get("x-ignored-parameters"),
    "messages.0.content.0.cache_control, service_tier, inference_geo",
  );
  await useless.body?.cancel();
});

Deno.test("a server's own system prompt gives way to one of the request, not to an empty one", async () => {
  const engine = new FakeEngine();
  const app = appOver(engine, { systemPrompt: "Be kind" });
  for (const system of [undefined, null, "", [], "Be curt"]) await post(app, { ...BODY, system }, PATH);
  const kind = { kind: "chat", messages: [{ role: "system", content: "Be kind" }, ...MESSAGES] };
  const curt = { kind: "chat", messages: [{ role: "system", content: "Be curt" }, ...MESSAGES] };
  assert.deepEqual(engine.calls.map(({ input }) => input.prompt), [kind, kind, kind, kind, curt]);
});

Deno.test("messages have Anthropic's errors for bodies, models and servers that are not ready", async () => {
  const loading = new FakeEngine();
  loading.status = { state: "loading" };
  const cases = [
    [await post(appOver(new FakeEngine()), "{", PATH), 400, "invalid_request_error"],
    [await post(appOver(new FakeEngine(), { strictModel: true }), BODY, PATH), 404, "not_found_error"],
    [await post(appOver(loading), BODY, PATH), 503, "overloaded_error"],
  ] as const;
  for (const [response, status, type] of cases) {
    assert.equal(response.status, status);
    const { error, request_id } = MessageError.strict().parse(await response.json());
    assert.equal(error.type, type);
    assert.equal(response.headers.get("request-id"), request_id);
    assert.equal(response.headers.has("retry-after"), status === 503);
  }
});
