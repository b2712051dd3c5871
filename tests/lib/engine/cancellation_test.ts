import assert from "node:assert/strict";
import { NativeEngine } from "../../../lib/engine/native_engine.ts";
import type { GenerateRequest, RequestEvent } from "../../../lib/engine/protocol.ts";
import { DEFAULT_SAMPLING } from "../../../lib/engine/mod.ts";
import { realLibraries, realModel, SMALL_CONTEXT, startRealEngine } from "../../real_engine.ts";
import { ask, failure, toInput, user } from "./answer.ts";

const GREEDY = { ...DEFAULT_SAMPLING, temperature: 0, seed: 1 };
const ONE_SLOT = { ...SMALL_CONTEXT, batchSize: 64, ubatchSize: 64, parallel: 1 };

/** A native engine in this thread, stepped by hand, and the events that it posted. */
async function openNative(): Promise<{ native: NativeEngine; events: RequestEvent[] }> {
  const events: RequestEvent[] = [];
  const options = {
    libraries: await realLibraries(),
    model: { path: await realModel(), offset: 0 },
    context: ONE_SLOT,
    cacheBytes: 0,
    states: [],
    verbose: false,
  };
  const native = new NativeEngine(options, (message) => {
    if (message.type === "events") events.push(...message.events);
  });
  return { native, events };
}

function request(id: number, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    id,
    prompt: "Once upon a time",
    sampling: GREEDY,
    stop: [],
    markers: [],
    choices: 1,
    stream: true,
    speculation: false,
    cachePrompt: true,
    promptLogprobs: false,
    reproducible: false,
    keep: 0,
    client: {},
    ...changes,
  };
}

function isEnd({ type }: RequestEvent): boolean {
  return type === "failed" || type === "done";
}

Deno.test("NativeEngine decodes the next request in the step after a cancellation", async () => {
  const { native, events } = await openNative();
  using _native = native;
  native.submit(request(1, { maxTokens: 300 }));
  native.submit(request(2, { maxTokens: 4 }));
  for (let i = 0; i < 5; i++) native.step();
  assert.ok(events.length >= 1 && events.every(({ type, id }) => type === "text" && id === 1));
  events.length = 0;
  native.cancel(1);
  native.step();
  // Text that was on its way goes out with it.
  if (events[0]?.type === "text" && events[0].id === 1) events.shift();
  assert.deepEqual(events.map(({ type, id }) => [type, id]), [["failed", 1], ["text", 2]]);
  while (!native.idle) native.step();
  assert.equal(events.at(-1)?.type, "done");
  assert.equal(events.filter(isEnd).length, 2, "each ends once");
});

Deno.test("NativeEngine cancels a request whose prompt is half read, and answers the next as if it had not been", async () => {
  const { native, events } = await openNative();
  using _native = native;
  const text = (id: number): string =>
    events.map((event) => event.type === "text" && event.id === id ? event.text : "").join("");
  native.submit(request(1, { maxTokens: 8 }));
  while (!native.idle) native.step();
  native.submit(request(2, { prompt: "A long story. ".repeat(80), maxTokens: 8, choices: 2 }));
  native.step();
  assert.equal(text(2), "", "one ubatch of the prompt is not all of it");
  native.cancel(2);
  native.step();
  assert.ok(native.idle);
  native.submit(request(3, { maxTokens: 8, cachePrompt: false }));
  while (!native.idle) native.step();
  assert.equal(text(3), text(1));
  assert.deepEqual(events.filter(isEnd).map(({ type, id }) => [type, id]), [["done", 1], ["failed", 2], ["done", 3]]);
});

Deno.test("NativeEngine answers a cancellation of what has ended, or never was, with nothing", async () => {
  const { native, events } = await openNative();
  using _native = native;
  native.submit(request(1, { maxTokens: 2 }));
  while (!native.idle) native.step();
  events.length = 0;
  native.cancel(1);
  native.cancel(77);
  native.step();
  assert.deepEqual(events, []);
});

Deno.test("WorkerEngine gives the slot of an aborted request to the next at once", async () => {
  await using real = await startRealEngine({ context: ONE_SLOT });
  const { engine } = real;
  const whole = (await ask(engine, { maxTokens: 200 })).done;
  const abort = new AbortController();
  const events = engine.generate(toInput({ maxTokens: 480 }), abort.signal);
  for (let i = 0; i < 3; i++) assert.equal((await events.next()).value?.type, "text");
  const waiting = ask(engine, { maxTokens: 2 });
  abort.abort();
  const aborted = performance.now();
  await assert.rejects(async () => await events.next(), failure("cancelled"));
  await waiting;
  const waited = performance.now() - aborted;
  // 477 tokens of the first were still to come; the second needed three decodes.
  assert.ok(waited < whole.timings.decodeMs / 2, `${waited} ms, while 200 tokens take ${whole.timings.decodeMs} ms`);
});

Deno.test("WorkerEngine gives the slot of a request whose loop was left to the next at once", async () => {
  await using real = await startRealEngine({ context: ONE_SLOT });
  const { engine } = real;
  const whole = (await ask(engine, { maxTokens: 200 })).done;
  for await (const event of engine.generate(toInput({ maxTokens: 480 }))) {
    assert.equal(event.type, "text");
    break;
  }
  const left = performance.now();
  await ask(engine, { maxTokens: 2 });
  const waited = performance.now() - left;
  assert.ok(waited < whole.timings.decodeMs / 2, `${waited} ms, while 200 tokens take ${whole.timings.decodeMs} ms`);
});

Deno.test("WorkerEngine refuses a request whose signal was aborted before", async () => {
  await using real = await startRealEngine({ context: ONE_SLOT });
  await assert.rejects(ask(real.engine, {}, AbortSignal.abort()), failure("cancelled"));
  assert.notEqual((await ask(real.engine, { maxTokens: 2 })).text, "");
});

Deno.test("WorkerEngine ends running and waiting requests as cancelled when it closes, and takes no more", async () => {
  const { engine } = await startRealEngine({ context: ONE_SLOT });
  const running = engine.generate(toInput({ maxTokens: 480 }));
  assert.equal((await running.next()).value?.type, "text");
  // The last one's template is still being loaded when the engine closes.
  const asked = [Array.fromAsync(running), ask(engine, {}), ask(engine, {}), ask(engine, { prompt: user("Hi") })];
  const outcomes = Promise.allSettled(asked);
  await engine.close();
  for (const outcome of await outcomes) {
    assert.equal(outcome.status, "rejected");
    failure("cancelled", /closed/)(outcome.status === "rejected" && outcome.reason);
  }
  await assert.rejects(ask(engine, {}), failure("cancelled", /closed/));
  assert.equal(engine.status.state, "failed");
});
