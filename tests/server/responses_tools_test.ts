import assert from "node:assert/strict";
import fc from "fast-check";
import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import * as z from "zod";
import type { FinishReason, Prompt } from "../../lib/engine/mod.ts";
import { toTurns } from "../../server/routes/responses/to_turns.ts";
import { ErrorBody } from "../../server/schemas/mod.ts";
import { ItemList, ResponseEvent, ResponseObject } from "../../server/schemas/responses/mod.ts";
import { answer, FakeEngine } from "./fake_engine.ts";
import { anyPieces, parts, type Piece } from "./part_script.ts";
import { post } from "./requests.ts";
import { namedEvents, respond, responsesOver } from "./responses_app.ts";

const PATH = "/v1/responses";
const PARAMETERS = { type: "object", properties: { city: { type: "string" } } };
const TOOL = { type: "function", name: "get_weather", description: "The weather", parameters: PARAMETERS } as const;
/** What no grammar holds, and a call that is not of it. */
const UNHELD = {
  type: "object",
  properties: { city: { type: "array", items: { type: "string" }, uniqueItems: true } },
};
const UNFIT: Piece = { call: "get_weather", id: "call_1", args: ['{"city":["a","a"]}'] };
const CALL: Piece = { call: "get_weather", id: "call_1", args: ['{"city"', ':"Paris"}'] };
const THOUGHTFUL: Piece[] = [{ think: "H" }, { think: "m" }, { say: "I look." }, CALL];

function clientOver(engine: FakeEngine): OpenAI {
  const app = responsesOver(engine);
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> =>
    await app.request(new Request(input, init));
  return new OpenAI({ baseURL: "http://packllama.test/v1", apiKey: "none", maxRetries: 0, fetch });
}

async function promptOf(change: object): Promise<Extract<Prompt, { kind: "chat" }>> {
  const engine = new FakeEngine();
  await respond(responsesOver(engine), { input: "Weather?", ...change });
  const prompt = engine.calls[0]?.input.prompt;
  assert.ok(prompt?.kind === "chat");
  return prompt;
}

Deno.test("response hands tools and the choice among them to the engine, and repeats both", async () => {
  const other = { type: "function", name: "other", parameters: null, strict: true };
  const allowed = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "other" }] };
  const cases: [object, object][] = [
    [{}, { choice: { mode: "auto" } }],
    [{ tool_choice: "required", parallel_tool_calls: false }, { choice: { mode: "required" }, parallel: false }],
    [{ tool_choice: "none" }, { choice: { mode: "none" } }],
    [{ tool_choice: { type: "function", name: "other" } }, {
      choice: { mode: "required", names: ["other"] },
      parallel: false,
    }],
    [{ tool_choice: allowed }, { choice: { mode: "required", names: ["other"] }, parallel: false }],
    [{ tool_choice: { ...allowed, mode: "auto" } }, { choice: { mode: "auto", names: ["other"] } }],
  ];
  for (const [change, expected] of cases) {
    const engine = new FakeEngine();
    const body = await respond(responsesOver(engine), { input: "Hi", tools: [TOOL, other], ...change });
    const response = ResponseObject.parse(body);
    assert.deepEqual(response.tools, [{ ...TOOL, strict: null }, { ...other, description: null }]);
    assert.deepEqual(response.tool_choice, "tool_choice" in change ? change.tool_choice : "auto");
    const prompt = engine.calls[0]?.input.prompt;
    assert.ok(prompt?.kind === "chat" && prompt.tools !== undefined);
    const { tools, ...use } = prompt.tools;
    assert.deepEqual(use, expected);
    assert.deepEqual(tools.map(({ grammar: _, ...tool }) => tool), [
      { name: "get_weather", description: "The weather", parameters: PARAMETERS },
      { name: "other" },
    ]);
  }
});

