import assert from "node:assert/strict";
import fc from "fast-check";
import { Ollama } from "ollama";
import type { FinishReason, ModelInfo, Prompt } from "../../lib/engine/mod.ts";
import { ChatAnswer, GenerateAnswer, OllamaError, ShowAnswer } from "../../server/schemas/ollama/mod.ts";
import { answer, FAKE_MODEL, FakeEngine, type Script } from "./fake_engine.ts";
import { anyPieces, parts, type Piece } from "./part_script.ts";
import { appOver, MESSAGES, post } from "./requests.ts";

const PARAMETERS = { type: "object", properties: { city: { type: "string" } } };
const TOOL = {
  type: "function",
  function: { name: "get_weather", description: "The weather", parameters: PARAMETERS },
};
const CALL: Piece = { call: "get_weather", id: "call_1", args: ['{"city"', ':"Paris"}'] };
const CALLED = { id: "call_1", function: { index: 0, name: "get_weather", arguments: { city: "Paris" } } };

/** A model whose template knows thoughts. */
class ThinkingEngine extends FakeEngine {
  constructor(script?: Script, change: Partial<ModelInfo> = {}) {
    super(script);
    const chatTemplate = "{{ messages }}<think></think>";
    this.status = { state: "ready", model: { ...FAKE_MODEL, chatTemplate, ...change } };
  }
}

function clientOver(engine: FakeEngine): Ollama {
  const app = appOver(engine);
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    await app.request(new Request(input, init));
  return new Ollama({ host: "http://packllama.test", fetch });
}

async function chat(body: object, engine: FakeEngine = new ThinkingEngine()): Promise<Response> {
  return await post(appOver(engine), { messages: MESSAGES, stream: false, ...body }, "/api/chat");
}

async function promptOf(body: object): Promise<Extract<Prompt, { kind: "chat" }>> {
  const engine = new ThinkingEngine();
  const response = await chat(body, engine);
  assert.equal(response.status, 200, await response.text());
  const prompt = engine.calls[0]?.input.prompt;
  assert.ok(prompt?.kind === "chat");
  return prompt;
}

async function linesOf(response: Response): Promise<ChatAnswer[]> {
  const text = await response.text();
  return text.trimEnd().split("\n").map((line) => ChatAnswer.strict().parse(JSON.parse(line)));
}

Deno.test("Ollama hands tools to the engine", async () => {
  const { tools } = await promptOf({ tools: [TOOL, { function: { name: "now" } }] });
  const { tools: given, ...use } = tools ?? assert.fail("no tools");
  assert.deepEqual(use, { choice: { mode: "auto" } });
  assert.deepEqual(given.map(({ grammar: _, ...tool }) => tool), [
    { name: "get_weather", description: "The weather", parameters: PARAMETERS },
    { name: "now" },
  ]);
  for (const none of [[], "", null]) assert.equal((await promptOf({ tools: none })).tools, undefined);
});

Deno.test("Ollama goes on with a last message of the assistant, unless it calls", async () => {
  const begun = { role: "assistant", content: "Hel" };
  assert.deepEqual((await promptOf({ messages: [...MESSAGES, begun] })).template, { continueFinal: true });
  const calling = { ...begun, tool_calls: [{ function: { name: "now", arguments: {} } }] };
  assert.equal((await promptOf({ messages: [...MESSAGES, calling] })).template, undefined);
  assert.equal((await promptOf({ messages: MESSAGES })).template, undefined);
});

Deno.test("Ollama hands calls and their results to the engine, and finds which belongs to which", async () => {
  const call = (name: string, args: object | null = {}, id?: string): object => ({
    id,
    function: { name, arguments: args },
  });
  const { messages } = await promptOf({
    messages: [
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: "",
        thinking: "Hm",
        tool_calls: [call("get_weather", { city: "Paris" }), call("now", null), call("get_weather", {}, "x")],
      },
      { role: "tool", content: "10 am", tool_name: "now" },
      { role: "tool", content: "rain", tool_call_id: "x" },
      { role: "tool", content: "sunny" },
      { role: "tool", content: "more", tool_name: "now" },
    ],
  });
  assert.deepEqual(messages, [
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: "",
      reasoning: "Hm",
      toolCalls: [
        { id: "call_0", name: "get_weather", arguments: '{"city":"Paris"}' },
        { id: "call_1", name: "now", arguments: "{}" },
        { id: "x", name: "get_weather", arguments: "{}" },
      ],
    },
    { role: "tool", content: "10 am", name: "now", toolCallId: "call_1" },
    { role: "tool", content: "rain", name: "get_weather", toolCallId: "x" },
    { role: "tool", content: "sunny", name: "get_weather", toolCallId: "call_0" },
    { role: "tool", content: "more", name: "now" },
  ]);
});

Deno.test("Ollama says how is thought, and refuses to where a model cannot", async () => {
  const cases: [unknown, object | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    [true, { enabled: true }],
    [false, { enabled: false }],
    ["high", { enabled: true, effort: "high" }],
  ];
  for (const [think, reasoning] of cases) {
    assert.deepEqual((await promptOf({ think })).reasoning, reasoning);
    const engine = new ThinkingEngine();
    await post(appOver(engine), { prompt: "Hi", stream: false, think }, "/api/generate");
    const prompt = engine.calls[0]?.input.prompt;
    assert.deepEqual(prompt?.kind === "chat" && prompt.reasoning, reasoning);
  }
  const refused = await chat({ think: "low" }, new FakeEngine());
  assert.equal(refused.status, 400);
  assert.match(
    OllamaError.parse(await refused.json()).error,
    /^Invalid "think": "fake-model" has a chat template that/,
  );
});

