import assert from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_SAMPLING, type LoadOptions, ModelPool, type ModelPoolOptions } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { realLibraries, realModel } from "../../real_engine.ts";
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
