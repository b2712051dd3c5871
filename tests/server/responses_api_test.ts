import assert from "node:assert/strict";
import { EngineError } from "../../lib/errors.ts";
import { ErrorBody, Timings } from "../../server/schemas/mod.ts";
import { DeletedResponse, ItemList, type OutputText, ResponseObject } from "../../server/schemas/responses/mod.ts";
import { answer, failAfter, FAKE_MODEL, FakeEngine } from "./fake_engine.ts";
import { post } from "./requests.ts";
import { respond, responsesOver } from "./responses_app.ts";

const PATH = "/v1/responses";

/** The text of a response that is one message. */
function messageOf({ output: [item] }: ResponseObject): OutputText {
  assert.ok(item?.type === "message" && item.content[0] !== undefined);
  return item.content[0];
}

Deno.test("response has OpenAI's shape", async () => {
  const body = await respond(responsesOver(new FakeEngine()), { input: "Hi", model: "whatever" });
  const { timings, ...response } = body;
  assert.equal(Timings.parse(timings).predicted_n, 3);
  const parsed = ResponseObject.parse(response);
  assert.deepEqual(parsed, response);
  const { id, created_at, completed_at, output, ...rest } = parsed;
  assert.match(id, /^resp_[0-9a-f]{32}$/);
  assert.ok(Math.abs(created_at - Date.now() / 1000) < 60);
  assert.ok((completed_at ?? 0) >= created_at);
  assert.match(output[0]?.id ?? "", /^msg_[0-9a-f]{32}$/);
  assert.deepEqual(output, [{
    id: output[0]?.id,
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "Hello!", annotations: [], logprobs: [] }],
  }]);
  assert.deepEqual(rest, {
    object: "response",
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "fake-model",
    usage: {
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 13,
    },
    previous_response_id: null,
    store: true,
    instructions: null,
    max_output_tokens: null,
    temperature: null,
    top_p: null,
    top_logprobs: 0,
    metadata: {},
    user: null,
    safety_identifier: null,
    prompt_cache_key: null,
    parallel_tool_calls: true,
    tool_choice: "auto",
    tools: [],
    max_tool_calls: null,
    text: { format: { type: "text" }, verbosity: "medium" },
    reasoning: { effort: null, summary: null },
    truncation: "disabled",
    background: false,
    service_tier: "default",
    access_programs: null,
  });
});

Deno.test("response that meets its limit is incomplete", async () => {
  const app = responsesOver(new FakeEngine(answer(["a"], { finishReason: "length" })));
  const body = await respond(app, { input: "Hi", max_output_tokens: 1 });
  const { status, incomplete_details, completed_at, output } = ResponseObject.parse(body);
  assert.deepEqual([status, incomplete_details, completed_at], ["incomplete", { reason: "max_output_tokens" }, null]);
  assert.equal(output[0]?.status, "incomplete");
});

Deno.test("response hands its messages to the engine, in every form that they may have", async () => {
  const engine = new FakeEngine();
  await respond(responsesOver(engine), {
    instructions: "Be brief",
    input: [
      { role: "developer", content: "Rhyme" },
      { role: "user", content: [{ type: "input_text", text: "a" }, { type: "input_text", text: "b" }] },
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "c", annotations: [], logprobs: [] }],
      },
      { type: null, role: "user", content: "" },
    ],
  });
  assert.deepEqual(engine.calls[0]?.input.prompt, {
    kind: "chat",
    messages: [
      { role: "system", content: "Be brief" },
      { role: "developer", content: "Rhyme" },
      { role: "user", content: "a\nb", parts: ["a", "b"] },
      { role: "assistant", content: "c" },
      { role: "user", content: "" },
    ],
  });
});

