import assert from "node:assert/strict";
import { EngineError } from "../../lib/errors.ts";
import type { GenerateEvent, GenerateInput, ToolUse } from "../../lib/engine/mod.ts";
import { ChatCompletion, ChatCompletionChunk, ErrorBody } from "../../server/schemas/mod.ts";
import { answer, answerParts, failAfter, FakeEngine, type FakePart } from "./fake_engine.ts";
import { appOver, eventData, MESSAGES, post } from "./requests.ts";

const PARAMETERS = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const TOOLS = [
  { type: "function", function: { name: "weather", description: "In a city", parameters: PARAMETERS } },
  { type: "function", function: { name: "now" } },
];
const CALLING: FakePart[] = [
  { reasoning: "Hm" },
  { reasoning: "m" },
  { call: "weather", arguments: ['{"city":', '"Paris"}'] },
  { call: "now", arguments: ["{}"] },
];
const ASKED = { messages: MESSAGES, tools: TOOLS };

async function inputOf(body: object): Promise<GenerateInput> {
  const engine = new FakeEngine();
  const response = await post(appOver(engine), { messages: MESSAGES, ...body });
  assert.equal(response.status, 200, await response.text());
  return engine.calls[0]?.input ?? assert.fail("nothing was asked");
}

async function toolsOf(body: object): Promise<ToolUse | undefined> {
  const { prompt } = await inputOf(body);
  assert.ok(prompt.kind === "chat");
  return prompt.tools;
}

async function paramOf(body: object): Promise<string | null> {
  const engine = new FakeEngine();
  const response = await post(appOver(engine), { messages: MESSAGES, ...body });
  const text = await response.text();
  assert.equal(response.status, 400, `${JSON.stringify(body)}: ${text}`);
  assert.equal(engine.calls.length, 0);
  return ErrorBody.strict().parse(JSON.parse(text)).error.param;
}

async function chunksOf(engine: FakeEngine, body: object): Promise<ChatCompletionChunk[]> {
  const text = await (await post(appOver(engine), { messages: MESSAGES, stream: true, ...body })).text();
  const data = eventData(text);
  assert.equal(data.pop(), "[DONE]", text);
  return data.map((each) => ChatCompletionChunk.strict().parse(JSON.parse(each)));
}

Deno.test("chat completion tells calls and thoughts apart from what is said", async () => {
  const response = await post(appOver(new FakeEngine(answerParts(CALLING))), ASKED);
  const { choices: [choice] } = ChatCompletion.strict().parse(await response.json());
  assert.deepEqual(choice, {
    index: 0,
    message: {
      role: "assistant",
      content: null,
      refusal: null,
      reasoning_content: "Hmm",
      tool_calls: [
        { id: "call_0", type: "function", function: { name: "weather", arguments: '{"city":"Paris"}' } },
        { id: "call_1", type: "function", function: { name: "now", arguments: "{}" } },
      ],
    },
    logprobs: null,
    finish_reason: "tool_calls",
  });
});

Deno.test("chat completion has content beside calls where there is some, and an empty one where there is nothing at all", async () => {
  const said = await post(appOver(new FakeEngine(answerParts(["Let me see. ", ...CALLING]))), ASKED);
  assert.equal((await said.json()).choices[0].message.content, "Let me see. ");
  const nothing = await post(appOver(new FakeEngine(answerParts([]))), ASKED);
  assert.equal((await nothing.json()).choices[0].message.content, "");
});

Deno.test("chat completion streams thoughts and calls as OpenAI does: a call's head first, then its arguments", async () => {
  const chunks = await chunksOf(new FakeEngine(answerParts(CALLING)), { tools: TOOLS });
  assert.deepEqual(chunks.map(({ choices: [choice] }) => choice?.delta), [
    { role: "assistant", content: null },
    { reasoning_content: "Hm" },
    { reasoning_content: "m" },
    { tool_calls: [{ index: 0, id: "call_0", type: "function", function: { name: "weather", arguments: "" } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '"Paris"}' } }] },
    { tool_calls: [{ index: 1, id: "call_1", type: "function", function: { name: "now", arguments: "" } }] },
    { tool_calls: [{ index: 1, function: { arguments: "{}" } }] },
    {},
  ]);
  assert.deepEqual(chunks.map(({ choices: [choice] }) => choice?.finish_reason), [
    ...Array(8).fill(null),
    "tool_calls",
  ]);
});

