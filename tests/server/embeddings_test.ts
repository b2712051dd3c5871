import assert from "node:assert/strict";
import { createApp } from "../../server/app.ts";
import { EmbeddingList, RerankList } from "../../server/schemas/mod.ts";
import { FAKE_MODEL, FakeEngine } from "./fake_engine.ts";

function post(path: string, body: unknown): Promise<Response> {
  const app = createApp({ engine: new FakeEngine(), options: { version: "0" } });
  return Promise.resolve(app.request(path, { method: "POST", body: JSON.stringify(body) }));
}

async function embed(body: unknown): Promise<EmbeddingList> {
  const response = await post("/v1/embeddings", body);
  assert.equal(response.status, 200);
  return EmbeddingList.parse(await response.json());
}

Deno.test("embeddings come for a text, tokens, and several of either", async () => {
  const vectors = async (input: unknown): Promise<unknown> =>
    (await embed({ input })).data.map((each) => each.embedding);
  assert.deepEqual(await vectors("four"), [[0, 4]]);
  assert.deepEqual(await vectors(["a", "bc"]), [[0, 1], [1, 2]]);
  assert.deepEqual(await vectors([5, 6, 7]), [[0, 3]]);
  assert.deepEqual(await vectors([[5], [6, 7]]), [[0, 1], [1, 2]]);
  // As llama-server: a number in it makes a list one input.
  assert.deepEqual(await vectors([5, "bcd", 6]), [[0, 5]]);
  assert.deepEqual(await vectors(["a", [5, 6], [7, "bc"]]), [[0, 1], [1, 2], [2, 3]]);
  const { model, usage, data } = await embed({ input: ["a", "b"], model: "whatever", encoding_format: "float" });
  assert.equal(model, FAKE_MODEL.id);
  assert.deepEqual(usage, { prompt_tokens: 2, total_tokens: 2 });
  assert.deepEqual(data.map(({ index }) => index), [0, 1]);
});

Deno.test("embeddings in base64 are 32-bit floats, little endian", async () => {
  const { data: [first] } = await embed({ input: "four", encoding_format: "base64" });
  assert.ok(typeof first?.embedding === "string");
  assert.deepEqual([...Uint8Array.fromBase64(first.embedding)], [0, 0, 0, 0, 0, 0, 0x80, 0x40]);
});

for (
  const [name, body, param] of [
    ["no input", {}, "input"],
    ["an empty list", { input: [] }, "input"],
    ["half a token", { input: ["a", 1.5] }, "input"],
    ["a token among lists", { input: [[1], 1] }, "input"],
    ["an input of nothing", { input: ["a", []] }, "input"],
    ["too many inputs", { input: Array(2049).fill("a") }, "input"],
    ["an unknown format", { input: "a", encoding_format: "hex" }, "encoding_format"],
    ["more dimensions than there are", { input: "a", dimensions: 3 }, "dimensions"],
  ] as const
) {
  Deno.test(`embeddings refuse ${name}`, async () => {
    const response = await post("/v1/embeddings", body);
    assert.equal(response.status, 400);
    const { error } = await response.json();
    assert.equal(error.code, "invalid_value");
    assert.match(error.param, new RegExp(`^${param}`));
  });
}

Deno.test("documents are ranked, the best first, and cut to top_n", async () => {
  const body = { query: "q", documents: ["aa", { text: "aaaa" }, "a"] };
  for (const path of ["/v1/rerank", "/rerank"]) {
    const response = await post(path, body);
    assert.equal(response.status, 200);
    const { results, model } = RerankList.parse(await response.json());
    assert.equal(model, FAKE_MODEL.id);
    assert.deepEqual(results, [
      { index: 1, relevance_score: 4 },
      { index: 0, relevance_score: 2 },
      { index: 2, relevance_score: 1 },
    ]);
  }
  const response = await post("/v1/rerank", { ...body, top_n: 1, return_documents: true });
  const { results } = RerankList.parse(await response.json());
  assert.deepEqual(results, [{ index: 1, relevance_score: 4, document: { text: "aaaa" } }]);
  assert.equal((await post("/v1/rerank", { query: "q", documents: [] })).status, 400);
});

Deno.test("embeddings are shortened to fewer dimensions, and of length 1 again", async () => {
  // The fake model's are [index, length].
  const { data } = await embed({ input: ["a", "bcd"], dimensions: 1 });
  assert.deepEqual(data.map(({ embedding }) => embedding), [[0], [1]]);
});
