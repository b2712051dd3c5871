import assert from "node:assert/strict";
import type { LoraAdapter } from "../../../ffi/mod.ts";
import type { Engine, LoadOptions } from "../../../lib/engine/mod.ts";
import { findPeer } from "../../parity/peer.ts";
import { post, startPeerWith } from "../../parity/peer_with.ts";
import { Embedder } from "../../../lib/engine/embedder.ts";
import { openRealModel, realModel, SMALL_CONTEXT } from "../../real_engine.ts";
import { makeTinyBert } from "../gguf/made_models.ts";
import { failure, toInput } from "./answer.ts";
import { engineOf, say } from "./engine_of.ts";

const TEXTS = [
  "The lighthouse keeper lit the lamp.",
  "a",
  "def add(a, b): return a + b",
  "Grüße aus Köln 🌞",
  `A long one. ${"The storm went on and on. ".repeat(12)}`,
];
const peer = findPeer();
const skipped = peer === undefined ? " (skipped: no PEER_BIN)" : "";

/** Writes a made model into a file for the time of a test. */
async function withModel(bytes: Uint8Array, test: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".gguf" });
  try {
    await Deno.writeFile(path, bytes);
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

async function embed(engine: Engine, inputs: (string | number[])[]): Promise<Float32Array[]> {
  return (await engine.embed({ inputs })).embeddings;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));
}

Deno.test("an Embedder refuses an input that memory has no room for, and one that fails harms no other", async () => {
  using real = await openRealModel();
  let bytes = 1e12;
  const context = { ...SMALL_CONTEXT, contextLength: 8192 };
  using embedder = new Embedder(real.model, {
    context,
    adapters: [],
    memory: { kvBytesPerToken: 23_040, heads: 9, available: () => ({ bytes, limitedBy: "machine" }) },
  });
  const ask = (id: number, length: number): void =>
    embedder.submit({ id, task: { kind: "embed", inputs: [Array.from({ length }, () => 5)] } });
  // 4096 tokens of 2 × 49152 + 12 × 576 floats, 23 kB of cells and 6 × 4096 bytes of mask.
  bytes = 1.918e9;
  assert.throws(
    () => ask(1, 4000),
    failure("context_length_exceeded", /4000 tokens needs 1919 MB .* 1918 MB are free; split it/),
  );
  assert.ok(embedder.idle);
  ask(2, 100);
  assert.deepEqual(embedder.step().map(({ id }) => id), [2]);
  bytes = 1e12;
  ask(3, 1000);
  assert.deepEqual(embedder.step().map(({ id }) => id), [3]);
});

Deno.test("an Embedder drops of a failed step the requests that were in it alone", async () => {
  using real = await openRealModel();
  const foreign = { path: "foreign", model: undefined } as unknown as LoraAdapter;
  const adapters = [{ adapter: foreign, scale: 1 }];
  using embedder = new Embedder(real.model, { context: { ...SMALL_CONTEXT, contextLength: 8192 }, adapters });
  for (const id of [1, 2]) embedder.submit({ id, task: { kind: "embed", inputs: ["a", "b"] } });
  assert.throws(() => embedder.step(), /is one of another model/);
  assert.deepEqual(embedder.dropFailed(), [1]);
  adapters.length = 0;
  assert.deepEqual(embedder.step().map(({ id }) => id), [2]);
  assert.ok(embedder.idle);
  assert.deepEqual(embedder.drain(), []);
});

Deno.test("a chat model embeds by the mean, in vectors of length 1, while it answers", async () => {
  await using open = await engineOf(await realModel(), { context: { contextLength: 1024 } });
  const { engine } = open;
  const prompt = { kind: "text", text: "The capital of France is" } as const;
  const alone = await say(engine, { prompt });
  const [answer, { embeddings, size, promptTokens }] = await Promise.all([
    say(engine, { prompt }),
    engine.embed({ inputs: TEXTS }),
  ]);
  assert.equal(answer, alone);
  assert.equal(size, 576);
  assert.equal(embeddings.length, TEXTS.length);
  assert.ok(promptTokens > 100);
  for (const vector of embeddings) {
    assert.equal(vector.length, size);
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
  }
  // More inputs than one batch takes, longer ones than the context was made for, and each alone.
  const many = await embed(engine, [...TEXTS, ...TEXTS, ...TEXTS, ...TEXTS, "word ".repeat(600)]);
  assert.equal(many.length, 21);
  for (const [i, text] of TEXTS.entries()) {
    const [vector] = await embed(engine, [text]);
    assert.ok(vector);
    // Kernels for other sizes round otherwise.
    for (const j of [i, i + 5, i + 15]) assert.ok(distance(vector, many[j] ?? []) < 0.03);
    assert.ok(distance(vector, many[(i + 1) % 5] ?? []) > 0.03, "other texts have other vectors");
  }
});

