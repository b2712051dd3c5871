import assert from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_SAMPLING, type LoadOptions, ModelPool, type ModelPoolOptions } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { realLibraries, realModel } from "../../real_engine.ts";
import { within } from "../../server/within.ts";
import { makeTinyBert, makeTinyT5 } from "../gguf/made_models.ts";
import { failure } from "./answer.ts";
import { say } from "./engine_of.ts";

const prompt = { kind: "text", text: "The capital of France is" } as const;

type EngineOptions = ModelPoolOptions["engine"];

interface Open extends AsyncDisposable {
  pool: ModelPool;
  /** Ids in the order in which they were prepared for loading. */
  prepared: string[];
  /** What each `prepare` was told of memory. */
  reserved: number[];
  states(): string[];
  /** Makes `prepare` of a model throw, as often as it is told. */
  failures: Record<string, EngineError[]>;
}

/** A pool of SmolLM2, a tiny T5 and a tiny BERT. */
async function openPool(
  { engine, ...options }: Partial<Pick<ModelPoolOptions, "max" | "idleMs">> & { engine?: Partial<EngineOptions> },
): Promise<Open> {
  const folder = await Deno.makeTempDir({ prefix: "packllama-pool-" });
  const files = { smol: await realModel(), t5: join(folder, "t5.gguf"), bert: join(folder, "bert.gguf") };
  await Deno.writeFile(files.t5, makeTinyT5());
  await Deno.writeFile(files.bert, makeTinyBert({ pooling: "mean" }));
  const libraries = await realLibraries();
  const [prepared, reserved]: [string[], number[]] = [[], []];
  const failures: Open["failures"] = {};
  const loadOptions = (path: string): LoadOptions => ({
    libraries,
    model: { path, offset: 0 },
    context: {
      contextLength: 128,
      batchSize: 128,
      ubatchSize: 128,
      parallel: 2,
      threads: 1,
      batchThreads: 1,
      layout: "unified",
      shift: false,
    },
    cacheBytes: 0,
    states: [],
    verbose: false,
  });
  const pool = new ModelPool({
    models: Object.entries(files).map(([id, path]) => ({
      id,
      prepare: (bytes): LoadOptions => {
        const error = failures[id]?.shift();
        if (error !== undefined) throw error;
        prepared.push(id);
        reserved.push(bytes);
        return loadOptions(path);
      },
    })),
    engine: {
      workerUrl: new URL("../../../lib/engine/worker.ts", import.meta.url),
      sampling: { ...DEFAULT_SAMPLING, temperature: 0 },
      queue: 16,
      speculation: false,
      keep: 0,
      log: (): void => {},
      ...engine,
    },
    max: 2,
    idleMs: 0,
    ...options,
  });
  return {
    pool,
    prepared,
    reserved,
    failures,
    states: () => pool.list().map(({ state }) => state),
    [Symbol.asyncDispose]: async () => {
      await pool.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("a pool loads a model when it is asked for, and unloads the one used least recently", async () => {
  await using open = await openPool({ max: 2 });
  const { pool, prepared, states } = open;
  assert.deepEqual(states(), ["unloaded", "unloaded", "unloaded"]);
  assert.equal((await pool.ready()).id, "smol");
  const alone = await say(pool, { prompt });
  const t5 = await say(pool.select("t5"), { prompt });
  assert.deepEqual(states(), ["loaded", "loaded", "unloaded"]);
  await say(pool.select("smol"), { prompt, maxTokens: 1 });
  const { size } = await pool.select("bert").embed({ inputs: ["a"] });
  assert.equal(size, 32);
  assert.deepEqual(states(), ["loaded", "unloaded", "loaded"]);
  assert.equal(await say(pool.select("t5"), { prompt }), t5);
  assert.deepEqual(states(), ["unloaded", "loaded", "loaded"]);
  assert.equal(await say(pool, { prompt }), alone);
  assert.deepEqual(prepared, ["smol", "t5", "bert", "t5", "smol"]);
  assert.equal(open.reserved[0], 0);
  assert.ok((open.reserved[1] ?? 0) > 9e7, "the first model's weights are counted");
});

Deno.test("models of a pool answer at once, and one that finds no room waits its turn", async () => {
  await using open = await openPool({ max: 1 });
  const { pool } = open;
  const ids = ["smol", "t5", "smol", "bert", "t5", "smol"];
  const results = await Promise.all(ids.map(async (id) => {
    const engine = pool.select(id);
    return id === "bert" ? String((await engine.embed({ inputs: ["a"] })).size) : await say(engine, { prompt });
  }));
  assert.equal(results[0], results[2]);
  assert.equal(results[0], results[5]);
  assert.equal(results[1], results[4]);
  assert.equal(results[3], "32");
  assert.notEqual(results[0], results[1]);
  assert.equal(open.states().filter((state) => state === "loaded").length, 1);
});

Deno.test("a pool with room computes several models side by side", async () => {
  await using open = await openPool({ max: 3 });
  const { pool } = open;
  const [smol, t5] = await Promise.all([say(pool, { prompt }), say(pool.select("t5"), { prompt })]);
  const both = await Promise.all([
    say(pool, { prompt }),
    say(pool.select("t5"), { prompt }),
    pool.select("bert").embed({ inputs: ["a", "b"] }),
  ]);
  assert.deepEqual(both.slice(0, 2), [smol, t5]);
  assert.deepEqual(open.prepared.toSorted(), ["bert", "smol", "t5"]);
});

Deno.test("a model that does not fit memory beside others takes their place; one that never fits fails alone", async () => {
  await using open = await openPool({ max: 3 });
  const { pool, failures, states } = open;
  await pool.ready();
  const short = new EngineError("out_of_memory", "does not fit");
  failures["t5"] = [short];
  await say(pool.select("t5"), { prompt, maxTokens: 1 });
  assert.deepEqual(states(), ["unloaded", "loaded", "unloaded"]);
  failures["bert"] = [short, short, new EngineError("bad_file", "never")];
  await assert.rejects(pool.select("bert").embed({ inputs: ["a"] }), failure("out_of_memory"));
  await assert.rejects(pool.select("bert").ready(), failure("bad_file"));
  assert.notEqual(await say(pool, { prompt }), "");
});

Deno.test("a model that nobody uses is unloaded after a while, and loaded again when asked for", async () => {
  await using open = await openPool({ idleMs: 50 });
  const { pool, states } = open;
  const before = await say(pool, { prompt });
  for (let i = 0; i < 200 && states()[0] !== "unloaded"; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(states()[0], "unloaded");
  assert.equal(pool.status.state, "ready");
  assert.equal(await say(pool, { prompt }), before);
});

Deno.test("a pool knows its models by name", async () => {
  await using open = await openPool({});
  const { pool } = open;
  assert.equal(pool.select(undefined), pool.select("smol"));
  assert.throws(
    () => pool.select("gpt-4o"),
    failure("not_found", /no model "gpt-4o"; this server has "smol", "t5", "bert"/),
  );
  const loading = pool.ready();
  const rejected = assert.rejects(loading, failure("cancelled"));
  await pool.close();
  await rejected;
});

Deno.test("a pool refuses those who would wait behind too many", async () => {
  await using open = await openPool({ engine: { queue: 1 } });
  const results = await Promise.allSettled(["smol", "t5", "bert", "smol"].map((id) => open.pool.select(id).ready()));
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected", "rejected"]);
  assert.ok(results[3]?.status === "rejected" && failure("overloaded", /--queue/)(results[3].reason));
  assert.equal((await open.pool.select("bert").ready()).id, "bert");
});

Deno.test("a pool whose thread dies fails, and closes", async () => {
  const workerUrl = new URL("data:text/javascript,throw new Error('no start')");
  await using open = await openPool({ engine: { workerUrl } });
  await assert.rejects(open.pool.ready(), failure("internal", /no start/));
  await assert.rejects(open.pool.select("t5").ready(), failure("internal", /no start/));
});

/** Its engines have parts that throw after the prompt {@linkcode breaking} them. */
const DEFECTIVE = new URL("./defective_worker.ts", import.meta.url);

function breaking(part: string): typeof prompt | { kind: "text"; text: string } {
  return { kind: "text", text: `break ${part}` };
}

Deno.test("a message that cannot be processed fails its request alone", async () => {
  await using open = await openPool({ max: 3, engine: { workerUrl: DEFECTIVE } });
  const { pool } = open;
  const t5 = pool.select("t5");
  const expected = [await say(pool, { prompt }), await say(t5, { prompt })];
  const others = [say(pool, { prompt }), say(t5, { prompt })];
  await assert.rejects(within(say(pool, { prompt: breaking("submit") })), failure("internal", /submit is broken/));
  assert.deepEqual(await within(Promise.all(others)), expected);
  await say(pool, { prompt: breaking("embed"), maxTokens: 1 });
  await assert.rejects(within(pool.embed({ inputs: ["a"] })), failure("internal", /embed is broken/));
  assert.equal(await within(say(pool, { prompt })), expected[0]);
});

Deno.test("a step that throws fails the requests of its own model alone", async () => {
  await using open = await openPool({ max: 3, engine: { workerUrl: DEFECTIVE } });
  const { pool } = open;
  const t5 = pool.select("t5");
  const expected = [await say(pool, { prompt }), await say(t5, { prompt })];
  const other = say(t5, { prompt });
  const broken = [say(pool, { prompt, maxTokens: 100 }), say(pool, { prompt: breaking("step") })];
  for (const each of await within(Promise.allSettled(broken))) {
    assert.ok(each.status === "rejected" && failure("internal", /step is broken/)(each.reason));
  }
  assert.deepEqual(await within(Promise.all([say(pool, { prompt }), other])), expected);
});

Deno.test("a cancellation and an unloading that cannot be processed are logged, and the thread lives on", async () => {
  const logged: string[] = [];
  const log = (level: number, text: string): void => void (level === 4 && logged.push(text));
  await using open = await openPool({ max: 1, engine: { workerUrl: DEFECTIVE, log } });
  const { pool, states } = open;
  for await (const _first of pool.generate({ prompt: breaking("cancel"), sampling: {}, maxTokens: 40 })) break;
  await within(say(pool, { prompt }));
  assert.match(logged.join("\n"), /cancel.*cancel is broken/);
  await say(pool, { prompt: breaking("unload"), maxTokens: 1 });
  assert.notEqual(await within(say(pool.select("t5"), { prompt })), "");
  assert.deepEqual(states(), ["unloaded", "loaded", "unloaded"]);
  assert.match(logged.join("\n"), /unload.*unload is broken/);
});

Deno.test("a pool whose thread dies later says so at once, to those who ask and to those who wait", async () => {
  const logged: string[] = [];
  await using open = await openPool({
    max: 1,
    engine: { workerUrl: DEFECTIVE, log: (_level, text) => logged.push(text) },
  });
  const { pool } = open;
  await pool.ready();
  const died = failure("internal", /thread died: .*thread is broken/);
  const requests = [
    say(pool, { prompt: breaking("thread") }),
    say(pool.select("t5"), { prompt }),
  ];
  for (const each of await within(Promise.allSettled(requests))) {
    assert.ok(each.status === "rejected" && died(each.reason));
  }
  assert.ok(pool.status.state === "failed" && died(pool.status.error));
  assert.match(logged.join("\n"), /thread is broken/);
  await assert.rejects(within(pool.ready()), died);
  await assert.rejects(within(say(pool, { prompt })), died);
  await assert.rejects(within(pool.select("bert").embed({ inputs: ["a"] })), died);
});

Deno.test("a model whose answer is complete makes room for another, whether the answer has been read or not", async () => {
  await using open = await openPool({ max: 1 });
  const { pool, states } = open;
  const expected = await say(pool, { prompt });
  const slow = pool.generate({ prompt, sampling: {}, maxTokens: 16 })[Symbol.asyncIterator]();
  let read = "";
  for (let next = await slow.next(); !next.done; next = await slow.next()) {
    if (next.value.type === "text") read += next.value.text;
    if (states()[1] === "loaded") continue;
    // From here on this reader rests until another model has answered.
    assert.notEqual(await within(say(pool.select("t5"), { prompt })), "");
    assert.deepEqual(states(), ["unloaded", "loaded", "unloaded"]);
  }
  assert.equal(read, expected);
});

Deno.test("a request whose reader rests is cancelled as soon as its signal is aborted", async () => {
  await using open = await openPool({ max: 1 });
  const { pool } = open;
  const abort = new AbortController();
  const input = { prompt, sampling: { ignoreEos: true }, maxTokens: 120 };
  const resting = pool.generate(input, abort.signal)[Symbol.asyncIterator]();
  await resting.next();
  const other = say(pool.select("t5"), { prompt });
  abort.abort();
  assert.notEqual(await within(other), "");
  await assert.rejects(async () => await resting.next(), failure("cancelled"));
});

Deno.test("a request loads its model once, however many others want the room", async () => {
  await using open = await openPool({ max: 1 });
  const { pool, prepared } = open;
  const ids = ["smol", "t5"];
  for (const id of ids) await pool.select(id).ready();
  assert.equal((await pool.ready()).id, "smol");
  assert.deepEqual(prepared, ids, "what is known of a model does not need it loaded");
  await within(Promise.all(ids.map(async (id) => {
    const engine = pool.select(id);
    await engine.ready();
    await say(engine, { prompt, maxTokens: 4 });
  })));
  assert.deepEqual(prepared, ["smol", "t5", "smol"]);
});

Deno.test("a pool that closes ends those who wait for room", async () => {
  await using open = await openPool({ max: 1 });
  const { pool, prepared } = open;
  const using = pool.generate({ prompt, sampling: { ignoreEos: true }, maxTokens: 120 })[Symbol.asyncIterator]();
  await using.next();
  const waiting = assert.rejects(within(say(pool.select("t5"), { prompt })), failure("cancelled", /closed/));
  await using.next();
  await pool.close();
  await waiting;
  await assert.rejects(async () => {
    while (!(await using.next()).done);
  }, failure("cancelled", /closed/));
  assert.deepEqual(prepared, ["smol"]);
});
