import assert from "node:assert/strict";
import { ModelList } from "../schemas/mod.ts";
import { ChatAnswer, LocalModels } from "../schemas/ollama/mod.ts";
import { ask, askJson, type Check, MESSAGES } from "./check.ts";
import { fitForecast, FORECAST_SCHEMA } from "./forecast.ts";

const BODY = { messages: MESSAGES, options: { temperature: 0, num_predict: 12 } };

/** Ollama's API. */
export const OLLAMA_CHECKS: readonly Check[] = [
  { name: "GET /api/tags", run: tags },
  { name: "POST /api/chat", run: whole },
  { name: "… streamed", run: streamed },
  { name: "… JSON of a schema", run: formatted },
];

async function tags(base: string): Promise<string> {
  const { models } = LocalModels.parse(await askJson(`${base}/api/tags`));
  const { data } = ModelList.parse(await askJson(`${base}/v1/models`));
  assert.equal(models.length, data.length, "/v1/models lists others");
  return models.map(({ name }) => name).join(", ");
}

async function whole(base: string): Promise<string> {
  const answer = ChatAnswer.parse(await askJson(`${base}/api/chat`, { body: { ...BODY, stream: false } }));
  assert.notEqual(answer.message.content, "", "the answer is empty");
  return endOf(answer);
}

async function streamed(base: string): Promise<string> {
  const { text, headers } = await ask(`${base}/api/chat`, { body: BODY });
  assert.equal(headers.get("content-type"), "application/x-ndjson");
  const lines = text.trimEnd().split("\n").map((line) => ChatAnswer.parse(JSON.parse(line)));
  const last = lines.pop();
  assert.ok(lines.length > 0 && lines.every(({ done }) => !done), "only the last line is the end");
  return `${lines.length} parts, ${endOf(last)}`;
}

async function formatted(base: string): Promise<string> {
  const body = { ...BODY, format: FORECAST_SCHEMA, stream: false, options: { ...BODY.options, num_predict: 200 } };
  const { message, done_reason } = ChatAnswer.parse(await askJson(`${base}/api/chat`, { body }));
  assert.equal(done_reason, "stop");
  return fitForecast(message.content);
}

function endOf(answer: ChatAnswer | undefined): string {
  assert.ok(answer?.done === true && answer.done_reason !== undefined, "it does not say why it ended");
  const { prompt_eval_count = 0, eval_count = 0 } = answer;
  assert.ok(prompt_eval_count > 0 && eval_count > 0, "it counts no tokens");
  return `${answer.done_reason}, ${prompt_eval_count} + ${eval_count} tokens`;
}
