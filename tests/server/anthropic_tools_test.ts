import Anthropic from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { FinishReason, Prompt } from "../../lib/engine/mod.ts";
import { Message, MessageError, MessageEvent } from "../../server/schemas/anthropic/mod.ts";
import { readSignature, toSignature } from "../../server/routes/anthropic/signature.ts";
import { FakeEngine } from "./fake_engine.ts";
import { anyPieces, parts, type Piece } from "./part_script.ts";
import { appOver, post } from "./requests.ts";
import { namedEvents } from "./responses_app.ts";

const PATH = "/v1/messages";
const QUESTION = { role: "user", content: "Weather?" } as const;
const SCHEMA = { type: "object", properties: { city: { type: "string" } } } as const;
const TOOL = { name: "get_weather", description: "The weather", input_schema: SCHEMA };
const BODY = { model: "any", max_tokens: 50, messages: [QUESTION], tools: [TOOL] };
/** What no grammar holds, and a call that is not of it. */
const UNHELD = {
  type: "object",
  properties: { city: { type: "array", items: { type: "string" }, uniqueItems: true } },
};
const UNFIT: Piece = { call: "get_weather", id: "toolu_1", args: ['{"city":["a","a"]}'] };
const CALL: Piece = { call: "get_weather", id: "toolu_1", args: ['{"city"', ':"Paris"}'] };

function clientOver(engine: FakeEngine): Anthropic {
  const app = appOver(engine);
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    await app.request(new Request(input, init));
  return new Anthropic({ baseURL: "http://packllama.test", apiKey: "none", maxRetries: 0, fetch });
}

/** What the engine is asked, or the error. */
async function promptOf(change: object): Promise<Extract<Prompt, { kind: "chat" }>> {
  const engine = new FakeEngine();
  const response = await post(appOver(engine), { ...BODY, ...change }, PATH);
  assert.equal(response.status, 200, await response.text());
  const prompt = engine.calls[0]?.input.prompt;
  assert.ok(prompt?.kind === "chat");
  return prompt;
}

Deno.test("messages hand tools and the choice among them to the engine", async () => {
  const other = { ...TOOL, type: "custom", name: "other", description: null };
  const cases: [object, object][] = [
    [{}, { choice: { mode: "auto" } }],
    [{ tool_choice: { type: "auto", disable_parallel_tool_use: true } }, { choice: { mode: "auto" }, parallel: false }],
    [{ tool_choice: { type: "any" } }, { choice: { mode: "required" } }],
    [{ tool_choice: { type: "none" } }, { choice: { mode: "none" } }],
    [
      { tool_choice: { type: "tool", name: "other", disable_parallel_tool_use: true } },
      { choice: { mode: "required", names: ["other"] }, parallel: false },
    ],
  ];
  for (const [change, expected] of cases) {
    const { tools } = await promptOf({ tools: [TOOL, other], ...change });
    const { tools: given, ...use } = tools ?? assert.fail("no tools");
    assert.deepEqual(use, expected);
    assert.deepEqual(given.map(({ grammar: _, ...tool }) => tool), [
      { name: "get_weather", description: "The weather", parameters: SCHEMA },
      { name: "other", parameters: SCHEMA },
    ]);
    assert.ok(given.every(({ grammar }) => "root" in grammar.rules));
  }
  assert.equal((await promptOf({ tools: [] })).tools, undefined);
});

Deno.test("messages hand calls, results and thoughts to the engine as turns of their own", async () => {
  const { messages, template } = await promptOf({
    messages: [
      QUESTION,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Paris, then Rome", signature: "x" },
          { type: "redacted_thinking", data: "of another server" },
          { type: "text", text: "I look." },
          { type: "tool_use", id: "a", name: "get_weather", input: { city: "Paris" } },
          { type: "tool_use", id: "b", name: "get_weather", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: "b",
            content: [{ type: "text", text: "no" }, { type: "text", text: "city" }],
            is_error: true,
          },
          { type: "tool_result", tool_use_id: "a", content: "sunny", is_error: false },
          { type: "text", text: "Well?" },
        ],
      },
      { role: "assistant", content: [{ type: "thinking", thinking: "", signature: toSignature("hidden") }] },
      { role: "assistant", content: "It is" },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "unknown" }] },
    ],
  });
  assert.deepEqual(messages, [
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning: "Paris, then Rome",
      toolCalls: [
        { id: "a", name: "get_weather", arguments: '{"city":"Paris"}' },
        { id: "b", name: "get_weather", arguments: "{}" },
      ],
    },
    { role: "tool", content: "Error: no\ncity", name: "get_weather", toolCallId: "b" },
    { role: "tool", content: "sunny", name: "get_weather", toolCallId: "a" },
    { role: "user", content: "Well?" },
    { role: "assistant", content: "\nIt is", reasoning: "hidden" },
    { role: "tool", content: "", toolCallId: "unknown" },
  ]);
  assert.equal(template, undefined);
});