Deno.test("response hands calls, results and thoughts to the engine within the messages that they belong to", async () => {
  const { messages } = await promptOf({
    input: [
      { role: "user", content: "Weather?" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [],
        content: [{ type: "reasoning_text", text: "Hm" }],
        encrypted_content: null,
      },
      { role: "assistant", content: "I look." },
      {
        type: "function_call",
        id: "fc_1",
        call_id: "a",
        name: "get_weather",
        arguments: '{"city":"Paris"}',
        status: "completed",
      },
      { type: "function_call", call_id: "b", name: "now", arguments: "" },
      {
        type: "function_call_output",
        call_id: "b",
        output: [{ type: "input_text", text: "10" }, { type: "input_text", text: "am" }],
      },
      { type: "function_call_output", call_id: "a", output: "sunny" },
      { type: "reasoning", summary: [{ type: "summary_text", text: "short" }] },
      { type: "function_call", call_id: "c", name: "now", arguments: "{}" },
      { type: "function_call_output", call_id: "unknown", output: "" },
      { role: "assistant", content: "one" },
      { role: "assistant", content: "two" },
      { type: "reasoning", summary: [], content: [] },
      { role: "user", content: "Well?" },
      { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "alone" }] },
    ],
  });
  const call = (id: string, name: string, args = "{}"): object => ({ id, name, arguments: args });
  assert.deepEqual(messages, [
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning: "Hm",
      toolCalls: [call("a", "get_weather", '{"city":"Paris"}'), call("b", "now")],
    },
    { role: "tool", content: "10\nam", name: "now", toolCallId: "b" },
    { role: "tool", content: "sunny", name: "get_weather", toolCallId: "a" },
    { role: "assistant", content: "", reasoning: "short", toolCalls: [call("c", "now")] },
    { role: "tool", content: "", toolCallId: "unknown" },
    { role: "assistant", content: "one" },
    { role: "assistant", content: "two" },
    { role: "user", content: "Well?" },
    { role: "assistant", content: "", reasoning: "alone" },
  ]);
});

Deno.test("response says how is thought, and repeats it", async () => {
  const cases: [string | null, object | undefined][] = [
    [null, undefined],
    ["none", { enabled: false }],
    ["minimal", { effort: "minimal" }],
    ["high", { effort: "high" }],
  ];
  for (const [effort, reasoning] of cases) {
    assert.deepEqual((await promptOf({ reasoning: { effort } })).reasoning, reasoning);
    const body = await respond(responsesOver(new FakeEngine()), { input: "Hi", reasoning: { effort } });
    assert.deepEqual(body.reasoning, { effort, summary: null });
  }
});

Deno.test("response holds an answer to a format, and repeats it", async () => {
  const schema = { type: "json_schema", name: "n", schema: { type: "object" }, strict: true };
  for (
    const [format, isHeld] of [[{ type: "text" }, false], [{ type: "json_object" }, true], [schema, true]] as const
  ) {
    const engine = new FakeEngine();
    const body = await respond(responsesOver(engine), { input: "Hi", text: { format } });
    assert.deepEqual(body.text, { format, verbosity: "medium" });
    assert.equal(engine.calls[0]?.input.grammar !== undefined, isHeld);
  }
});

Deno.test("response refuses what a strict schema cannot be held to, and names it where it is not strict", async () => {
  const cases: [(strict: boolean) => object, string][] = [
    [(strict) => ({ tools: [{ ...TOOL, parameters: UNHELD, strict }] }), "tools.0.parameters"],
    [
      (strict) => ({ text: { format: { type: "json_schema", name: "n", schema: UNHELD, strict } } }),
      "text.format.schema",
    ],
  ];
  for (const [change, param] of cases) {
    const app = responsesOver(new FakeEngine(answer(['{"city":"Paris"}'])));
    const refused = await post(app, { input: "Hi", ...change(true) }, PATH);
    assert.deepEqual([refused.status, ErrorBody.parse(await refused.json()).error.param], [400, param]);
    const relaxed = await post(app, { input: "Hi", ...change(false) }, PATH);
    assert.equal(relaxed.status, 200);
    assert.ok(relaxed.headers.get("x-relaxed")?.startsWith(`${param}#/properties/city: uniqueItems (`));
  }
});

Deno.test("response answers with items for thoughts, texts and calls", async () => {
  const body = await respond(responsesOver(new FakeEngine(parts(THOUGHTFUL))), { input: "Hi", tools: [TOOL] });
  const { output, status } = ResponseObject.parse(body);
  assert.deepEqual(output, body.output);
  assert.equal(status, "completed");
  const [thought, message, call] = output;
  assert.match(thought?.id ?? "", /^rs_[0-9a-f]{32}$/);
  assert.match(call?.id ?? "", /^fc_[0-9a-f]{32}$/);
  assert.deepEqual(output, [
    {
      id: thought?.id,
      type: "reasoning",
      summary: [],
      content: [{ type: "reasoning_text", text: "Hm" }],
      encrypted_content: null,
      status: "completed",
    },
    {
      id: message?.id,
      type: "message",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "I look.", annotations: [], logprobs: [] }],
    },
    {
      id: call?.id,
      type: "function_call",
      call_id: "call_1",
      name: "get_weather",
      arguments: '{"city":"Paris"}',
      status: "completed",
    },
  ]);
});