Deno.test("an input that is too long, empty or no token fails alone, and so does a cancelled request", async () => {
  await using open = await engineOf(await realModel());
  const { engine } = open;
  const good = embed(engine, ["a"]);
  await assert.rejects(embed(engine, ["a", "word ".repeat(600)]), (error) => {
    assert.ok(failure("context_length_exceeded", /has \d+ tokens, at most 512 can be embedded/)(error));
    assert.equal((error as { param?: string }).param, "input.1");
    return true;
  });
  await assert.rejects(embed(engine, [""]), failure("invalid_value", /empty/));
  await assert.rejects(embed(engine, []), failure("invalid_value", /no input/));
  await assert.rejects(embed(engine, [[1, 49152]]), failure("invalid_value", /token 49152/));
  await assert.rejects(engine.rerank({ query: "a", documents: ["b"] }), failure("invalid_value", /does not rank/));
  const controller = new AbortController();
  const cancelled = engine.embed({ inputs: Array(200).fill("word ".repeat(100)) }, controller.signal);
  controller.abort();
  await assert.rejects(cancelled, failure("cancelled"));
  assert.equal((await good).length, 1);
  assert.equal((await embed(engine, ["a"])).length, 1);
});

Deno.test("an encoder-only model embeds and ranks, and refuses to generate", async () => {
  await withModel(makeTinyBert({ pooling: "mean" }), async (path) => {
    await using open = await engineOf(path, { context: { contextLength: 128 } });
    const vectors = await embed(open.engine, ["abc", "abd", "abc"]);
    assert.ok(distance(vectors[0] ?? [], vectors[2] ?? []) < 1e-5);
    assert.ok(distance(vectors[0] ?? [], vectors[1] ?? []) > 1e-3);
    await assert.rejects(embed(open.engine, ["x".repeat(200)]), failure("context_length_exceeded", /at most 128/));
    await assert.rejects(say(open.engine, toInput({})), failure("invalid_value", /cannot generate/));
  });
  await withModel(makeTinyBert({ pooling: "rank" }), async (path) => {
    await using open = await engineOf(path, { context: { contextLength: 128 } });
    const documents = ["one", "two", "three", "one"];
    const { scores } = await open.engine.rerank({ query: "which", documents });
    assert.equal(scores.length, 4);
    assert.ok(Math.abs((scores[0] ?? 0) - (scores[3] ?? 0)) < 1e-5);
    assert.equal(new Set(scores.map((score) => score.toFixed(4))).size, 3);
    await assert.rejects(embed(open.engine, ["a"]), failure("invalid_value", /use \/v1\/rerank/));
  });
});

type Pooling = NonNullable<LoadOptions["pooling"]>;

for (const pooling of ["mean", "last", "cls", "none"] satisfies Pooling[]) {
  Deno.test({
    name: `embeddings by ${pooling} are llama-server's${skipped}`,
    ignore: peer === undefined,
    fn: async () => {
      const model = await realModel();
      const args = ["-m", model, "-c", "512", "-np", "1", "--embeddings", "--pooling", pooling];
      await using theirs = await startPeerWith(peer ?? "", args);
      await using ours = await engineOf(model, { pooling, context: { ubatchSize: 512, batchSize: 512 } });
      for (const text of TEXTS) {
        const [{ embedding }] = await post(`${theirs.url}/embedding`, { content: text });
        const [vector] = await embed(ours.engine, [text]);
        // Without pooling the numbers are those of the model, of any size.
        const scale = pooling === "none" ? Math.max(...embedding.flat().map(Math.abs)) : 1;
        assert.ok(distance(vector ?? [], embedding.flat()) / scale <= 1e-4, text);
      }
    },
  });
}

Deno.test({
  name: `an encoder's embeddings and scores are llama-server's${skipped}`,
  ignore: peer === undefined,
  fn: async () => {
    await withModel(makeTinyBert({ pooling: "rank" }), async (path) => {
      for (const pooling of ["mean", "cls"] satisfies Pooling[]) {
        await using theirs = await startPeerWith(peer ?? "", ["-m", path, "--embeddings", "--pooling", pooling]);
        await using ours = await engineOf(path, { pooling, context: { contextLength: 128 } });
        const inputs = ["hello", "good evening"];
        const { data } = await post(`${theirs.url}/v1/embeddings`, { input: inputs });
        const vectors = await embed(ours.engine, inputs);
        for (const [i, vector] of vectors.entries()) assert.ok(distance(vector, data[i].embedding) <= 1e-4);
      }
      await using theirs = await startPeerWith(peer ?? "", ["-m", path, "--reranking"]);
      await using ours = await engineOf(path, { context: { contextLength: 128 } });
      const input = { query: "what is it", documents: ["a cat", "two dogs", "it is a house", "three"] };
      const { results } = await post(`${theirs.url}/v1/rerank`, input);
      const { scores } = await ours.engine.rerank(input);
      for (const { index, relevance_score } of results) {
        assert.ok(Math.abs(relevance_score - (scores[index] ?? NaN)) <= 1e-4);
      }
    });
  },
});