Deno.test("response hands its parameters to the engine and repeats them", async () => {
  const engine = new FakeEngine();
  const said = {
    instructions: "Be brief",
    temperature: 0.5,
    top_p: 0.9,
    max_output_tokens: 7,
    top_logprobs: 2,
    metadata: { a: "b" },
    user: "ann",
    safety_identifier: "s",
    prompt_cache_key: "k",
    parallel_tool_calls: false,
    tool_choice: "none",
    store: false,
  };
  const harmless = {
    include: ["message.output_text.logprobs", "reasoning.encrypted_content"],
    text: { format: { type: "text" }, verbosity: "medium" },
    reasoning: { effort: null, summary: null },
    truncation: "disabled",
    tools: [],
    background: false,
    service_tier: "auto",
    n: 1,
    conversation: null,
    prompt: null,
  };
  const own = {
    top_k: 5,
    seed: 42,
    stop: "END",
    repeat_penalty: 1.1,
    cache_prompt: false,
    lora: [{ id: 0, scale: 1 }],
  };
  const body = ResponseObject.parse(
    await respond(responsesOver(engine), { input: "Hi", ...said, ...harmless, ...own }),
  );
  assert.deepEqual(Object.fromEntries(Object.entries(body).filter(([key]) => key in said)), said);
  assert.deepEqual(engine.calls[0]?.input, {
    prompt: { kind: "chat", messages: [{ role: "system", content: "Be brief" }, { role: "user", content: "Hi" }] },
    sampling: { temperature: 0.5, topP: 0.9, topK: 5, seed: 42, repeatPenalty: 1.1 },
    maxTokens: 7,
    stop: ["END"],
    logprobs: 2,
    stream: false,
    cachePrompt: false,
    lora: [{ id: 0, scale: 1 }],
    client: { user: "ann" },
  });
});

Deno.test("response without parameters uses the server's defaults", async () => {
  const engine = new FakeEngine();
  const options = { defaults: { temperature: 0.3, topP: 0.8 }, maxTokens: 50, systemPrompt: "Be kind" };
  const body = await respond(responsesOver(engine, options), {
    input: "Hi",
    temperature: null,
    safety_identifier: "s",
  });
  assert.deepEqual([body.temperature, body.top_p, body.max_output_tokens], [0.3, 0.8, null]);
  assert.deepEqual(engine.calls[0]?.input, {
    prompt: { kind: "chat", messages: [{ role: "system", content: "Be kind" }, { role: "user", content: "Hi" }] },
    sampling: { temperature: 0.3, topP: 0.8 },
    maxTokens: 50,
    stream: false,
    client: { user: "s" },
  });
});

Deno.test("response gives log-probabilities where they are asked for", async () => {
  const engine = new FakeEngine(answer(["é"]));
  const app = responsesOver(engine);
  const asked = await respond(app, { input: "Hi", include: ["message.output_text.logprobs"], top_logprobs: 1 });
  const token = { token: "é", logprob: -1, bytes: [0xc3, 0xa9] };
  assert.deepEqual(messageOf(ResponseObject.parse(asked)).logprobs, [{ ...token, top_logprobs: [token] }]);
  for (const more of [{ include: ["message.output_text.logprobs"] }, { top_logprobs: 3 }, { top_logprobs: 0 }]) {
    await respond(app, { input: "Hi", ...more });
  }
  assert.deepEqual(engine.calls.map((call) => call.input.logprobs), [1, 0, 3, undefined]);
});

Deno.test("response goes on from the ones before it, without their instructions", async () => {
  const engine = new FakeEngine();
  const app = responsesOver(engine);
  const first = await respond(app, { input: "one", instructions: "Be brief" });
  const second = await respond(app, { input: "two", previous_response_id: first.id });
  const third = await respond(app, {
    input: [{ role: "user", content: "three" }],
    instructions: "Be long",
    previous_response_id: second.id,
  });
  assert.equal(third.previous_response_id, second.id);
  assert.deepEqual(
    engine.calls.map((call) => call.input.prompt),
    [
      [["system", "Be brief"], ["user", "one"]],
      [["user", "one"], ["assistant", "Hello!"], ["user", "two"]],
      [
        ["system", "Be long"],
        ["user", "one"],
        ["assistant", "Hello!"],
        ["user", "two"],
        ["assistant", "Hello!"],
        ["user", "three"],
      ],
    ].map((messages) => ({ kind: "chat", messages: messages.map(([role, content]) => ({ role, content })) })),
  );
});

