import assert from "node:assert/strict";
import type { GenerateEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { ChatCompletion, ErrorBody } from "../../server/schemas/mod.ts";
import { answer, DONE, failAfter, FakeEngine } from "./fake_engine.ts";
import { appOver, MESSAGES, post } from "./requests.ts";
import { within } from "./within.ts";

Deno.test("chat completion has OpenAI's shape", async () => {
  const response = await post(appOver(new FakeEngine()), { messages: MESSAGES, model: "whatever" });
  assert.equal(response.status, 200);
  const body = await response.json();
  const { id, created, ...rest } = ChatCompletion.strict().parse(body);
  assert.match(id, /^chatcmpl-[0-9a-f]{32}$/);
  assert.ok(Math.abs(created - Date.now() / 1000) < 60);
  assert.deepEqual(rest, {
    object: "chat.completion",
    model: "fake-model",
    system_fingerprint: "packllama-0.0.0",
    choices: [{
      index: 0,
      message: { role: "assistant", content: "Hello!", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    }],
    usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13, prompt_tokens_details: { cached_tokens: 4 } },
    timings: {
      cache_n: 4,
      prompt_n: 6,
      prompt_ms: 6,
      prompt_per_token_ms: 1,
      prompt_per_second: 1000,
      predicted_n: 3,
      predicted_ms: 30,
      predicted_per_token_ms: 10,
      predicted_per_second: 100,
      queue_ms: 2,
    },
  });
});

Deno.test("chat completion is served without /v1 too", async () => {
  const response = await post(appOver(new FakeEngine()), { messages: MESSAGES }, "/chat/completions");
  assert.equal(response.status, 200);
});

Deno.test("chat completion reports length, and no speed for no time", async () => {
  const done = { ...DONE, timings: { ...DONE.timings, prefillMs: 0, decodeMs: 0 } };
  const engine = new FakeEngine(answer([], { finishReason: "length", done }));
  const body = await (await post(appOver(engine), { messages: MESSAGES })).json();
  assert.equal(body.choices[0].finish_reason, "length");
  assert.equal(body.choices[0].message.content, "");
  assert.equal(body.timings.prompt_per_second, 0);
  assert.equal(body.timings.predicted_per_second, 0);
});

Deno.test("chat completion reports guessed tokens where there were any", async () => {
  const done = { ...DONE, timings: { ...DONE.timings, draftTokens: 8, draftAccepted: 5 } };
  const body = await (await post(appOver(new FakeEngine(answer(["a"], { done }))), { messages: MESSAGES })).json();
  const { usage, timings } = ChatCompletion.strict().parse(body);
  assert.deepEqual([timings.draft_n, timings.draft_n_accepted], [8, 5]);
  assert.deepEqual(usage.completion_tokens_details, { accepted_prediction_tokens: 5, rejected_prediction_tokens: 3 });
});

Deno.test("chat completion gives every choice", async () => {
  const response = await post(appOver(new FakeEngine()), { messages: MESSAGES, n: 3 });
  const { choices } = ChatCompletion.strict().parse(await response.json());
  assert.deepEqual(
    choices.map(({ index, message, finish_reason }) => [index, message.content, finish_reason]),
    [[0, "Hello!", "stop"], [1, "Hello!", "stop"], [2, "Hello!", "stop"]],
  );
});

Deno.test("chat completion gives log-probabilities in OpenAI's shape", async () => {
  const engine = new FakeEngine(answer(["é", "\ufeff"]));
  const request = { messages: MESSAGES, logprobs: true, top_logprobs: 2 };
  const { choices } = ChatCompletion.strict().parse(await (await post(appOver(engine), request)).json());
  const e = { token: "é", logprob: -1, bytes: [0xc3, 0xa9] };
  const mark = { token: "\ufeff", logprob: -1, bytes: [0xef, 0xbb, 0xbf] };
  const part = { token: "\\xe2\\x80", logprob: -9999, bytes: [0xe2, 0x80] };
  assert.deepEqual(choices[0]?.logprobs, {
    content: [{ ...e, top_logprobs: [e, part] }, { ...mark, top_logprobs: [mark, part] }],
    refusal: null,
  });
  await post(appOver(engine), { messages: MESSAGES, logprobs: true });
  assert.deepEqual(engine.calls.map((call) => call.input.logprobs), [2, 0]);
});

Deno.test("chat completion fails when a choice has no end", async () => {
  const engine = new FakeEngine(async function* (): AsyncGenerator<GenerateEvent> {
    yield { type: "text", index: 1, text: "a" };
    yield { type: "finish", index: 1, finishReason: "stop", completionTokens: 1 };
    yield DONE;
  });
  for (const stream of [false, true]) {
    const response = await post(appOver(engine), { messages: MESSAGES, n: 2, stream });
    assert.equal(response.status, stream ? 200 : 500);
    assert.match(await response.text(), /"code":"internal"/);
  }
});

Deno.test("chat completion hands conversation and parameters to the engine", async () => {
  const engine = new FakeEngine();
  const response = await post(appOver(engine), {
    messages: [
      { role: "developer", content: "Be brief" },
      { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }], name: "Ann" },
      { role: "assistant", content: null },
      { role: "tool", content: "42", tool_call_id: "x" },
    ],
    max_completion_tokens: 7,
    max_tokens: 9,
    temperature: 0,
    top_p: 0.9,
    top_k: 40,
    min_p: 0.05,
    typical_p: 0.7,
    seed: 42,
    stop: "END",
    frequency_penalty: -2,
    presence_penalty: 2,
    repeat_penalty: 1.1,
    repeat_last_n: -1,
    n: 4,
    logprobs: true,
    top_logprobs: 5,
    t_max_predict_ms: 1500,
    n_keep: -1,
    cache_prompt: false,
    speculation: false,
    prediction: { type: "content", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }] },
    lora: [{ id: 0, scale: 0.5 }],
    user: "ann",
  });
  assert.equal(response.status, 200);
  assert.deepEqual(engine.calls[0]?.input, {
    prompt: {
      kind: "chat",
      messages: [
        { role: "developer", content: "Be brief" },
        { role: "user", content: "a\nb", parts: ["a", "b"], name: "Ann" },
        { role: "assistant", content: "" },
        { role: "tool", content: "42", toolCallId: "x" },
      ],
    },
    sampling: {
      temperature: 0,
      topK: 40,
      topP: 0.9,
      minP: 0.05,
      typicalP: 0.7,
      seed: 42,
      repeatLastN: -1,
      repeatPenalty: 1.1,
      frequencyPenalty: -2,
      presencePenalty: 2,
    },
    maxTokens: 7,
    stop: ["END"],
    choices: 4,
    logprobs: 5,
    stream: false,
    maxPredictMs: 1500,
    keep: -1,
    cachePrompt: false,
    speculation: false,
    prediction: "ab",
    lora: [{ id: 0, scale: 0.5 }],
    client: { user: "ann" },
  });
});

