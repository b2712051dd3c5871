import assert from "node:assert/strict";
import type { Embeddings } from "../../lib/engine/mod.ts";
import { AppliedTemplate, LlamaEmbeddings, TeiRanks, TokenList } from "../../server/schemas/llama/mod.ts";
import { ErrorBody, RerankList } from "../../server/schemas/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { llamaAppOver } from "./llama_app.ts";
import { MESSAGES, post } from "./requests.ts";

async function answerOf(path: string, body: unknown, engine = new FakeEngine()): Promise<unknown> {
  const response = await post(llamaAppOver(engine), body, path);
  assert.equal(response.status, 200, await response.clone().text());
  return await response.json();
}

async function expectRefused(path: string, body: unknown, param: string): Promise<void> {
  const response = await post(llamaAppOver(new FakeEngine()), body, path);
  const text = await response.text();
  assert.equal(response.status, 400, `${JSON.stringify(body)}: ${text}`);
  assert.equal(ErrorBody.strict().parse(JSON.parse(text)).error.param, param, text);
}

Deno.test("tokenize gives tokens, of texts and tokens in a row, too", async () => {
  assert.deepEqual(await answerOf("/tokenize", { content: "ab" }), { tokens: [97, 98] });
  assert.deepEqual(await answerOf("/tokenize", { content: ["a", 5, 6, "b"] }), { tokens: [97, 5, 6, 98] });
  assert.deepEqual(await answerOf("/tokenize", { content: "" }), { tokens: [] });
  assert.deepEqual(await answerOf("/tokenize", { content: [] }), { tokens: [] });
});

Deno.test("tokenize gives pieces as text, or as bytes where they are none", async () => {
  const body = await answerOf("/tokenize", { content: "aé", with_pieces: true });
  assert.deepEqual(TokenList.strict().parse(body), {
    tokens: [{ id: 97, piece: "a" }, { id: 0xc3, piece: [0xc3] }, { id: 0xa9, piece: [0xa9] }],
  });
});

Deno.test("tokenize adds no control tokens unless it is told, and reads them", async () => {
  const asked: unknown[] = [];
  class Asked extends FakeEngine {
    override tokenize(input: Parameters<FakeEngine["tokenize"]>[0]): ReturnType<FakeEngine["tokenize"]> {
      asked.push([input.addSpecial, input.parseSpecial]);
      return super.tokenize(input);
    }
  }
  const engine = new Asked();
  await answerOf("/tokenize", { content: "a" }, engine);
  await answerOf("/tokenize", { content: "a", add_special: true, parse_special: false }, engine);
  assert.deepEqual(asked, [[false, true], [true, false]]);
});

Deno.test("detokenize gives the text of tokens", async () => {
  assert.deepEqual(await answerOf("/detokenize", { tokens: [0xc3, 0xa9, 97] }), { content: "éa" });
  assert.deepEqual(await answerOf("/detokenize", { tokens: [] }), { content: "" });
});

Deno.test("apply-template gives the conversation as the model reads it, with the server's system prompt", async () => {
  const body = AppliedTemplate.strict().parse(await answerOf("/apply-template", { messages: MESSAGES }));
  assert.equal(body.prompt, "user: Hi\n");
  const app = llamaAppOver(new FakeEngine(), { systemPrompt: "Be kind" });
  const { prompt } = await (await post(app, { messages: MESSAGES }, "/apply-template")).json();
  assert.equal(prompt, "system: Be kind\nuser: Hi\n");
});