Deno.test("response goes on from an earlier one also without input, and in two ways from the same", async () => {
  const engine = new FakeEngine();
  const app = responsesOver(engine);
  const { id } = await respond(app, { input: "one" });
  await respond(app, { previous_response_id: id });
  await respond(app, { previous_response_id: id, input: "two" });
  const lengths = engine.calls.map(({ input }) => input.prompt.kind === "chat" ? input.prompt.messages.length : 0);
  assert.deepEqual(lengths, [1, 2, 3]);
});

Deno.test("response cannot go on from one that is unknown, was not stored or was deleted", async () => {
  const app = responsesOver(new FakeEngine());
  const forgotten = await respond(app, { input: "Hi", store: false });
  const deleted = await respond(app, { input: "Hi" });
  const follower = await respond(app, { input: "Hi", previous_response_id: deleted.id });
  await app.request(`${PATH}/${deleted.id}`, { method: "DELETE" });
  const cases = [["resp_x", "resp_x"], [forgotten.id, forgotten.id], [deleted.id, deleted.id], [
    follower.id,
    deleted.id,
  ]];
  for (const [previous_response_id, missing = ""] of cases) {
    for (const path of [PATH, `${PATH}/input_tokens`]) {
      const response = await post(app, { input: "Hi", previous_response_id }, path);
      assert.equal(response.status, 400);
      const { error } = ErrorBody.parse(await response.json());
      assert.deepEqual([error.code, error.param], ["previous_response_not_found", "previous_response_id"]);
      assert.ok(error.message.includes(missing), error.message);
    }
  }
});

Deno.test("response refuses by its name what it cannot hold", async () => {
  const cases: [object, string][] = [
    [{ input: undefined }, "input"],
    [{ input: [] }, "input"],
    [{ input: 5 }, "input"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input.0.type"],
    [{ input: [{ type: "function_call", name: "f", arguments: "{", call_id: "c" }] }, "input.0.arguments"],
    [{ input: [{ type: "function_call", name: "f", arguments: "[]", call_id: "c" }] }, "input.0.arguments"],
    [{ input: [{ type: "function_call", name: "f", arguments: "{}" }] }, "input.0.call_id"],
    [
      { input: [{ type: "function_call_output", call_id: "c", output: [{ type: "input_image" }] }] },
      "input.0.output.0.type",
    ],
    [{ input: [{ type: "reasoning", content: "x" }] }, "input.0.content"],
    [{ input: [{ role: "tool", content: "" }] }, "input.0.role"],
    [{ input: [{ role: "user", content: [] }] }, "input.0.content"],
    [{ input: [{ role: "user", content: [{ type: "input_image", image_url: "x" }] }] }, "input.0.content.0.type"],
    [{ input: [{ role: "user", content: [{ type: "input_file", file_id: "x" }] }] }, "input.0.content.0.type"],
    [{ input: [{ role: "assistant", content: [{ type: "refusal", refusal: "x" }] }] }, "input.0.content.0.type"],
    [{ messages: [] }, "messages"],
    [{ response_format: { type: "json_object" } }, "response_format"],
    [{ text: { format: { type: "json_schema" } } }, "text.format.name"],
    [{ text: { format: { type: "json_schema", name: "n" } } }, "text.format.schema"],
    [{ text: { format: { type: "grammar" } } }, "text.format.type"],
    [{ text: { verbosity: "low" } }, "text.verbosity"],
    [{ tools: [{ type: "web_search" }] }, "tools.0.type"],
    [{ tools: [{ type: "function", name: "a b" }] }, "tools.0.name"],
    [{ tools: [{ type: "function", name: "f" }, { type: "function", name: "f" }] }, "tools.1.name"],
    [{ tools: [{ type: "function", name: "f" }], tool_choice: { type: "function", name: "g" } }, "tool_choice.name"],
    [{ tools: [{ type: "function", name: "f" }], tool_choice: { type: "web_search" } }, "tool_choice.type"],
    [
      {
        tools: [{ type: "function", name: "f" }],
        tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "g" }] },
      },
      "tool_choice.tools",
    ],
    [{ tool_choice: "required" }, "tool_choice"],
    [{ tool_choice: { type: "function", name: "f" } }, "tool_choice"],
    [{ reasoning: { effort: "some" } }, "reasoning.effort"],
    [{ reasoning: { mode: "pro" } }, "reasoning.mode"],
    [{ truncation: "auto" }, "truncation"],
    [{ background: true }, "background"],
    [{ conversation: "conv_1" }, "conversation"],
    [{ prompt: { id: "pmpt_1" } }, "prompt"],
    [{ context_management: [{ type: "compaction" }] }, "context_management"],
    [{ moderation: {} }, "moderation"],
    [{ grammar: "root ::= x" }, "grammar"],
    [{ json_schema: {} }, "json_schema"],
    [{ n: 2 }, "n"],
    [{ include: ["nothing"] }, "include.0"],
    [{ top_logprobs: 21 }, "top_logprobs"],
    [{ max_output_tokens: 0 }, "max_output_tokens"],
    [{ metadata: { a: 1 } }, "metadata.a"],
    [{ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ""])) }, "metadata"],
    [{ stream_options: {} }, "stream_options"],
    [{ temperature: 3 }, "temperature"],
  ];
  const engine = new FakeEngine();
  for (const [more, param] of cases) {
    const response = await post(responsesOver(engine), { input: "Hi", ...more }, PATH);
    const { error } = ErrorBody.parse(await response.json());
    assert.deepEqual([response.status, error.param, error.code], [400, param, "invalid_value"], JSON.stringify(more));
    assert.ok(error.message.includes(`"${param}"`), error.message);
  }
  assert.equal(engine.calls.length, 0);
});