Deno.test("response that is cut off in a call is incomplete there alone", async () => {
  const pieces: Piece[] = [{ say: "I look." }, { call: "get_weather", id: "call_1", args: ['{"ci'] }];
  const body = await respond(responsesOver(new FakeEngine(parts(pieces, "length"))), { input: "Hi", tools: [TOOL] });
  const { output, status, incomplete_details } = ResponseObject.parse(body);
  assert.deepEqual([status, incomplete_details], ["incomplete", { reason: "max_output_tokens" }]);
  assert.deepEqual(output.map((item) => item.status), ["completed", "incomplete"]);
  assert.ok(output[1]?.type === "function_call" && output[1].arguments === '{"ci');
});

Deno.test("response stream has OpenAI's events for each item, in their order", async () => {
  const app = responsesOver(new FakeEngine(parts([...THOUGHTFUL, { call: "now", id: "call_2", args: [] }])));
  const response = await post(app, { input: "Hi", tools: [TOOL], stream: true }, PATH);
  const events = namedEvents(await response.text()).map(({ name, data }, index) => {
    const event = ResponseEvent.parse(data);
    assert.deepEqual([event.type, event.sequence_number], [name, index]);
    assert.deepEqual(event, data);
    const { sequence_number: _, ...body } = event;
    return body;
  });
  const end = events.at(-1);
  assert.ok(end?.type === "response.completed");
  const [thought, message, call, now] = end.response.output;
  const at = (output_index: number): object => ({ item_id: end.response.output[output_index]?.id, output_index });
  const in0 = (output_index: number): object => ({ ...at(output_index), content_index: 0 });
  const added = (output_index: number, item: object): object => ({
    type: "response.output_item.added",
    output_index,
    item,
  });
  const done = (output_index: number): object => ({
    type: "response.output_item.done",
    output_index,
    item: end.response.output[output_index],
  });
  const text = (text: string): object => ({ type: "output_text", text, annotations: [], logprobs: [] });
  const reasoning = (text: string): object => ({ type: "reasoning_text", text });
  assert.deepEqual(events.slice(2, -1), [
    added(0, { ...thought, content: [], status: "in_progress" }),
    { type: "response.content_part.added", ...in0(0), part: reasoning("") },
    { type: "response.reasoning_text.delta", ...in0(0), delta: "H" },
    { type: "response.reasoning_text.delta", ...in0(0), delta: "m" },
    { type: "response.reasoning_text.done", ...in0(0), text: "Hm" },
    { type: "response.content_part.done", ...in0(0), part: reasoning("Hm") },
    done(0),
    added(1, { ...message, content: [], status: "in_progress" }),
    { type: "response.content_part.added", ...in0(1), part: text("") },
    { type: "response.output_text.delta", ...in0(1), delta: "I look.", logprobs: [] },
    { type: "response.output_text.done", ...in0(1), text: "I look.", logprobs: [] },
    { type: "response.content_part.done", ...in0(1), part: text("I look.") },
    done(1),
    added(2, { ...call, arguments: "", status: "in_progress" }),
    { type: "response.function_call_arguments.delta", ...at(2), delta: '{"city"' },
    { type: "response.function_call_arguments.delta", ...at(2), delta: ':"Paris"}' },
    { type: "response.function_call_arguments.done", ...at(2), name: "get_weather", arguments: '{"city":"Paris"}' },
    done(2),
    added(3, { ...now, arguments: "", status: "in_progress" }),
    { type: "response.function_call_arguments.done", ...at(3), name: "now", arguments: "" },
    done(3),
  ]);
});

Deno.test("response tells in its last event what came of checking what was not held", async () => {
  const request = { input: "Hi", tools: [{ ...TOOL, parameters: UNHELD }] };
  const ask = (stream: boolean): Promise<Response> =>
    post(responsesOver(new FakeEngine(parts([UNFIT]))), { ...request, stream }, PATH);
  const whole = await ask(false);
  assert.match(whole.headers.get("x-validation") ?? "", /^failed: /);
  assert.match(whole.headers.get("x-relaxed") ?? "", /^tools\.0\.parameters#\/properties\/city: uniqueItems \(/);
  const streamed = await ask(true);
  assert.equal(streamed.headers.get("x-relaxed"), whole.headers.get("x-relaxed"));
  const end = namedEvents(await streamed.text()).at(-1);
  assert.equal(end?.data.validation, whole.headers.get("x-validation"));
});

Deno.test("response goes on from items of every kind, and lists them", async () => {
  const engine = new FakeEngine(parts(THOUGHTFUL));
  const app = responsesOver(engine);
  const first = await respond(app, { input: "Weather?", tools: [TOOL] });
  const output = { type: "function_call_output", call_id: "call_1", output: "sunny" };
  const second = await respond(app, { input: [output], previous_response_id: first.id, tools: [TOOL] });
  const prompt = engine.calls[1]?.input.prompt;
  assert.ok(prompt?.kind === "chat");
  assert.deepEqual(prompt.messages, [
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning: "Hm",
      toolCalls: [{ id: "call_1", name: "get_weather", arguments: '{"city":"Paris"}' }],
    },
    { role: "tool", content: "sunny", name: "get_weather", toolCallId: "call_1" },
  ]);
  const listed = await (await app.request(`${PATH}/${second.id}/input_items?order=asc`)).json();
  const { data } = ItemList.parse(listed);
  assert.deepEqual(data, listed.data);
  assert.deepEqual(data.map(({ type }) => type), [
    "message",
    "reasoning",
    "message",
    "function_call",
    "function_call_output",
  ]);
  assert.equal(new Set(data.map(({ id }) => id)).size, 5);
});

