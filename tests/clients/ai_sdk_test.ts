import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  cosineSimilarity,
  embed,
  embedMany,
  generateText,
  type LanguageModelUsage,
  streamText,
} from "ai";
import assert from "node:assert/strict";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { notingFetch } from "./noting_fetch.ts";
import { untilIdle } from "./until_idle.ts";

const MODEL = "smollm2-135m-instruct";
/** What all requests share; the answer is always the same. */
const GREEDY = { prompt: "Name three colors.", temperature: 0, maxOutputTokens: 24, maxRetries: 0 };

Deno.test("the packed llamafile is driven by the Vercel AI SDK", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "2048"] });
  const { fetch, ignored } = notingFetch();
  const provider = createOpenAICompatible({
    name: "packllama",
    baseURL: `${server.url}/v1`,
    includeUsage: true,
    fetch,
  });
  const model = provider("any");

  await test.step("generateText has text, finish reason, usage and the model's name", async () => {
    const { text, finishReason, usage, finalStep, warnings } = await generateText({ model, ...GREEDY });
    assert.ok(text.length > 5);
    assert.ok(["stop", "length"].includes(finishReason));
    assert.equal(finalStep.response.modelId, MODEL);
    assert.match(finalStep.response.id, /^chatcmpl-/);
    assert.deepEqual(warnings ?? [], []);
    checkUsage(usage);
  });

  await test.step("streamText gives the same as generateText", async () => {
    const plain = await generateText({ model, ...GREEDY });
    const stream = streamText({ model, ...GREEDY });
    const deltas = await Array.fromAsync(stream.textStream);
    assert.equal(deltas.join(""), plain.text);
    assert.deepEqual([await stream.text, await stream.finishReason], [plain.text, plain.finishReason]);
    const usage = await stream.usage;
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [plain.usage.inputTokens, plain.usage.outputTokens]);
    checkUsage(usage);
  });

  await test.step("a system prompt and earlier turns are part of the prompt", async () => {
    const { prompt, ...settings } = GREEDY;
    const first = await generateText({ model, ...settings, prompt });
    const second = await generateText({
      model,
      ...settings,
      instructions: "Answer in French, and say at great length why the answer is what it is.",
      messages: [{ role: "user", content: prompt }, ...first.responseMessages, { role: "user", content: "Two more." }],
    });
    const before = (first.usage.inputTokens ?? 0) + (first.usage.outputTokens ?? 0);
    assert.ok((second.usage.inputTokens ?? 0) > before);
  });

  await test.step("limits, stop sequences and seeds are honoured", async () => {
    const whole = await generateText({ model, ...GREEDY });
    const stop = whole.text.slice(8, 12);
    const stopped = await generateText({ model, ...GREEDY, stopSequences: [stop] });
    assert.deepEqual([stopped.text, stopped.finishReason], [whole.text.slice(0, whole.text.indexOf(stop)), "stop"]);
    const cut = await generateText({ model, ...GREEDY, maxOutputTokens: 3 });
    assert.deepEqual([cut.usage.outputTokens, cut.finishReason], [3, "length"]);
    const draw = async (seed: number): Promise<string> =>
      (await generateText({ model, ...GREEDY, temperature: 1.5, seed })).text;
    assert.equal(await draw(1), await draw(1));
    assert.notEqual(await draw(1), await draw(2));
  });

  await test.step("a completion model goes on from a text, whole and streamed", async () => {
    const completion = {
      ...GREEDY,
      model: provider.completionModel("any"),
      prompt: "One, two, three,",
      maxOutputTokens: 8,
    };
    const plain = await generateText(completion);
    assert.equal(await streamText(completion).text, plain.text);
    checkUsage(plain.usage);
  });

  await test.step("embed and embedMany give vectors of length 1", async () => {
    const embedder = provider.embeddingModel("any");
    const values = ["A cat sat on the mat.", "A kitten sat on the rug.", "Stocks fell sharply in early trading."];
    const { embeddings: [cat = [], kitten = [], stocks = []], usage } = await embedMany({ model: embedder, values });
    assert.deepEqual([cat.length, kitten.length, stocks.length], [576, 576, 576]);
    assert.ok(cosineSimilarity(cat, kitten) > cosineSimilarity(cat, stocks));
    assert.ok(usage.tokens > 15);
    const { embedding } = await embed({ model: embedder, value: "A cat sat on the mat." });
    assert.ok(cosineSimilarity(cat, embedding) > 0.9999);
  });

  await test.step("a wrong value is an APICallError that is not tried again", async () => {
    const wrong = generateText({ model, ...GREEDY, temperature: 9 });
    await assert.rejects(wrong, (error) => {
      assert.ok(APICallError.isInstance(error));
      assert.deepEqual([error.statusCode, error.isRetryable], [400, false]);
      return /temperature/.test(error.message);
    });
  });

  await test.step("a client that leaves frees the engine at once", async () => {
    const leaving = new AbortController();
    const { textStream } = streamText({
      model,
      prompt: "Write a very long story.",
      abortSignal: leaving.signal,
      onError: () => {},
    });
    let read = 0;
    for await (const _ of textStream) if (++read === 2) leaving.abort();
    assert.ok(read >= 2);
    await untilIdle(server.url);
  });

  await test.step("nothing that the SDK sent was dropped", () => assert.deepEqual([...ignored], []));
});

function checkUsage({ inputTokens = 0, outputTokens = 0, totalTokens }: LanguageModelUsage): void {
  assert.ok(inputTokens > 3 && outputTokens > 3);
  assert.equal(totalTokens, inputTokens + outputTokens);
}
