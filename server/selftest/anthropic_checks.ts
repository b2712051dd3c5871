import assert from "node:assert/strict";
import { Message, MessageEvent, TokenCount } from "../schemas/anthropic/mod.ts";
import { ask, askEvents, askJson, type Check, inOrder, MESSAGES } from "./check.ts";
import { fitForecast, FORECAST_SCHEMA } from "./forecast.ts";

const BODY = { model: "any", messages: MESSAGES, temperature: 0, max_tokens: 12 };
const DELTA = "content_block_delta";
const ORDER = [
  "message_start",
  "content_block_start",
  "ping",
  DELTA,
  "content_block_stop",
  "message_delta",
  "message_stop",
];

/** Anthropic's API. */
export const ANTHROPIC_CHECKS: readonly Check[] = [
  { name: "POST /v1/messages", run: whole },
  { name: "… streamed in order", run: streamed },
  { name: "… a required call", run: called },
  { name: "… count_tokens", run: count },
];

async function whole(base: string): Promise<string> {
  const { message, id } = await answer(base);
  assert.match(id, /^req_/, "it has no request-id");
  assert.notEqual(
    message.content.map((block) => block.type === "text" ? block.text : "").join(""),
    "",
    "the answer is empty",
  );
  return `${message.stop_reason}, ${promptTokens(message)} + ${message.usage.output_tokens} tokens`;
}

async function streamed(base: string): Promise<string> {
  const messages = await askEvents(`${base}/v1/messages`, { ...BODY, stream: true });
  const events = messages.map(({ name, data }) => ({ name, ...MessageEvent.parse(JSON.parse(data)) }));
  assert.deepEqual(inOrder(events, DELTA), ORDER);
  return `${events.length} events`;
}

async function called(base: string): Promise<string> {
  const tools = [{ name: "forecast", input_schema: FORECAST_SCHEMA, strict: true }];
  const tool_choice = { type: "tool", name: "forecast", disable_parallel_tool_use: true };
  const body = { ...BODY, tools, tool_choice, max_tokens: 200 };
  const { content, stop_reason } = Message.parse(await askJson(`${base}/v1/messages`, { body }));
  const call = content.find((block) => block.type === "tool_use");
  assert.deepEqual([call?.name, stop_reason], ["forecast", "tool_use"]);
  return fitForecast(JSON.stringify(call?.input));
}

async function count(base: string): Promise<string> {
  const body = { model: "any", messages: MESSAGES };
  const { input_tokens } = TokenCount.parse(await askJson(`${base}/v1/messages/count_tokens`, { body }));
  assert.equal(input_tokens, promptTokens((await answer(base)).message), "an answer to it has another count");
  return `${input_tokens} tokens`;
}

async function answer(base: string): Promise<{ message: Message; id: string }> {
  const { text, headers } = await ask(`${base}/v1/messages`, { body: BODY });
  return { message: Message.parse(JSON.parse(text)), id: headers.get("request-id") ?? "" };
}

/** Anthropic counts those that came from the cache apart. */
function promptTokens({ usage }: Message): number {
  return usage.input_tokens + usage.cache_read_input_tokens;
}
