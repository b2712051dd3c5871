import assert from "node:assert/strict";
import fc from "fast-check";
import type { GenerateEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { MemoryResponseStore, type ResponseStore } from "../../server/response_store.ts";
import { type OutputText, ResponseEvent, type ResponseObject } from "../../server/schemas/responses/mod.ts";
import { answer, failAfter, FakeEngine, gated, hangAfter } from "./fake_engine.ts";
import { post } from "./requests.ts";
import { namedEvents, type ResponsesAppOptions, responsesOver } from "./responses_app.ts";
import { within } from "./within.ts";

const PATH = "/v1/responses";

Deno.test("response stream has OpenAI's events in their order, with their names and numbers", async () => {
  const text = await stream(new FakeEngine());
  const events = checked(text);
  assert.deepEqual(events.map(({ type }) => type), [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  assert.doesNotMatch(text, /\[DONE\]/);
  const [created, inProgress, , , delta] = events;
  assert.ok(created?.type === "response.created" && inProgress?.type === "response.in_progress");
  assert.deepEqual([created.response.status, created.response.output, created.response.usage], [
    "in_progress",
    [],
    null,
  ]);
  assert.deepEqual(inProgress.response, created.response);
  const end = lastResponse(text);
  assert.equal(end.id, created.response.id);
  assert.equal(messageOf(end).text, "Hello!");
  assert.equal(end.usage?.total_tokens, 13);
  assert.deepEqual(delta, {
    type: "response.output_text.delta",
    item_id: end.output[0]?.id,
    output_index: 0,
    content_index: 0,
    logprobs: [],
    sequence_number: 4,
    delta: "Hel",
  });
});

Deno.test("response stream that meets its limit ends incomplete", async () => {
  const text = await stream(new FakeEngine(answer([], { finishReason: "length" })));
  const types = checked(text).map(({ type }) => type);
  assert.equal(types.at(-1), "response.incomplete");
  assert.ok(!types.includes("response.output_text.delta"));
  const { status, incomplete_details, output } = lastResponse(text);
  assert.ok(output[0]?.type === "message");
  assert.deepEqual([status, incomplete_details?.reason], ["incomplete", "max_output_tokens"]);
  assert.deepEqual([output[0].status, output[0].content[0]?.text], ["incomplete", ""]);
});

Deno.test("response stream gives any text back unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), async (pieces) => {
      const text = await stream(new FakeEngine(answer(pieces)));
      const deltas = checked(text).flatMap((event) => event.type === "response.output_text.delta" ? event.delta : []);
      assert.deepEqual(deltas, pieces.filter((piece) => piece !== ""));
      assert.equal(messageOf(lastResponse(text)).text, pieces.join(""));
    }),
    { numRuns: 100 },
  );
});

Deno.test("response stream carries the log-probabilities of each part, and all of them at its end", async () => {
  const request = { include: ["message.output_text.logprobs"], top_logprobs: 1 };
  const text = await stream(new FakeEngine(answer(["", "é"])), { request });
  const events = checked(text);
  const token = (text: string, bytes: number[]): object => ({ token: text, logprob: -1, bytes });
  const logprobs = [
    { ...token("", []), top_logprobs: [token("", [])] },
    { ...token("é", [195, 169]), top_logprobs: [token("é", [195, 169])] },
  ];
  const deltas = events.flatMap((event) => event.type === "response.output_text.delta" ? [event.logprobs] : []);
  assert.deepEqual(deltas, logprobs.map((logprob) => [logprob]));
  const done = events.find((event) => event.type === "response.output_text.done");
  assert.ok(done?.type === "response.output_text.done");
  assert.deepEqual(done.logprobs, logprobs);
  assert.deepEqual(messageOf(lastResponse(text)).logprobs, logprobs);
});