Deno.test("chat completion streams calls with log-probabilities, several choices and usage", async () => {
  const body = {
    tools: TOOLS,
    n: 2,
    logprobs: true,
    top_logprobs: 1,
    stream_options: { include_usage: true },
  };
  const chunks = await chunksOf(new FakeEngine(answerParts(CALLING)), body);
  for (const index of [0, 1]) {
    const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
    const calls = own.flatMap(({ delta }) => delta.tool_calls ?? []);
    assert.deepEqual(calls.map((call) => call.index), [0, 0, 0, 1, 1]);
    const tokens = own.flatMap(({ logprobs }) => logprobs?.content.map(({ token }) => token) ?? []);
    assert.deepEqual(tokens, ["Hm", "m", "weather", '{"city":', '"Paris"}', "now", "{}"]);
    assert.equal(own.at(-1)?.finish_reason, "tool_calls");
  }
  assert.equal(chunks.at(-1)?.usage?.total_tokens, 13);
  assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
  const whole = await post(appOver(new FakeEngine(answerParts(CALLING))), { ...ASKED, n: 2, logprobs: true });
  const { choices } = ChatCompletion.strict().parse(await whole.json());
  assert.deepEqual(choices.map(({ message }) => message.tool_calls?.length), [2, 2]);
  assert.deepEqual(choices.map(({ logprobs }) => logprobs?.content.length), [7, 7]);
});

Deno.test("functions, tools' older form, are answered in the older form", async () => {
  const body = { messages: MESSAGES, functions: [TOOLS[0]?.function], function_call: { name: "weather" } };
  const engine = new FakeEngine(answerParts([{ call: "weather", arguments: ['{"city":', '"Paris"}'] }]));
  const { choices: [choice] } = ChatCompletion.strict().parse(await (await post(appOver(engine), body)).json());
  assert.deepEqual(choice?.message, {
    role: "assistant",
    content: null,
    refusal: null,
    function_call: { name: "weather", arguments: '{"city":"Paris"}' },
  });
  assert.equal(choice?.finish_reason, "function_call");
  const { prompt } = engine.calls[0]?.input ?? assert.fail();
  assert.ok(prompt.kind === "chat");
  assert.deepEqual([prompt.tools?.choice, prompt.tools?.parallel], [{ mode: "required", names: ["weather"] }, false]);
  const chunks = await chunksOf(engine, body);
  assert.deepEqual(chunks.slice(1).map(({ choices: [choice] }) => choice?.delta.function_call), [
    { name: "weather", arguments: "" },
    { arguments: '{"city":' },
    { arguments: '"Paris"}' },
    undefined,
  ]);
  assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "function_call");
});

Deno.test("tools reach the engine with their grammars, and the choice among them", async () => {
  const tools = await toolsOf({ tools: TOOLS });
  assert.deepEqual(tools?.tools.map(({ grammar: _grammar, ...rest }) => rest), [
    { name: "weather", description: "In a city", parameters: PARAMETERS },
    { name: "now" },
  ]);
  assert.ok(tools.tools.every(({ grammar }) => "root" in grammar.rules));
  assert.equal(await toolsOf({ tools: [] }), undefined);
  const named = { type: "function", function: { name: "now" } };
  const allowed = (mode: string, ...names: string[]): object => ({
    tool_choice: {
      type: "allowed_tools",
      allowed_tools: { mode, tools: names.map((name) => ({ type: "function", function: { name } })) },
    },
  });
  const cases: [object, ToolUse["choice"], boolean | undefined][] = [
    [{}, { mode: "auto" }, undefined],
    [{ tool_choice: "auto", parallel_tool_calls: false }, { mode: "auto" }, false],
    [{ tool_choice: "required", parallel_tool_calls: true }, { mode: "required" }, true],
    [{ tool_choice: "required" }, { mode: "required" }, undefined],
    [{ tool_choice: "none" }, { mode: "none" }, undefined],
    [{ parse_tool_calls: false }, { mode: "none" }, undefined],
    [{ tool_choice: named }, { mode: "required", names: ["now"] }, false],
    [{ tool_choice: named, parallel_tool_calls: true }, { mode: "required", names: ["now"] }, true],
    [allowed("auto", "now"), { mode: "auto", names: ["now"] }, undefined],
    [allowed("required", "now", "weather"), { mode: "required", names: ["now", "weather"] }, undefined],
  ];
  for (const [body, choice, parallel] of cases) {
    const found = await toolsOf({ tools: TOOLS, ...body });
    assert.deepEqual([found?.choice, found?.parallel], [choice, parallel], JSON.stringify(body));
  }
});

