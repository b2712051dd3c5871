import assert from "node:assert/strict";
import type { GenerateEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { Message, MessageError, MessageEvent, TokenCount } from "../../server/schemas/anthropic/mod.ts";
import { answer, failAfter, FakeEngine, type Script } from "./fake_engine.ts";
import { appOver, eventData, post } from "./requests.ts";

const BODY = { model: "claude-x", max_tokens: 50, messages: [{ role: "user", content: "Hi" }] };
const PATH = "/v1/messages";

/** Says a piece and ends before a stop string. */
const stopped: Script = async function* (): AsyncGenerator<GenerateEvent> {
  yield { type: "text", index: 0, text: "one " };
  yield { type: "finish", index: 0, finishReason: "stop", stopString: "two", completionTokens: 2 };
  yield {
    type: "done",
    usage: { promptTokens: 10, cachedTokens: 4, completionTokens: 2 },
    timings: { queueMs: 0, prefillMs: 1, decodeMs: 1, draftTokens: 0, draftAccepted: 0 },
  };
};

async function ask(body: unknown, engine = new FakeEngine()): Promise<Response> {
  return await post(appOver(engine), body, PATH);
}

Deno.test("messages answer in Anthropic's shape, and the answer names the real model", async () => {
  const response = await ask(BODY);
  assert.equal(response.status, 200);
  const { id: _, ...message } = Message.strict().parse(await response.json());
  assert.deepEqual(message, {
    type: "message",
    role: "assistant",
    model: "fake-model",
    content: [{ type: "text", text: "Hello!" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 6, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 3 },
  });
});

Deno.test("messages say why an answer has ended", async () => {
  const reason = async (script: Script): Promise<unknown[]> => {
    const { stop_reason, stop_sequence } = Message.parse(await (await ask(BODY, new FakeEngine(script))).json());
    return [stop_reason, stop_sequence];
  };
  assert.deepEqual(await reason(stopped), ["stop_sequence", "two"]);
  assert.deepEqual(await reason(answer(["a"], { finishReason: "length" })), ["max_tokens", null]);
});

Deno.test("messages stream Anthropic's events in their order, each behind its name", async () => {
  const response = await ask({ ...BODY, stream: true }, new FakeEngine(stopped));
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const text = await response.text();
  const lines = text.split("\n\n").filter((part) => part !== "").map((part) => part.split("\n"));
  const events = lines.map(([name = "", data = ""]) => {
    const event = MessageEvent.parse(JSON.parse(data.slice("data: ".length)));
    assert.equal(name, `event: ${event.type}`);
    return event;
  });
  assert.deepEqual(events.map(({ type }) => type), [
    "message_start",
    "content_block_start",
    "ping",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  const [start, , , delta, , end] = events;
  // "user: Hi\n", a token for each byte.
  assert.ok(start?.type === "message_start" && start.message.usage.input_tokens === 9);
  assert.ok(delta?.type === "content_block_delta" && delta.delta.type === "text_delta" && delta.delta.text === "one ");
  assert.ok(end?.type === "message_delta");
  assert.deepEqual(end.delta, { stop_reason: "stop_sequence", stop_sequence: "two" });
  assert.equal(end.usage.output_tokens, 2);
});

Deno.test("messages map what a request says to what the engine takes", async () => {
  const engine = new FakeEngine();
  await ask({
    ...BODY,
    system: [{ type: "text", text: "Be" }, { type: "text", text: "kind" }],
    messages: [
      { role: "user", content: "a" },
      { role: "user", content: [{ type: "text", text: "b" }] },
      { role: "assistant", content: "c" },
      { role: "user", content: "d" },
    ],
    temperature: 0.5,
    top_p: 0.9,
    top_k: 7,
    min_p: 0.1,
    stop_sequences: ["x"],
    metadata: { user_id: "ann" },
    tools: [],
    tool_choice: { type: "auto" },
  }, engine);
  assert.deepEqual(engine.calls[0]?.input, {
    prompt: {
      kind: "chat",
      messages: [
        { role: "system", content: "Be\nkind" },
        { role: "user", content: "a\nb" },
        { role: "assistant", content: "c" },
        { role: "user", content: "d" },
      ],
    },
    sampling: { temperature: 0.5, topP: 0.9, topK: 7, minP: 0.1 },
    maxTokens: 50,
    stop: ["x"],
    stream: false,
    client: { user: "ann" },
  });
});

Deno.test("messages name what nobody takes, and refuse by name what they cannot do", async () => {
  const cached = {
    ...BODY,
    service_tier: "auto",
    system: [{ type: "text", text: "a", cache_control: { type: "ephemeral" } }],
  };
  assert.equal((await ask(cached)).headers.get("x-ignored-parameters"), "service_tier, system.0.cache_control");
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ max_tokens: undefined }, /Missing "max_tokens"/],
    [
      { tools: [{ type: "bash_20250124", name: "bash" }] },
      /"tools\.0\.type": A tool of type "bash_20250124" is not supported; expected "custom"/,
    ],
    [{ tool_choice: { type: "any" } }, /"tool_choice"/],
    [{ temperature: 1.5 }, /"temperature"/],
    [
      { messages: [{ role: "user", content: [{ type: "image", source: {} }] }] },
      /"messages\.0\.content\.0\.type".*"image"/,
    ],
    [{ messages: [{ role: "system", content: "a" }] }, /"messages\.0\.role"/],
  ];
  for (const [change, message] of refused) {
    const response = await ask({ ...BODY, ...change });
    assert.equal(response.status, 400, String(message));
    const { error } = MessageError.strict().parse(await response.json());
    assert.equal(error.type, "invalid_request_error");
    assert.match(error.message, message);
  }
});

Deno.test("messages fail in Anthropic's shape, before a stream and in it", async () => {
  const cases = [
    [new EngineError("overloaded", "full"), 529, "overloaded_error"],
    [new EngineError("loading", "soon"), 503, "overloaded_error"],
    [new EngineError("context_length_exceeded", "long"), 400, "invalid_request_error"],
    [new EngineError("internal", "secret"), 500, "api_error"],
  ] as const;
  for (const [error, status, type] of cases) {
    for (const stream of [false, true]) {
      const response = await ask({ ...BODY, stream }, new FakeEngine(failAfter([], error)));
      assert.equal(response.status, status);
      assert.equal(response.headers.has("retry-after"), status === 529 || status === 503);
      const body = MessageError.parse(await response.json());
      assert.equal(response.headers.get("request-id"), body.request_id);
      assert.equal(body.error.type, type);
      assert.doesNotMatch(body.error.message, /secret/);
    }
  }
  const late = await ask({ ...BODY, stream: true }, new FakeEngine(failAfter(["a"], new EngineError("io", "gone"))));
  const text = await late.text();
  assert.match(text, /\n\nevent: error\ndata: \{"type":"error".*"gone".*\}\n\n$/);
  assert.ok(MessageError.safeParse(JSON.parse(eventData(text.replaceAll(/^event: .*\n/gm, "")).at(-1) ?? "")).success);
});

Deno.test("messages are counted as they would be answered", async () => {
  const response = await post(
    appOver(new FakeEngine()),
    { messages: BODY.messages, system: "S" },
    `${PATH}/count_tokens`,
  );
  assert.deepEqual(TokenCount.parse(await response.json()), { input_tokens: "system: S\nuser: Hi\n".length });
});