Deno.test("response says which kind of input it does not take", async () => {
  const response = await post(responsesOver(new FakeEngine()), { input: [{ type: "web_search_call" }] }, PATH);
  const { error } = ErrorBody.parse(await response.json());
  assert.equal(
    error.message,
    'Invalid "input.0.type": expected one of "message", "function_call", "function_call_output", "reasoning", ' +
      'found "web_search_call"',
  );
});

Deno.test("response names what it ignores", async () => {
  const request = {
    input: "Hi",
    stream: true,
    stream_options: { include_obfuscation: true },
    max_tool_calls: 3,
    reasoning: { summary: "auto" },
  };
  const response = await post(responsesOver(new FakeEngine()), request, PATH);
  assert.equal(
    response.headers.get("x-ignored-parameters"),
    "stream_options.include_obfuscation, max_tool_calls, reasoning.summary",
  );
  await response.text();
});

Deno.test("response names the input where the engine cannot take it", async () => {
  const engine = new FakeEngine(failAfter([], new EngineError("context_length_exceeded", "3000 of 2048")));
  const response = await post(responsesOver(engine), { input: "Hi" }, PATH);
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), {
    error: {
      message: "3000 of 2048",
      type: "invalid_request_error",
      param: "input",
      code: "context_length_exceeded",
    },
  });
});

Deno.test("stored response is given back as it was, also without /v1", async () => {
  const app = responsesOver(new FakeEngine());
  const { timings: _timings, ...created } = await respond(app, { input: "Hi", metadata: { a: "b" } });
  for (const path of [PATH, "/responses"]) {
    const response = await app.request(`${path}/${created.id}?stream=false`);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), created);
  }
});

Deno.test("stored response is not streamed again", async () => {
  const app = responsesOver(new FakeEngine());
  const { id } = await respond(app, { input: "Hi" });
  const response = await app.request(`${PATH}/${id}?stream=true`);
  assert.equal(response.status, 400);
  assert.equal(ErrorBody.parse(await response.json()).error.param, "stream");
});

Deno.test("stored response that is unknown is a 404, and none is stored that should not be", async () => {
  const app = responsesOver(new FakeEngine());
  const { id } = await respond(app, { input: "Hi", store: false });
  const requests = [["GET", ""], ["DELETE", ""], ["GET", "/input_items"], ["POST", "/cancel"]];
  for (const unknown of [id, "resp_x"]) {
    for (const [method, path] of requests) {
      const response = await app.request(`${PATH}/${unknown}${path}`, { method });
      assert.equal(response.status, 404);
      assert.ok(ErrorBody.parse(await response.json()).error.message.includes(unknown));
    }
  }
});

