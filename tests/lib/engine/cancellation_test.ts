import assert from "node:assert/strict";
import { NativeEngine } from "../../../lib/engine/native_engine.ts";
import type { FromWorker, GenerateRequest } from "../../../lib/engine/protocol.ts";
import { DEFAULT_SAMPLING } from "../../../lib/engine/mod.ts";
import { realLibraries, realModel, startRealEngine } from "../../real_engine.ts";
import { ask, failure, toInput, user } from "./answer.ts";

const GREEDY = { ...DEFAULT_SAMPLING, temperature: 0, seed: 1 };
const ONE_SLOT = { contextLength: 512, batchSize: 64, ubatchSize: 64, parallel: 1, threads: 1 };

/** A native engine in this thread, stepped by hand, and what it posted. */
async function openNative(): Promise<{ native: NativeEngine; posted: FromWorker[] }> {
  const posted: FromWorker[] = [];
  const options = {
    libraries: await realLibraries(),
    model: { path: await realModel(), offset: 0 },
    context: ONE_SLOT,
    verbose: false,
  };
  return { native: new NativeEngine(options, (message) => void posted.push(message)), posted };
}

function request(id: number, maxTokens: number): GenerateRequest {
  return { id, text: "Once upon a time", sampling: GREEDY, stop: [], maxTokens };
}

Deno.test("NativeEngine decodes the next request in the step after a cancellation", async () => {
  const { native, posted } = await openNative();
  using _native = native;
  native.submit(request(1, 300));
  native.submit(request(2, 4));
  for (let i = 0; i < 5; i++) native.step();
  assert.ok(posted.length >= 4 && posted.every((message) => message.type === "text" && message.id === 1));
  posted.length = 0;
  native.cancel(1);
  native.step();
  assert.deepEqual(posted.map((message) => [message.type, "id" in message && message.id]), [["failed", 1], [
    "text",
    2,
  ]]);
  while (!native.idle) native.step();
  assert.equal(posted.at(-1)?.type, "done");
  assert.equal(posted.filter(({ type }) => type === "failed" || type === "done").length, 2, "each ends once");
});

Deno.test("NativeEngine answers a cancellation of what has ended, or never was, with nothing", async () => {
  const { native, posted } = await openNative();
  using _native = native;
  native.submit(request(1, 2));
  while (!native.idle) native.step();
  posted.length = 0;
  native.cancel(1);
  native.cancel(77);
  native.step();
  assert.deepEqual(posted, []);
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
  assert.ok(waited < whole.decodeMs / 2, `${waited} ms, while 200 tokens take ${whole.decodeMs} ms`);
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
  assert.ok(waited < whole.decodeMs / 2, `${waited} ms, while 200 tokens take ${whole.decodeMs} ms`);
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