Deno.test("response stream that fails ends with response.failed, and is not stored", async () => {
  const cases = [
    [new EngineError("overloaded", "the queue is full"), "server_error", "the queue is full"],
    [new EngineError("invalid_value", "wrong", { param: "seed" }), "invalid_prompt", "wrong"],
    [new TypeError("secret"), "server_error", "Internal error; the server's log says more"],
  ] as const;
  for (const [error, code, message] of cases) {
    const responses = new MemoryResponseStore();
    const text = await stream(new FakeEngine(failAfter(["a"], error)), { responses });
    const types = checked(text).map(({ type }) => type);
    assert.deepEqual(types.slice(-2), ["response.output_text.delta", "response.failed"]);
    assert.ok(!text.includes("secret"));
    const response = lastResponse(text);
    assert.deepEqual([response.status, response.error?.code, response.error?.message], ["failed", code, message]);
    assert.equal(responses.size, 0);
  }
});

Deno.test("response stream that fails before it begins is answered with a status", async () => {
  const engine = new FakeEngine(failAfter([], new EngineError("overloaded", "full")));
  const response = await post(responsesOver(engine), { input: "Hi", stream: true }, PATH);
  assert.equal(response.status, 503);
  await response.body?.cancel();
});

Deno.test("response stream fails when its answer has no end", async () => {
  const engine = new FakeEngine(async function* (input, signal): AsyncGenerator<GenerateEvent> {
    for await (const event of answer(["a"])(input, signal)) if (event.type !== "finish") yield event;
  });
  assert.equal(lastResponse(await stream(engine)).status, "failed");
});

Deno.test("response stream is stored when it is complete, and not before", async () => {
  const responses = new MemoryResponseStore();
  const { script, open } = gated(["a", "b"]);
  const app = responsesOver(new FakeEngine(script), { responses });
  open();
  const response = await post(app, { input: "Hi", stream: true }, PATH);
  assert.equal(responses.size, 0);
  open();
  const end = lastResponse(await response.text());
  assert.deepEqual(responses.get(end.id)?.response, end);
  const stored = await app.request(`${PATH}/${end.id}`);
  assert.deepEqual(await stored.json(), end);
  await post(responsesOver(new FakeEngine(), { responses }), { input: "Hi", stream: true, store: false }, PATH);
  assert.equal(responses.size, 1);
});

Deno.test("response stream fails when it cannot be stored", async () => {
  const responses: ResponseStore = {
    get: () => undefined,
    put: () => {
      throw new EngineError("io", "Cannot store a response: the disk is full");
    },
    delete: () => false,
    [Symbol.dispose]: () => {},
  };
  const { status, error } = lastResponse(await stream(new FakeEngine(), { responses }));
  assert.deepEqual([status, error?.message], ["failed", "Cannot store a response: the disk is full"]);
});

Deno.test("response stream of a long answer comes to its end", async () => {
  const piece = "x".repeat(1000);
  const text = await within(stream(new FakeEngine(answer(Array(100).fill(piece)))));
  assert.equal(messageOf(lastResponse(text)).text, piece.repeat(100));
});

Deno.test("response stream aborts the engine when its body is cancelled, and stores nothing", async () => {
  const responses = new MemoryResponseStore();
  const engine = new FakeEngine(hangAfter(["a"]));
  const response = await post(responsesOver(engine, { responses }), { input: "Hi", stream: true }, PATH);
  await response.body?.cancel();
  const call = await within(engine.call());
  await within(call.aborted);
  await within(call.ended);
  assert.equal(responses.size, 0);
});

async function stream(
  engine: FakeEngine,
  { request, ...options }: ResponsesAppOptions & { request?: object } = {},
): Promise<string> {
  const response = await post(responsesOver(engine, options), { input: "Hi", stream: true, ...request }, PATH);
  assert.equal(response.status, 200);
  return await response.text();
}

/** The events of a stream, each of which is what the schema says, has its type as its name, and is numbered. */
function checked(text: string): ResponseEvent[] {
  return namedEvents(text).map(({ name, data }, index) => {
    const event = ResponseEvent.parse(data);
    assert.deepEqual(event, data);
    assert.deepEqual([event.type, event.sequence_number], [name, index]);
    return event;
  });
}

/** The text of a response that is one message. */
function messageOf({ output: [item] }: ResponseObject): OutputText {
  assert.ok(item?.type === "message" && item.content[0] !== undefined);
  return item.content[0];
}

function lastResponse(text: string): ResponseObject {
  const last = checked(text).at(-1);
  assert.ok(last !== undefined && "response" in last);
  return last.response;
}
