import assert from "node:assert/strict";
import { DEFAULT_SAMPLING, type LoadOptions, WorkerEngine } from "../../../lib/engine/mod.ts";
import { realLibraries, realModel, SMALL_CONTEXT, startRealEngine } from "../../real_engine.ts";
import { ask, failure } from "./answer.ts";

const CONTEXT = { ...SMALL_CONTEXT, contextLength: 256, batchSize: 64, ubatchSize: 64, parallel: 2 };
/** What a request may leave out. */
const DEFAULTS = { sampling: { ...DEFAULT_SAMPLING, temperature: 0 }, queue: 8, speculation: false, keep: 0 };

function makeEngine(log: string[] = []): WorkerEngine {
  return new WorkerEngine({
    workerUrl: new URL("../../../lib/engine/worker.ts", import.meta.url),
    modelId: "m",
    ...DEFAULTS,
    log: (level, text) => void log.push(`${level} ${text}`),
  });
}

/** Closes an engine when the scope ends, also by an assertion that fails: its thread would keep the runner from ending. */
function closing(engine: WorkerEngine): AsyncDisposable {
  return { [Symbol.asyncDispose]: () => engine.close() };
}

async function options(changes: Partial<LoadOptions> = {}): Promise<LoadOptions> {
  const model = { path: await realModel(), offset: 0 };
  return {
    libraries: await realLibraries(),
    model,
    context: CONTEXT,
    cacheBytes: 0,
    states: [],
    verbose: false,
    ...changes,
  };
}

Deno.test("WorkerEngine says that it loads, then what it loaded", async () => {
  const engine = makeEngine();
  await using _closed = closing(engine);
  assert.deepEqual(engine.status, { state: "loading" });
  await assert.rejects(ask(engine, {}), failure("loading", /still being loaded/));
  engine.load(await options());
  const info = await engine.ready();
  assert.deepEqual(engine.status, { state: "ready", model: info });
  const { created, sizeBytes, parameters, backend, cpuVariant, chatTemplate, settings, ...rest } = info;
  assert.match(chatTemplate ?? "", /add_generation_prompt/);
  assert.deepEqual(rest, {
    id: "m",
    bosText: "<|im_start|>",
    eosText: "<|im_end|>",
    infills: false,
    parallel: 2,
    description: "llama 135M Q4_1",
    contextLength: 256,
    trainContextLength: 8192,
    vocabularySize: 49152,
    threads: 1,
  });
  assert.ok(Math.abs(created - Date.now() / 1000) < 60);
  assert.ok(sizeBytes > 90e6 && sizeBytes < 98362432);
  assert.ok(parameters > 134e6 && parameters < 135e6);
  assert.deepEqual([settings.contextLength, settings.ubatchSize, settings.flashAttention], [256, 64, "auto"]);
  assert.match(cpuVariant, /^\w+$/);
  assert.equal(backend, `CPU (${cpuVariant})`);
});

Deno.test("WorkerEngine fails to load what is no model, and says what llama.cpp said", async () => {
  const path = new URL(import.meta.url).pathname;
  const engine = makeEngine();
  await using _closed = closing(engine);
  engine.load(await options({ model: { path, offset: 0 } }));
  await assert.rejects(engine.ready(), failure("bad_model", /^Cannot load the model: .*loading_test\.ts.*\(.+\)$/));
  assert.equal(engine.status.state, "failed");
  await assert.rejects(ask(engine, {}), failure("bad_model"));
});

Deno.test("WorkerEngine fails to load when the libraries are not there, or lack the CPU variant", async () => {
  for (
    const [changes, message] of [
      [{ libraries: [] }, /No library like/],
      [{ cpuVariant: "z80" }, /The CPU variant "z80" is missing/],
    ] as const
  ) {
    const engine = makeEngine();
    await using _closed = closing(engine);
    engine.load(await options({ ...changes, libraries: changes.libraries ? [] : await realLibraries() }));
    await assert.rejects(engine.ready(), failure("bad_model", message));
  }
});

// Only the packages for x86-64 Linux and Windows have a variant of this name.
const ignore = Deno.build.arch !== "x86_64" || Deno.build.os === "darwin";
Deno.test({ name: "WorkerEngine loads the one CPU variant that is asked for", ignore }, async () => {
  const engine = makeEngine();
  await using _closed = closing(engine);
  engine.load(await options({ cpuVariant: "x64" }));
  assert.equal((await engine.ready()).backend, "CPU (x64)");
});

Deno.test("WorkerEngine whose thread cannot start fails as internal, and closes", async () => {
  const engine = new WorkerEngine({
    workerUrl: new URL("data:text/javascript,throw new Error('no start')"),
    modelId: "m",
    ...DEFAULTS,
    log: (): void => {},
  });
  await assert.rejects(engine.ready(), failure("internal", /no start/));
  await engine.close();
});

Deno.test("WorkerEngine closes while it loads", async () => {
  const engine = makeEngine();
  await using _closed = closing(engine);
  engine.load(await options());
  const ready = assert.rejects(engine.ready(), failure("cancelled", /closed/));
  await engine.close();
  await ready;
});

Deno.test("WorkerEngine passes llama.cpp's log on when told to, and nothing when all is well", async () => {
  for (const verbose of [false, true]) {
    const log: string[] = [];
    const engine = makeEngine(log);
    await using _closed = closing(engine);
    engine.load(await options({ verbose }));
    await engine.ready();
    await engine.close();
    assert.equal(log.some((line) => /^[12] .*llama/.test(line)), verbose, log.join("\n"));
  }
});

Deno.test("WorkerEngine answers every request although together they exceed the KV cache", async () => {
  await using real = await startRealEngine({ context: { ...CONTEXT, parallel: 4 } });
  const prompts = ["The sea", "A recipe for bread:", "My dog", "for (let i = 0;"];
  const answers = await Promise.all(
    prompts.map((text) => ask(real.engine, { prompt: { kind: "text", text: `${text} `.repeat(8) }, maxTokens: 90 })),
  );
  const total = answers.reduce((sum, { done: { usage } }) => sum + usage.promptTokens + usage.completionTokens, 0);
  assert.ok(total > 256 + 64, `${total} tokens in a context of 256`);
  for (const { text, finish, done } of answers) {
    assert.ok(text.isWellFormed() && text !== "");
    assert.ok(finish.finishReason === "stop" || done.usage.completionTokens === 90);
  }
});