Deno.test("messages go on with a last one of the assistant", async () => {
  const { messages, template } = await promptOf({ messages: [QUESTION, { role: "assistant", content: "It is" }] });
  assert.deepEqual(messages.at(-1), { role: "assistant", content: "It is" });
  assert.deepEqual(template, { continueFinal: true });
});

Deno.test("messages say how is thought", async () => {
  const cases: [object, object | undefined][] = [
    [{}, undefined],
    [{ thinking: null, output_config: {} }, undefined],
    [{ thinking: { type: "disabled" } }, { enabled: false }],
    [{ thinking: { type: "adaptive" }, output_config: { effort: "high" } }, { effort: "high", enabled: true }],
    [{ thinking: { type: "enabled", budget_tokens: 64, display: null } }, { enabled: true, budget: 64 }],
    [{ output_config: { effort: "low" } }, { effort: "low" }],
  ];
  for (const [change, reasoning] of cases) assert.deepEqual((await promptOf(change)).reasoning, reasoning);
});

Deno.test("messages hold an answer to a schema, which is refused where it cannot be held", async () => {
  const format = { type: "json_schema", schema: { type: "object" } };
  for (const change of [{ output_config: { format } }, { output_format: format }]) {
    const engine = new FakeEngine();
    const response = await post(appOver(engine), { ...BODY, ...change }, PATH);
    assert.equal(response.status, 200, await response.text());
    assert.ok("root" in (engine.calls[0]?.input.grammar?.rules ?? {}));
  }
  const cases: [object, string][] = [
    [{ output_config: { format: { type: "json_schema", schema: UNHELD } } }, "output_config.format.schema"],
    [{ output_format: { type: "json_schema", schema: UNHELD } }, "output_format.schema"],
    [{ tools: [{ ...TOOL, input_schema: UNHELD, strict: true }] }, "tools.0.input_schema"],
  ];
  for (const [change, param] of cases) {
    const response = await post(appOver(new FakeEngine()), { ...BODY, ...change }, PATH);
    assert.equal(response.status, 400, param);
    const { error } = MessageError.parse(await response.json());
    assert.equal(error.type, "invalid_request_error");
    assert.ok(error.message.includes(`${param} at "/properties/city": "uniqueItems"`), error.message);
  }
});