Deno.test("stored response is gone once it is deleted", async () => {
  const app = responsesOver(new FakeEngine());
  const { id } = await respond(app, { input: "Hi" });
  const response = await app.request(`${PATH}/${id}`, { method: "DELETE" });
  assert.deepEqual(DeletedResponse.parse(await response.json()), { id, object: "response", deleted: true });
  assert.equal((await app.request(`${PATH}/${id}`)).status, 404);
});

Deno.test("stored response cannot be cancelled", async () => {
  const app = responsesOver(new FakeEngine());
  const { id } = await respond(app, { input: "Hi" });
  const response = await app.request(`${PATH}/${id}/cancel`, { method: "POST" });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /only background responses/);
});

Deno.test("stored response is read while the model loads", async () => {
  const engine = new FakeEngine();
  const app = responsesOver(engine);
  const { id } = await respond(app, { input: "Hi" });
  engine.status = { state: "loading" };
  assert.equal((await app.request(`${PATH}/${id}`)).status, 200);
  assert.equal((await post(app, { input: "Hi" }, PATH)).status, 503);
  engine.status = { state: "ready", model: FAKE_MODEL };
});

Deno.test("input items are those of the whole conversation, page by page", async () => {
  const app = responsesOver(new FakeEngine());
  const first = await respond(app, { input: [{ role: "system", content: "a" }, { role: "user", content: "b" }] });
  const second = await respond(app, { input: "c", previous_response_id: first.id });
  const list = async (query: string): Promise<ItemList> => {
    const response = await app.request(`${PATH}/${second.id}/input_items${query}`);
    const body = await response.json();
    assert.equal(response.status, 200, JSON.stringify(body));
    const parsed = ItemList.parse(body);
    assert.deepEqual(parsed, body);
    return parsed;
  };
  const texts = ({ data }: ItemList): unknown[] =>
    data.map((item) => item.type === "message" && [item.role, item.content[0]?.text]);
  const all = [["system", "a"], ["user", "b"], ["assistant", "Hello!"], ["user", "c"]];
  assert.deepEqual(texts(await list("?order=asc")), all);
  const newest = await list("?limit=3");
  assert.deepEqual(texts(newest), all.toReversed().slice(0, 3));
  assert.deepEqual([newest.has_more, newest.first_id, newest.last_id], [true, newest.data[0]?.id, newest.data[2]?.id]);
  const rest = await list(`?limit=3&after=${newest.last_id}`);
  assert.deepEqual([texts(rest), rest.has_more], [all.slice(0, 1), false]);
  const none = await list(`?after=${rest.last_id}`);
  assert.deepEqual(none, { object: "list", data: [], first_id: null, last_id: null, has_more: false });
});

Deno.test("input items refuse a query that makes no sense", async () => {
  const app = responsesOver(new FakeEngine());
  const { id } = await respond(app, { input: "Hi" });
  for (
    const [query, param] of [["limit=0", "limit"], ["limit=x", "limit"], ["order=up", "order"], ["after=x", "after"]]
  ) {
    const response = await app.request(`${PATH}/${id}/input_items?${query}`);
    assert.equal(response.status, 400);
    assert.equal(ErrorBody.parse(await response.json()).error.param, param);
  }
});

Deno.test("input tokens are counted with everything before them", async () => {
  const app = responsesOver(new FakeEngine());
  const { id } = await respond(app, { input: "one" });
  const request = { input: "two", instructions: "x", previous_response_id: id };
  for (const path of ["/v1/responses/input_tokens", "/responses/input_tokens"]) {
    const response = await post(app, request, path);
    const rendered = "system: x\nuser: one\nassistant: Hello!\nuser: two\n";
    assert.deepEqual(await response.json(), { object: "response.input_tokens", input_tokens: rendered.length });
  }
  const refused = await post(app, { input: "Hi", tools: [{}] }, "/v1/responses/input_tokens");
  assert.equal(ErrorBody.parse(await refused.json()).error.param, "tools.0.type");
});
