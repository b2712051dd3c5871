import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../lib/errors.ts";
import { ChatCompletionChunk, ErrorBody } from "../../server/schemas/mod.ts";
import { sseResponse } from "../../server/sse.ts";
import { sseMessage, SseTemplate } from "../../server/sse_message.ts";
import { answer, failAfter, FakeEngine, hangAfter } from "./fake_engine.ts";
import { appOver, eventData, MESSAGES, post } from "./requests.ts";
import { within } from "./within.ts";

Deno.test("chat stream has OpenAI's order and headers", async () => {
  const response = await post(appOver(new FakeEngine()), { messages: MESSAGES, stream: true });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(response.headers.get("cache-control"), "no-cache");
  const data = eventData(await response.text());
  assert.equal(data.pop(), "[DONE]");
  const chunks = data.map((text) => ChatCompletionChunk.strict().parse(JSON.parse(text)));
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
  assert.deepEqual(chunks.map((chunk) => chunk.choices), [
    [{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: { content: "Hel" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: { content: "lo" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: { content: "!" }, logprobs: null, finish_reason: null }],
    [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }],
  ]);
  assert.deepEqual(chunks.map((chunk) => "usage" in chunk), chunks.map(() => false));
  assert.equal(chunks.at(-1)?.timings?.predicted_n, 3);
});

Deno.test("chat stream ends with usage where it is asked for", async () => {
  const request = { messages: MESSAGES, stream: true, stream_options: { include_usage: true } };
  const response = await post(appOver(new FakeEngine()), request);
  const chunks = eventData(await response.text()).slice(0, -1).map((text) => JSON.parse(text));
  const last = chunks.pop();
  assert.deepEqual(last.choices, []);
  assert.equal(last.usage.total_tokens, 13);
  assert.equal(last.timings.predicted_n, 3);
  assert.deepEqual(chunks.map((chunk) => chunk.usage), chunks.map(() => null));
});

Deno.test("chat stream gives any text back unchanged, one event for each piece", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), async (pieces) => {
      const response = await post(appOver(new FakeEngine(answer(pieces))), { messages: MESSAGES, stream: true });
      const chunks = eventData(await response.text()).slice(0, -1).map((text) => JSON.parse(text));
      const texts = chunks.slice(1, -1).map((chunk) => chunk.choices[0].delta.content);
      assert.deepEqual(texts, pieces.filter((piece) => piece !== ""));
    }),
    { numRuns: 200 },
  );
});

Deno.test("chat stream that fails ends with the error and without [DONE]", async () => {
  const engine = new FakeEngine(failAfter(["a"], new EngineError("overloaded", "the queue is full")));
  const response = await post(appOver(engine), { messages: MESSAGES, stream: true });
  assert.equal(response.status, 200);
  const data = eventData(await response.text());
  assert.equal(data.length, 3);
  const { error } = ErrorBody.strict().parse(JSON.parse(data[2] ?? ""));
  assert.deepEqual([error.message, error.code], ["the queue is full", "overloaded"]);
});

Deno.test("chat stream that fails inside hides the cause", async () => {
  const engine = new FakeEngine(failAfter(["a"], new TypeError("secret")));
  const text = await (await post(appOver(engine), { messages: MESSAGES, stream: true })).text();
  assert.ok(!text.includes("secret"));
  assert.match(text, /"code":"internal"/);
});

Deno.test("chat stream aborts the engine when its body is cancelled", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  const response = await post(appOver(engine), { messages: MESSAGES, stream: true });
  await response.body?.cancel();
  const call = await within(engine.call());
  await within(call.aborted);
  await within(call.ended);
});

Deno.test("chat stream that was read to its end does not abort the engine", async () => {
  const engine = new FakeEngine();
  const client = new AbortController();
  const response = await appOver(engine).request("/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({ messages: MESSAGES, stream: true }),
    signal: client.signal,
  });
  await response.text();
  client.abort();
  const call = await within(engine.call());
  await within(call.ended);
  assert.equal(call.signal.aborted, false);
});

Deno.test("chat completion aborts the engine when its request is aborted", async () => {
  for (const stream of [false, true]) {
    const engine = new FakeEngine(hangAfter([]));
    const client = new AbortController();
    const pending = appOver(engine).request("/v1/chat/completions", {
      method: "POST",
      body: JSON.stringify({ messages: MESSAGES, stream }),
      signal: client.signal,
    });
    const call = await within(engine.call());
    client.abort();
    await within(call.aborted);
    assert.equal((await pending).status, 503);
  }
});

Deno.test("chat stream interleaves its choices, each with a beginning and an end, and counts usage once", async () => {
  const request = { messages: MESSAGES, stream: true, n: 2, stream_options: { include_usage: true } };
  const response = await post(appOver(new FakeEngine(answer(["a", "b"]))), request);
  const data = eventData(await response.text()).slice(0, -1);
  const chunks = data.map((text) => ChatCompletionChunk.strict().parse(JSON.parse(text)));
  assert.deepEqual(
    chunks.map(({ choices: [choice], usage }) => [
      choice?.index,
      choice?.delta.role,
      choice?.delta.content,
      choice?.finish_reason,
      usage?.total_tokens,
    ]),
    [
      [0, "assistant", "", null, undefined],
      [0, undefined, "a", null, undefined],
      [1, "assistant", "", null, undefined],
      [1, undefined, "a", null, undefined],
      [0, undefined, "b", null, undefined],
      [1, undefined, "b", null, undefined],
      [0, undefined, undefined, "stop", undefined],
      [1, undefined, undefined, "stop", undefined],
      [undefined, undefined, undefined, undefined, 13],
    ],
  );
  assert.deepEqual(chunks.map((chunk) => chunk.timings !== undefined), [...Array(8).fill(false), true]);
});