Deno.test("messages name what of a tool's schema is not held, and what came of checking it", async () => {
  const tools = [{ ...TOOL, input_schema: UNHELD }];
  const ask = (stream: boolean): Promise<Response> =>
    post(appOver(new FakeEngine(parts([UNFIT]))), { ...BODY, tools, stream }, PATH);
  const whole = await ask(false);
  assert.match(whole.headers.get("x-relaxed") ?? "", /^tools\.0\.input_schema#\/properties\/city: uniqueItems \(/);
  assert.match(whole.headers.get("x-validation") ?? "", /^failed: /);
  const streamed = await ask(true);
  assert.equal(streamed.headers.get("x-relaxed"), whole.headers.get("x-relaxed"));
  const end = namedEvents(await streamed.text()).find(({ name }) => name === "message_delta");
  assert.equal(end?.data.validation, whole.headers.get("x-validation"));
});

Deno.test("messages count tools and calls", async () => {
  class Counting extends FakeEngine {
    override tokenize({ prompt }: Parameters<FakeEngine["tokenize"]>[0]): Promise<Int32Array> {
      return Promise.resolve(new Int32Array(prompt.kind === "chat" ? prompt.tools?.tools.length ?? 0 : 99));
    }
  }
  const { model, messages, tools } = BODY;
  const response = await post(appOver(new Counting()), { model, messages, tools }, `${PATH}/count_tokens`);
  assert.deepEqual(await response.json(), { input_tokens: 1 });
});

Deno.test("messages answer with blocks for thoughts, texts and calls", async () => {
  const engine = new FakeEngine(
    parts([{ think: "Hm" }, { say: "I " }, { say: "look." }, CALL, { ...CALL, id: "toolu_2" }]),
  );
  const { content, stop_reason } = Message.strict().parse(await (await post(appOver(engine), BODY, PATH)).json());
  assert.equal(stop_reason, "tool_use");
  assert.deepEqual(content, [
    { type: "thinking", thinking: "Hm", signature: toSignature("") },
    { type: "text", text: "I look." },
    { type: "tool_use", id: "toolu_1", name: "get_weather", input: { city: "Paris" } },
    { type: "tool_use", id: "toolu_2", name: "get_weather", input: { city: "Paris" } },
  ]);
});

Deno.test("messages stream a block for each thought, text and call", async () => {
  const engine = new FakeEngine(
    parts([{ think: "Hm" }, { say: "I look." }, CALL, { call: "now", id: "toolu_2", args: [] }]),
  );
  const response = await post(appOver(engine), { ...BODY, stream: true }, PATH);
  const events = namedEvents(await response.text()).map(({ data }) => MessageEvent.parse(data)).slice(1);
  const stop = (index: number): object => ({ type: "content_block_stop", index });
  const start = (index: number, content_block: object): object => ({
    type: "content_block_start",
    index,
    content_block,
  });
  const delta = (index: number, delta: object): object => ({ type: "content_block_delta", index, delta });
  assert.deepEqual(events, [
    start(0, { type: "thinking", thinking: "", signature: "" }),
    { type: "ping" },
    delta(0, { type: "thinking_delta", thinking: "Hm" }),
    delta(0, { type: "signature_delta", signature: toSignature("") }),
    stop(0),
    start(1, { type: "text", text: "" }),
    delta(1, { type: "text_delta", text: "I look." }),
    stop(1),
    start(2, { type: "tool_use", id: "toolu_1", name: "get_weather", input: {} }),
    delta(2, { type: "input_json_delta", partial_json: '{"city"' }),
    delta(2, { type: "input_json_delta", partial_json: ':"Paris"}' }),
    stop(2),
    start(3, { type: "tool_use", id: "toolu_2", name: "now", input: {} }),
    stop(3),
    {
      type: "message_delta",
      delta: { stop_reason: "tool_use", stop_sequence: null },
      usage: { input_tokens: 6, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 3 },
    },
    { type: "message_stop" },
  ]);
});

Deno.test("messages leave thoughts out where they are not wanted, and get them back", async () => {
  const thinking = { type: "adaptive", display: "omitted" } as const;
  const client = clientOver(new FakeEngine(parts([{ think: "Grüße 🦙" }, { say: "a" }])));
  const params = { model: "any", max_tokens: 50, messages: [QUESTION], thinking };
  const whole = await client.messages.create(params);
  const streamed = await client.messages.stream(params).finalMessage();
  for (const { content: [thought] } of [whole, streamed]) {
    assert.ok(thought?.type === "thinking");
    assert.deepEqual([thought.thinking, readSignature(thought.signature)], ["", "Grüße 🦙"]);
  }
  assert.deepEqual([readSignature("from elsewhere"), readSignature("packllama.~")], ["", ""]);
});

Deno.test("Anthropic's SDK has the same of a stream and of a whole answer, whatever is in it", async () => {
  const ask = async (pieces: Piece[], finishReason: FinishReason): Promise<void> => {
    const client = clientOver(new FakeEngine(parts(pieces, finishReason)));
    const params: Anthropic.MessageCreateParamsNonStreaming = {
      model: "any",
      max_tokens: 50,
      messages: [QUESTION],
      tools: [TOOL],
    };
    const whole = await client.messages.create(params);
    const streamed = await client.messages.stream(params).finalMessage();
    assert.deepEqual(plain(streamed.content), plain(whole.content));
    assert.deepEqual([streamed.stop_reason, streamed.usage.output_tokens], [
      whole.stop_reason,
      whole.usage.output_tokens,
    ]);
  };
  await fc.assert(fc.asyncProperty(anyPieces(), ({ pieces, finishReason }) => ask(pieces, finishReason)), {
    numRuns: 150,
  });
});

Deno.test("Anthropic's SDK sends an answer back with the results of its calls", async () => {
  const engine = new FakeEngine(parts([{ think: "Hm" }, { say: "I look." }, CALL]));
  const client = clientOver(engine);
  const params = { model: "any", max_tokens: 50, tools: [TOOL] };
  const { content } = await client.messages.create({ ...params, messages: [QUESTION] });
  await client.messages.create({
    ...params,
    messages: [
      QUESTION,
      { role: "assistant", content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "sunny" }] },
    ],
  });
  const prompt = engine.calls[1]?.input.prompt;
  assert.ok(prompt?.kind === "chat");
  assert.deepEqual(prompt.messages, [
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning: "Hm",
      toolCalls: [{ id: "toolu_1", name: "get_weather", arguments: '{"city":"Paris"}' }],
    },
    { role: "tool", content: "sunny", name: "get_weather", toolCallId: "toolu_1" },
  ]);
});

/** What the SDK made of it, without the getters by which it does so. */
function plain(content: unknown): unknown {
  return JSON.parse(JSON.stringify(content));
}
