import assert from "node:assert/strict";
import { ChatCompletion, ChatCompletionChunk, Completion, EmbeddingList, ModelList } from "../schemas/mod.ts";
import { askEvents, askJson, type Check, MESSAGES } from "./check.ts";
import { STRUCTURE_CHECKS } from "./structure_checks.ts";

const GREEDY = { messages: MESSAGES, temperature: 0, max_tokens: 24 };
/** Nothing that may differ from one time to the next: no cached prefix, no guesses. */
const REPEATABLE = { ...GREEDY, temperature: 1, seed: 11, cache_prompt: false, speculation: false };
/** How far the length of an embedding may be from 1. */
const LENGTH_ERROR = 1e-4;

/** OpenAI's older API. */
export const OPENAI_CHECKS: readonly Check[] = [
  { name: "GET /health", run: async (base) => `${JSON.stringify(await askJson(`${base}/health`))}` },
  { name: "GET /v1/models", run: models },
  { name: "POST /v1/chat/completions", run: chat },
  { name: "… streamed", run: chatStream },
  { name: "… streamed as whole", run: streamEqualsWhole },
  { name: "… the same for the same seed", run: determinism },
  { name: "… with a receipt", run: receipt },
  { name: "… logprobs", run: logprobs },
  ...STRUCTURE_CHECKS,
  { name: "POST /v1/completions", run: completion },
  { name: "POST /v1/embeddings", run: embeddings },
];

async function models(base: string): Promise<string> {
  const { data } = ModelList.parse(await askJson(`${base}/v1/models`));
  assert.ok(data.length > 0, "it lists no model");
  return data.map(({ id }) => id).join(", ");
}

async function chat(base: string): Promise<string> {
  const { usage, choices } = ChatCompletion.parse(await askJson(`${base}/v1/chat/completions`, { body: GREEDY }));
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0 && usage.completion_tokens <= GREEDY.max_tokens);
  assert.notEqual(choices[0]?.message.content, "", "the answer is empty");
  return `${usage.prompt_tokens} + ${usage.completion_tokens} tokens`;
}

async function stream(base: string, body: object): Promise<ChatCompletionChunk[]> {
  const events = await askEvents(`${base}/v1/chat/completions`, {
    ...body,
    stream: true,
    stream_options: { include_usage: true },
  });
  assert.equal(events.pop()?.data, "[DONE]");
  return events.map(({ data }) => ChatCompletionChunk.parse(JSON.parse(data)));
}

async function chatStream(base: string): Promise<string> {
  const chunks = await stream(base, GREEDY);
  const usage = chunks.pop();
  const choices = chunks.map((chunk) => chunk.choices[0]);
  assert.equal(choices[0]?.delta.role, "assistant", "the first delta has the role");
  assert.ok(choices.slice(0, -1).every((choice) => choice?.finish_reason === null));
  assert.notEqual(choices.at(-1)?.finish_reason ?? null, null, "the last one has the reason of its end");
  assert.ok(usage?.choices.length === 0 && usage.usage, "usage comes in a chunk without choices");
  assert.equal(new Set(chunks.map(({ id }) => id)).size, 1, "all have one id");
  return `${chunks.length} chunks, usage, [DONE]`;
}

async function streamEqualsWhole(base: string): Promise<string> {
  const whole = await say(base, REPEATABLE);
  const chunks = await stream(base, REPEATABLE);
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
  assert.equal(text, whole);
  return `${text.length} characters`;
}

async function determinism(base: string): Promise<string> {
  const [first, again] = [await say(base, REPEATABLE), await say(base, REPEATABLE)];
  assert.equal(again, first);
  return `seed ${REPEATABLE.seed}, temperature ${REPEATABLE.temperature}`;
}

async function receipt(base: string): Promise<string> {
  const body = { ...GREEDY, temperature: 1, receipt: true };
  const { choices, receipt } = ChatCompletion.parse(await askJson(`${base}/v1/chat/completions`, { body }));
  assert.ok(receipt, "there is none");
  assert.equal(receipt.answer.text, choices[0]?.message.content);
  return `seed ${receipt.request.sampling.seed}, ${receipt.samplers.map(({ name }) => name).join(", ")}`;
}

async function logprobs(base: string): Promise<string> {
  const body = { ...GREEDY, max_tokens: 4, logprobs: true, top_logprobs: 3 };
  const { choices } = ChatCompletion.parse(await askJson(`${base}/v1/chat/completions`, { body }));
  const content = choices[0]?.logprobs?.content ?? [];
  assert.ok(content.length > 0 && content.every(({ top_logprobs }) => top_logprobs.length === 3));
  assert.ok(content.every(({ logprob }) => logprob <= 0), "a log-probability is at most 0");
  return `${content.length} tokens, 3 each`;
}

async function completion(base: string): Promise<string> {
  const body = { prompt: "1, 2, 3, 4,", temperature: 0, max_tokens: 8, echo: true };
  const { choices, usage } = Completion.parse(await askJson(`${base}/v1/completions`, { body }));
  assert.ok(choices[0]?.text.startsWith(body.prompt), "it does not begin with the echo");
  return `${usage.completion_tokens} tokens`;
}

async function embeddings(base: string): Promise<string> {
  const { data } = EmbeddingList.parse(await askJson(`${base}/v1/embeddings`, { body: { input: ["a storm", "a"] } }));
  const lengths = data.map(({ embedding }) => typeof embedding === "string" ? NaN : norm(embedding));
  assert.ok(
    lengths.length === 2 && lengths.every((length) => Math.abs(length - 1) < LENGTH_ERROR),
    `lengths ${lengths}`,
  );
  return `${data[0]?.embedding.length} dimensions`;
}

async function say(base: string, body: object): Promise<string> {
  const { choices } = ChatCompletion.parse(await askJson(`${base}/v1/chat/completions`, { body }));
  return choices[0]?.message.content ?? "";
}

function norm(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}