Deno.test("chat stream carries the log-probabilities of each part, also of one without text", async () => {
  const engine = new FakeEngine(answer(["", "é"]));
  const response = await post(appOver(engine), { messages: MESSAGES, stream: true, logprobs: true, top_logprobs: 1 });
  const data = eventData(await response.text()).slice(0, -1);
  const choices = data.map((text) => ChatCompletionChunk.strict().parse(JSON.parse(text)).choices[0]);
  const token = (text: string, bytes: number[]): object => ({ token: text, logprob: -1, bytes });
  assert.deepEqual(choices.map((choice) => choice?.logprobs), [
    null,
    { content: [{ ...token("", []), top_logprobs: [token("", [])] }], refusal: null },
    { content: [{ ...token("é", [195, 169]), top_logprobs: [token("é", [195, 169])] }], refusal: null },
    null,
  ]);
});

Deno.test("chat stream reads no further ahead of its client than a few kilobytes", async () => {
  const engine = new FakeEngine(answer(Array(10_000).fill("a".repeat(100))));
  const response = await post(appOver(engine), { messages: MESSAGES, stream: true });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.read();
  const call = await within(engine.call());
  assert.ok(call.events <= 200, `${call.events} events were taken for 2 reads`);
  await reader?.cancel();
});

Deno.test("event stream sends at once what is there already, and nothing later than it came", async () => {
  const gates = [0, 1].map(() => Promise.withResolvers<void>());
  async function* bursts(): AsyncGenerator<number, void> {
    for (let n = 0; n < 3; n++) yield n;
    await gates[0]?.promise;
    yield 3;
    await gates[1]?.promise;
    for (let n = 4; n < 6; n++) yield n;
  }
  const response = sseResponse({ events: bursts(), write: (n) => sseMessage({ n }) }, {
    last: "data: end\n\n",
    onCancel: () => {},
  });
  const writes: string[] = [];
  for await (const bytes of response.body ?? []) {
    writes.push(new TextDecoder().decode(bytes));
    gates[writes.length - 1]?.resolve();
  }
  assert.deepEqual(writes.map((write) => write.split("\n\n").length - 1), [3, 1, 3]);
  assert.deepEqual(eventData(writes.join("")), [
    '{"n":0}',
    '{"n":1}',
    '{"n":2}',
    '{"n":3}',
    '{"n":4}',
    '{"n":5}',
    "end",
  ]);
});

Deno.test("event stream without a last message ends all the same, however much its client has still to take", async () => {
  for (const pieces of [0, 1, 40]) {
    const events = async function* (): AsyncGenerator<object, void> {
      for (let n = 0; n < pieces; n++) yield { text: "x".repeat(1000) };
    };
    const response = sseResponse({ events: events(), write: sseMessage }, { last: "", onCancel: () => {} });
    // A client that takes its time.
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(eventData(await within(response.text())).length, pieces);
  }
});

Deno.test("event stream that cannot be written ends with an error and frees its source", async () => {
  let freed = false;
  async function* endless(): AsyncGenerator<number, void> {
    try {
      for (;;) yield 1;
    } finally {
      freed = true;
    }
  }
  const write = (): string => {
    throw new EngineError("internal", "secret");
  };
  const text = await sseResponse({ events: endless(), write }, { last: "data: end\n\n", onCancel: () => {} }).text();
  assert.match(text, /^data: {"error":.*"code":"internal"}}\n\n$/);
  assert.ok(freed);
});

Deno.test("message template gives any text as JSON.stringify does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (text, other) => {
      const make = (content: string): object => ({ id: other, delta: { content }, last: null });
      assert.equal(new SseTemplate(make).fill(text), sseMessage(make(text)));
    }),
  );
});

Deno.test("event stream sends comments in silence, and none after its end", async () => {
  const gate = Promise.withResolvers<void>();
  async function* slow(): AsyncGenerator<object, void> {
    yield { n: 1 };
    await gate.promise;
    yield { n: 2 };
  }
  const response = sseResponse({ events: slow(), write: sseMessage }, {
    onCancel: () => {},
    keepAliveMs: 5,
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes);
    if (text.split(": keep-alive\n\n").length > 3) gate.resolve();
  }
  assert.match(text, /^data: {"n":1}\n\n(: keep-alive\n\n){3,}data: {"n":2}\n\ndata: \[DONE\]\n\n$/);
});

Deno.test("event stream calls onCancel once and only for a client that left", async () => {
  let cancelled = 0;
  async function* two(): AsyncGenerator<object, void> {
    yield { n: 1 };
    yield { n: 2 };
  }
  await sseResponse({ events: two(), write: sseMessage }, { last: "data: end\n\n", onCancel: () => cancelled++ })
    .text();
  assert.equal(cancelled, 0);
  await sseResponse({ events: two(), write: sseMessage }, { last: "data: end\n\n", onCancel: () => cancelled++ }).body
    ?.cancel();
  assert.equal(cancelled, 1);
});