Deno.test("tools and a format go together: what is said has a grammar of its own", async () => {
  const input = await inputOf({ tools: TOOLS, response_format: { type: "json_object" } });
  assert.ok(input.grammar !== undefined && "root" in input.grammar.rules);
  assert.ok(input.prompt.kind === "chat" && input.prompt.tools?.tools.length === 2);
});

Deno.test("what is wrong with tools and their choice is refused by name", async () => {
  const named = (name: string): object => ({ type: "function", function: { name } });
  const tool = (given: object): object => ({ tools: [{ type: "function", function: { name: "f", ...given } }] });
  const cases: [object, string][] = [
    [{ tools: [{ type: "custom", custom: { name: "x" } }] }, "tools.0.type"],
    [{ tools: [{ type: "function" }] }, "tools.0.function"],
    [tool({ name: "" }), "tools.0.function.name"],
    [tool({ name: 'a"b' }), "tools.0.function.name"],
    [tool({ parameters: "x" }), "tools.0.function.parameters"],
    [tool({ parameters: { type: "nothing" } }), "tools.0.function.parameters"],
    [tool({ strict: 1 }), "tools.0.function.strict"],
    [{ tools: [named("a"), named("a")] }, "tools.1.function.name"],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tools: TOOLS, tool_choice: "sometimes" }, "tool_choice"],
    [{ tools: TOOLS, tool_choice: named("x") }, "tool_choice.function.name"],
    [{ tools: TOOLS, tool_choice: { type: "custom", custom: { name: "x" } } }, "tool_choice.type"],
    [
      { tools: TOOLS, tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [named("x")] } } },
      "tool_choice.allowed_tools.tools",
    ],
    [{ tools: TOOLS, functions: [{ name: "f" }] }, "functions"],
    [{ functions: [{ name: "f" }], function_call: { name: "g" } }, "function_call.name"],
    [{ function_call: { name: "g" } }, "function_call"],
    [{ tools: TOOLS, tool_choice: "auto", function_call: "auto" }, "function_call"],
    [{ tools: TOOLS, tool_choice: "required", parse_tool_calls: false }, "parse_tool_calls"],
    [{ response_format: { type: "json_object" }, regex: "a" }, "regex"],
    [{ grammar: 'root ::= "a"', choice: ["a"] }, "choice"],
  ];
  for (const [body, param] of cases) assert.equal(await paramOf(body), param, JSON.stringify(body));
});

Deno.test("calls, their results and thoughts of earlier messages reach the engine", async () => {
  const call = { name: "weather", arguments: '{"city":"Paris"}' };
  const { prompt } = await inputOf({
    messages: [
      { role: "user", content: "Hi" },
      {
        role: "assistant",
        content: null,
        reasoning_content: "Hmm",
        tool_calls: [{ id: "a", type: "function", function: call }, {
          id: "b",
          function: { name: "now", arguments: " " },
        }],
      },
      { role: "tool", tool_call_id: "a", name: "weather", content: [{ type: "text", text: "18" }] },
      { role: "assistant", content: "", function_call: call },
      { role: "function", name: "weather", content: "19" },
    ],
  });
  assert.ok(prompt.kind === "chat");
  assert.deepEqual(prompt.messages, [
    { role: "user", content: "Hi" },
    {
      role: "assistant",
      content: "",
      reasoning: "Hmm",
      toolCalls: [{ id: "a", ...call }, { id: "b", name: "now", arguments: "{}" }],
    },
    { role: "tool", content: "18", name: "weather", toolCallId: "a" },
    { role: "assistant", content: "", toolCalls: [{ id: "call_3", ...call }] },
    { role: "tool", content: "19", name: "weather", toolCallId: "call_3" },
  ]);
  for (const text of ["{", "[]", "5", '"x"', "null"]) {
    const messages = [{ role: "assistant", tool_calls: [{ id: "a", function: { name: "f", arguments: text } }] }];
    assert.equal(await paramOf({ messages }), "messages.0.tool_calls.0.function.arguments");
  }
});

