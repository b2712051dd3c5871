import assert from "node:assert/strict";
import { Detokenized, LlamaCompletion, LlamaCompletionChunk, Props, TokenList } from "../schemas/llama/mod.ts";
import { ask, askEvents, askJson, type Check } from "./check.ts";

const BODY = { prompt: "1, 2, 3, 4,", temperature: 0, n_predict: 8, cache_prompt: false, speculation: false };
const TEXT = "Hello, world! Grüße: 3 + 4 = 7.";
const SAMPLE = /^llamacpp:(\w+) (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;

/** llama-server's own API. */
export const LLAMA_CHECKS: readonly Check[] = [
  { name: "POST /completion", run: completion },
  { name: "… streamed", run: streamed },
  { name: "POST /tokenize and /detokenize", run: roundTrip },
  { name: "GET /props", run: props },
  { name: "GET /metrics", run: metrics },
];

async function completion(base: string): Promise<string> {
  const answer = LlamaCompletion.parse(await askJson(`${base}/completion`, { body: BODY }));
  assert.ok(
    answer.tokens_predicted > 0 && answer.tokens_predicted <= BODY.n_predict,
    "it has too many tokens, or none",
  );
  return `${answer.tokens_evaluated} + ${answer.tokens_predicted} tokens, ${answer.stop_type}`;
}

async function streamed(base: string): Promise<string> {
  const events = await askEvents(`${base}/completion`, { ...BODY, stream: true });
  const messages: unknown[] = events.map(({ data }) => JSON.parse(data));
  const { tokens_predicted } = LlamaCompletion.parse(messages.pop());
  const parts = messages.map((message) => LlamaCompletionChunk.parse(message));
  assert.equal(parts.flatMap(({ tokens }) => tokens).length, tokens_predicted, "the parts have other tokens");
  return `${parts.length} parts and the end`;
}

async function roundTrip(base: string): Promise<string> {
  const { tokens } = TokenList.parse(await askJson(`${base}/tokenize`, { body: { content: TEXT } }));
  const { content } = Detokenized.parse(await askJson(`${base}/detokenize`, { body: { tokens } }));
  // Some vocabularies put a space in front.
  assert.equal(content.trimStart(), TEXT);
  return `${tokens.length} tokens`;
}

async function props(base: string): Promise<string> {
  const { total_slots, default_generation_settings: { n_ctx } } = Props.parse(await askJson(`${base}/props`));
  assert.ok(total_slots > 0 && n_ctx > 0, `${total_slots} slots of ${n_ctx} tokens`);
  return `slots: ${total_slots}, context: ${n_ctx}`;
}

async function metrics(base: string): Promise<string> {
  // What is counted is there, whatever was asked before.
  await askJson(`${base}/completion`, { body: BODY });
  const lines = (await ask(`${base}/metrics`)).text.trimEnd().split("\n").filter((line) => !line.startsWith("# "));
  const samples = lines.map((line) => {
    const [, name = "", value] = SAMPLE.exec(line) ?? assert.fail(`a line that is no sample: ${line}`);
    return [name, Number(value)] as const;
  });
  const tokens = new Map(samples).get("tokens_predicted_total") ?? 0;
  assert.ok(tokens > 0, "it counts no tokens");
  return `${samples.length} metrics, ${tokens} tokens`;
}