Deno.test("tokenize, detokenize and apply-template refuse by name what is wrong", async () => {
  await expectRefused("/tokenize", {}, "content");
  await expectRefused("/tokenize", { content: 5 }, "content");
  await expectRefused("/tokenize", { content: ["a", -1] }, "content");
  await expectRefused("/tokenize", { content: "a", with_pieces: 1 }, "with_pieces");
  await expectRefused("/detokenize", {}, "tokens");
  await expectRefused("/detokenize", { tokens: ["a"] }, "tokens");
  await expectRefused("/apply-template", {}, "messages");
  await expectRefused("/apply-template", { messages: MESSAGES, tools: [{}] }, "tools.0.type");
  await expectRefused("/apply-template", { messages: MESSAGES, tool_choice: "required" }, "tool_choice");
  await expectRefused(
    "/apply-template",
    { messages: MESSAGES, continue_final_message: true },
    "continue_final_message",
  );
  await expectRefused("/apply-template", { messages: MESSAGES, chat_template_kwargs: [] }, "chat_template_kwargs");
});

Deno.test("llama embeddings are an array, with one vector for each input", async () => {
  const cases: [unknown, number[][]][] = [
    [{ content: "four" }, [[0, 4]]],
    [{ input: "four", encoding_format: "float", embd_normalize: 2 }, [[0, 4]]],
    [{ input: ["a", "bc"] }, [[0, 1], [1, 2]]],
    [{ input: [5, 6, 7] }, [[0, 3]]],
    [{ input: [5, "ab"] }, [[0, 3]]],
    [{ input: [[5], [6, 7], "abc"] }, [[0, 1], [1, 2], [2, 3]]],
  ];
  for (const path of ["/embedding", "/embeddings"]) {
    for (const [body, vectors] of cases) {
      const found = LlamaEmbeddings.parse(await answerOf(path, body));
      assert.deepEqual(found, vectors.map((vector, index) => ({ index, embedding: [vector] })), JSON.stringify(body));
    }
  }
});

Deno.test("llama embeddings without pooling are one vector for each token", async () => {
  class Unpooled extends FakeEngine {
    override embed(): Promise<Embeddings> {
      return Promise.resolve({ embeddings: [Float32Array.of(1, 2, 3, 4)], size: 2, promptTokens: 2 });
    }
  }
  const body = await answerOf("/embedding", { content: "ab" }, new Unpooled());
  assert.deepEqual(body, [{ index: 0, embedding: [[1, 2], [3, 4]] }]);
});

Deno.test("llama embeddings refuse by name what they cannot do", async () => {
  await expectRefused("/embedding", {}, "content");
  await expectRefused("/embedding", { content: "a", input: "a" }, "content");
  await expectRefused("/embedding", { content: [] }, "content");
  await expectRefused("/embedding", { content: "a", encoding_format: "base64" }, "encoding_format");
  await expectRefused("/embedding", { content: "a", embd_normalize: -1 }, "embd_normalize");
});

Deno.test("reranking answers documents in Jina's shape and texts in TEI's, by all of its paths", async () => {
  for (const path of ["/rerank", "/reranking", "/v1/rerank", "/v1/reranking"]) {
    const documents = ["aa", { text: "aaaa" }, "a"];
    const jina = RerankList.strict().parse(
      await answerOf(path, { query: "q", documents, return_documents: true, top_n: 2 }),
    );
    assert.equal(jina.model, "fake-model");
    assert.deepEqual(jina.results, [
      { index: 1, relevance_score: 4, document: { text: "aaaa" } },
      { index: 0, relevance_score: 2, document: { text: "aa" } },
    ]);
    const texts = ["aa", "aaaa"];
    const tei = TeiRanks.parse(await answerOf(path, { query: "q", texts, return_text: true }));
    assert.deepEqual(tei, [{ index: 1, score: 4, text: "aaaa" }, { index: 0, score: 2, text: "aa" }]);
    assert.deepEqual(await answerOf(path, { query: "q", texts, top_n: 1 }), [{ index: 1, score: 4 }]);
  }
});

Deno.test("reranking refuses by name what is wrong", async () => {
  await expectRefused("/reranking", { query: "q" }, "documents");
  await expectRefused("/reranking", { query: "q", documents: ["a"], texts: ["a"] }, "documents");
  await expectRefused("/reranking", { query: "q", documents: [] }, "documents");
  await expectRefused("/reranking", { query: "q", texts: [] }, "texts");
  await expectRefused("/reranking", { texts: ["a"] }, "query");
});