Deno.test("a schema that is not held in full is named, and the answer checked, whole and streamed", async () => {
  const odd = { type: "object", properties: { a: { type: "string", pattern: "(.)\\1" } }, required: ["a"] };
  const format = { type: "json_schema", json_schema: { name: "x", schema: odd } };
  const relaxed = /^response_format\.json_schema\.schema#\/properties\/a: pattern \(.+\)$/;
  const cases: [string, RegExp][] = [
    ['{"a":"y"}', /^passed; unchecked: response_format\.json_schema\.schema#\/properties\/a\/pattern$/],
    ['{"b":1}', /^failed: choices\.0\.content#: required; unchecked/],
    ['{"a":', /^failed: choices\.0\.content#: no JSON/],
  ];
  for (const [text, outcome] of cases) {
    const app = appOver(new FakeEngine(answer([text])));
    const whole = await post(app, { messages: MESSAGES, response_format: format });
    assert.equal(whole.status, 200);
    assert.match(whole.headers.get("x-relaxed") ?? "", relaxed);
    assert.match(whole.headers.get("x-validation") ?? "", outcome);
    await whole.body?.cancel();
    const stream = await post(app, { messages: MESSAGES, response_format: format, stream: true });
    assert.match(stream.headers.get("x-relaxed") ?? "", relaxed);
    assert.equal(stream.headers.get("x-validation"), null);
    const last = ChatCompletionChunk.strict().parse(JSON.parse(eventData(await stream.text()).at(-2) ?? ""));
    assert.match(last.validation ?? "", outcome);
  }
  const tool = { type: "function", function: { name: "f", parameters: odd } };
  const called = await post(
    appOver(new FakeEngine(answerParts([{ call: "f", arguments: ['{"a":', "1}"] }]))),
    { messages: MESSAGES, tools: [tool] },
  );
  assert.match(called.headers.get("x-relaxed") ?? "", /^tools\.0\.function\.parameters#\/properties\/a: pattern/);
  assert.match(called.headers.get("x-validation") ?? "", /^failed: choices\.0\.tool_calls\.0\.arguments#\/a: type/);
  await called.body?.cancel();
  const strict = { messages: MESSAGES, tools: [{ ...tool, function: { ...tool.function, strict: true } }] };
  assert.equal(await paramOf(strict), "tools.0.function.parameters");
  const refused = await post(appOver(new FakeEngine()), strict);
  assert.match(
    ErrorBody.parse(await refused.json()).error.message,
    /^Tool "f": tools\.0\.function\.parameters at "\/properties\/a": "pattern" can't be held: /,
  );
  const held = await post(appOver(new FakeEngine(answerParts(CALLING))), ASKED);
  assert.deepEqual([held.headers.get("x-relaxed"), held.headers.get("x-validation")], [null, null]);
  await held.body?.cancel();
});

Deno.test("names of what is not held are cut and written in ASCII", async () => {
  const properties = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`größe ${i}\n`, { type: "string", pattern: "(.)\\1" }]),
  );
  const response = await post(appOver(new FakeEngine(answer(["{}"]))), {
    messages: MESSAGES,
    json_schema: { type: "object", properties },
  });
  const relaxed = response.headers.get("x-relaxed") ?? "";
  assert.match(relaxed, /^[\x20-\x7e]+$/);
  assert.ok(relaxed.length <= 2000 && relaxed.includes("gr\\u00f6"), relaxed);
  assert.match(response.headers.get("x-validation") ?? "", /^passed; unchecked: json_schema#.* and \d+ more$/);
  await response.body?.cancel();
});

Deno.test("a failure in the middle of a call ends a stream with the error", async () => {
  const engine = new FakeEngine(async function* (input, signal): AsyncGenerator<GenerateEvent> {
    for await (const event of answerParts(CALLING)(input, signal)) {
      if (event.type === "finish") break;
      yield event;
    }
    yield* failAfter([], new EngineError("overloaded", "full"))(input, signal);
  });
  const text = await (await post(appOver(engine), { ...ASKED, stream: true })).text();
  assert.match(eventData(text).at(-1) ?? "", /"code":"overloaded"/);
});