Deno.test("openai SDK has the same of a stream and of a whole response, whatever is in it", async () => {
  const ask = async (pieces: Piece[], finishReason: FinishReason): Promise<void> => {
    const client = clientOver(new FakeEngine(parts(pieces, finishReason)));
    const params = { model: "any", input: "Hi", tools: [{ ...TOOL, strict: null }] };
    const whole = await client.responses.create(params);
    const streamed = await client.responses.stream(params).finalResponse();
    const plain = ({ output, status, output_text }: OpenAI.Responses.Response): unknown => ({
      status,
      output_text,
      output: output.map(({ id: _, ...item }) => item),
    });
    // The helper adds what it parsed.
    assert.deepEqual(withoutParsed(plain(streamed)), plain(whole));
  };
  await fc.assert(fc.asyncProperty(anyPieces(), ({ pieces, finishReason }) => ask(pieces, finishReason)), {
    numRuns: 150,
  });
});

Deno.test("openai SDK parses calls and formats of zod schemas", async () => {
  const Weather = z.object({ city: z.string() });
  const tools = [zodResponsesFunction({ name: "get_weather", parameters: Weather })];
  const calling = clientOver(new FakeEngine(parts(THOUGHTFUL)));
  const { output } = await calling.responses.parse({ model: "any", input: "Hi", tools });
  const call = output.find((item) => item.type === "function_call");
  assert.deepEqual(call?.parsed_arguments, { city: "Paris" });
  const saying = clientOver(new FakeEngine(answer(['{"city":', '"Paris"}'])));
  const params = { model: "any", input: "Hi", text: { format: zodTextFormat(Weather, "weather") } };
  assert.deepEqual((await saying.responses.parse(params)).output_parsed, { city: "Paris" });
  assert.deepEqual((await saying.responses.stream(params).finalResponse()).output_parsed, { city: "Paris" });
});

Deno.test("openai SDK sends items back with the results of calls", async () => {
  const engine = new FakeEngine(parts(THOUGHTFUL));
  const client = clientOver(engine);
  const params = { model: "any", tools: [{ ...TOOL, strict: null }], store: false };
  const { output } = await client.responses.create({ ...params, input: "Weather?" });
  await client.responses.create({
    ...params,
    input: [
      { role: "user", content: "Weather?" },
      ...output as OpenAI.Responses.ResponseInputItem[],
      { type: "function_call_output", call_id: "call_1", output: "sunny" },
    ],
  });
  const prompt = engine.calls[1]?.input.prompt;
  assert.ok(prompt?.kind === "chat");
  assert.deepEqual(prompt.messages.map(({ role, reasoning, toolCalls }) => [role, reasoning, toolCalls?.length]), [
    ["user", undefined, undefined],
    ["assistant", "Hm", 1],
    ["tool", undefined, undefined],
  ]);
});

function withoutParsed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => key.startsWith("parsed") ? undefined : inner));
}

Deno.test("a conversation goes on from a call that was cut off, with what of its arguments is whole", () => {
  const call = {
    id: "fc_1",
    type: "function_call",
    call_id: "a",
    name: "now",
    arguments: '{"zone":"utc","da',
  } as const;
  const argumentsOf = (status: "completed" | "incomplete"): string | undefined => {
    const [turn] = toTurns([{ ...call, status }]);
    return turn?.role === "assistant" ? turn.tool_calls?.[0]?.function.arguments : undefined;
  };
  assert.equal(argumentsOf("incomplete"), '{"zone":"utc"}');
  assert.equal(argumentsOf("completed"), call.arguments);
});