Deno.test("Ollama holds answers to formats, with and without a template", async () => {
  const formats: [unknown, boolean][] = [["json", true], [{ type: "object" }, true], ["", false], [null, false]];
  for (const [format, isHeld] of formats) {
    for (const body of [{}, { raw: true }, { suffix: "end" }]) {
      const engine = new FakeEngine();
      const response = await post(appOver(engine), { prompt: "Hi", stream: false, format, ...body }, "/api/generate");
      assert.equal(response.status, 200, await response.text());
      assert.equal(engine.calls[0]?.input.grammar !== undefined, isHeld);
    }
    const engine = new FakeEngine();
    await chat({ format }, engine);
    assert.equal(engine.calls[0]?.input.grammar !== undefined, isHeld);
  }
});

Deno.test("Ollama names what of a schema is not held, and what came of checking it", async () => {
  const format = {
    type: "object",
    properties: { city: { type: "array", items: { type: "string" }, uniqueItems: true } },
  };
  const engine = (): FakeEngine => new FakeEngine(answer(['{"city":', '["a","a"]}']));
  const whole = await chat({ format }, engine());
  assert.match(whole.headers.get("x-relaxed") ?? "", /^format#\/properties\/city: uniqueItems \(/);
  assert.match(whole.headers.get("x-validation") ?? "", /^failed: /);
  const streamed = await chat({ format, stream: true }, engine());
  assert.equal(streamed.headers.get("x-relaxed"), whole.headers.get("x-relaxed"));
  const lines = await linesOf(streamed);
  assert.deepEqual(lines.map(({ validation }) => validation), [
    undefined,
    undefined,
    whole.headers.get("x-validation"),
  ]);
});

Deno.test("Ollama answers with thoughts and calls", async () => {
  const pieces: Piece[] = [{ think: "H" }, { think: "m" }, { say: "I look." }, CALL];
  const whole = ChatAnswer.strict().parse(await (await chat({ tools: [TOOL] }, new FakeEngine(parts(pieces)))).json());
  assert.deepEqual([whole.message, whole.done_reason], [
    { role: "assistant", content: "I look.", thinking: "Hm", tool_calls: [CALLED] },
    "stop",
  ]);
  const lines = await linesOf(await chat({ tools: [TOOL], stream: true }, new FakeEngine(parts(pieces))));
  assert.deepEqual(lines.map(({ message }) => message), [
    { role: "assistant", content: "", thinking: "H" },
    { role: "assistant", content: "", thinking: "m" },
    { role: "assistant", content: "I look." },
    { role: "assistant", content: "", tool_calls: [CALLED] },
    { role: "assistant", content: "" },
  ]);
  assert.deepEqual(lines.map(({ done }) => done), [false, false, false, false, true]);
  const generated = await post(
    appOver(new FakeEngine(parts([{ think: "Hm" }, { say: "a" }]))),
    { prompt: "Hi", stream: false },
    "/api/generate",
  );
  const { response, thinking } = GenerateAnswer.strict().parse(await generated.json());
  assert.deepEqual([response, thinking], ["a", "Hm"]);
});

Deno.test("Ollama gives a call that was cut off as text", async () => {
  const pieces: Piece[] = [CALL, { call: "get_weather", id: "call_2", args: ['{"ci'] }];
  const whole = ChatAnswer.parse(await (await chat({ tools: [TOOL] }, new FakeEngine(parts(pieces, "length")))).json());
  assert.deepEqual([whole.message, whole.done_reason], [
    { role: "assistant", content: '{"ci', tool_calls: [CALLED] },
    "length",
  ]);
});

Deno.test("Ollama's SDK has the same of a stream and of a whole answer, whatever is in it", async () => {
  const ask = async (pieces: Piece[], finishReason: FinishReason, logprobs: boolean): Promise<void> => {
    const client = clientOver(new FakeEngine(parts(pieces, finishReason)));
    const params = { model: "any", messages: MESSAGES, tools: [TOOL], logprobs };
    const whole = await client.chat(params);
    const said = { content: "", thinking: "", calls: [] as unknown[], logprobs: [] as unknown[] };
    let reason = "";
    for await (const { message, done_reason, logprobs } of await client.chat({ ...params, stream: true })) {
      said.content += message.content;
      said.thinking += message.thinking ?? "";
      said.calls.push(...message.tool_calls ?? []);
      said.logprobs.push(...logprobs ?? []);
      reason = done_reason;
    }
    const { message } = whole;
    assert.deepEqual(said, {
      content: message.content,
      thinking: message.thinking ?? "",
      calls: message.tool_calls ?? [],
      logprobs: whole.logprobs ?? [],
    });
    assert.equal(reason, whole.done_reason);
  };
  await fc.assert(
    fc.asyncProperty(
      anyPieces(),
      fc.boolean(),
      ({ pieces, finishReason }, logprobs) => ask(pieces, finishReason, logprobs),
    ),
    { numRuns: 150 },
  );
});

Deno.test("Ollama shows whether a model thinks", async () => {
  const response = await post(appOver(new ThinkingEngine()), {}, "/api/show");
  const { capabilities } = ShowAnswer.strict().parse(await response.json());
  assert.deepEqual(capabilities, ["completion", "insert", "tools", "thinking"]);
});