Deno.test("chat completion without parameters uses the server's defaults", async () => {
  const engine = new FakeEngine();
  const app = appOver(engine, { defaults: { temperature: 0.3, seed: 5 }, maxTokens: 50, systemPrompt: "Be kind" });
  await post(app, { messages: MESSAGES, temperature: null, max_tokens: null, stop: null, seed: null });
  await post(app, { messages: [{ role: "system", content: "Be curt" }], temperature: 1, seed: -1, max_tokens: -1 });
  assert.deepEqual(engine.calls.map((call) => call.input), [
    {
      prompt: { kind: "chat", messages: [{ role: "system", content: "Be kind" }, ...MESSAGES] },
      sampling: { temperature: 0.3, seed: 5 },
      maxTokens: 50,
      stream: false,
      client: {},
    },
    {
      prompt: { kind: "chat", messages: [{ role: "system", content: "Be curt" }] },
      sampling: { temperature: 1, seed: undefined },
      maxTokens: 2 ** 31 - 1,
      stream: false,
      client: {},
    },
  ]);
});

Deno.test("chat completion turns each engine error into its status and OpenAI's error", async () => {
  const cases = [
    [new EngineError("invalid_value", "m", { param: "stop" }), 400, "invalid_request_error", "stop", "invalid_value"],
    [
      new EngineError("context_length_exceeded", "3000 of 2048"),
      400,
      "invalid_request_error",
      "messages",
      "context_length_exceeded",
    ],
    [new EngineError("overloaded", "m"), 503, "unavailable_error", null, "overloaded"],
    [new EngineError("loading", "m"), 503, "unavailable_error", null, "loading"],
    [new EngineError("cancelled", "m"), 503, "unavailable_error", null, "cancelled"],
    [new EngineError("out_of_memory", "m"), 500, "server_error", null, "out_of_memory"],
  ] as const;
  for (const [error, status, type, param, code] of cases) {
    for (const stream of [false, true]) {
      const response = await post(appOver(new FakeEngine(failAfter([], error))), { messages: MESSAGES, stream });
      assert.equal(response.status, status, error.code);
      assert.equal(response.headers.has("retry-after"), code === "overloaded" || code === "loading");
      assert.deepEqual(await response.json(), { error: { message: error.message, type, param, code } });
    }
  }
});

Deno.test("chat completion hides the cause of an internal error", async () => {
  for (const error of [new EngineError("internal", "secret"), new TypeError("secret")]) {
    const response = await post(appOver(new FakeEngine(failAfter(["a"], error))), { messages: MESSAGES });
    assert.equal(response.status, 500);
    const text = await response.text();
    assert.ok(!text.includes("secret"), text);
    assert.equal(ErrorBody.parse(JSON.parse(text)).error.type, "server_error");
  }
});

Deno.test("chat completion fails when the engine ends without a last event", async () => {
  const engine = new FakeEngine(async function* (): AsyncGenerator<GenerateEvent> {
    yield { type: "text", index: 0, text: "a" };
  });
  const response = await post(appOver(engine), { messages: MESSAGES });
  assert.equal(response.status, 500);
  await response.body?.cancel();
});

Deno.test("chat completion ends the engine's iterable also when it would go on", async () => {
  const engine = new FakeEngine(async function* (): AsyncGenerator<GenerateEvent> {
    yield { type: "finish", index: 0, finishReason: "stop", completionTokens: 0 };
    yield DONE;
    yield { type: "text", index: 0, text: "too late" };
  });
  const response = await post(appOver(engine), { messages: MESSAGES });
  assert.equal((await response.json()).choices[0].message.content, "");
  await within((await engine.call()).ended);
});

Deno.test("input tokens of a chat request are counted as the model reads it", async () => {
  const engine = new FakeEngine();
  for (const path of ["/chat/completions/input_tokens", "/v1/chat/completions/input_tokens"]) {
    const response = await post(appOver(engine), { messages: MESSAGES, max_tokens: 5, stream: true }, path);
    assert.deepEqual(await response.json(), {
      object: "response.input_tokens",
      input_tokens: "user: Hi\n".length,
    });
    const refused = await post(appOver(engine), { messages: [] }, path);
    assert.equal(ErrorBody.parse(await refused.json()).error.param, "messages");
  }
  assert.equal(engine.calls.length, 0);
});
