import assert from "node:assert/strict";
import { ChatCompletion, ChatCompletionChunk } from "../schemas/mod.ts";
import { askEvents, askJson, type Check, MESSAGES } from "./check.ts";
import { fitForecast as fit, FORECAST_SCHEMA as SCHEMA } from "./forecast.ts";

const BODY = { messages: MESSAGES, temperature: 1, max_tokens: 64 };
const CALLING = {
  ...BODY,
  tools: [{ type: "function", function: { name: "forecast", parameters: SCHEMA, strict: true } }],
  tool_choice: "required",
  parallel_tool_calls: false,
};
const HELD = {
  ...BODY,
  response_format: { type: "json_schema", json_schema: { name: "forecast", schema: SCHEMA, strict: true } },
};

/** Calls and answers that are held to schemas. */
export const STRUCTURE_CHECKS: readonly Check[] = [
  { name: "… a required call", run: requiredCall },
  { name: "… a required call, streamed", run: streamedCall },
  { name: "… JSON of a schema", run: jsonOfSchema },
];

async function requiredCall(base: string): Promise<string> {
  const { choices } = ChatCompletion.parse(await askJson(`${base}/v1/chat/completions`, { body: CALLING }));
  const [call, ...others] = choices[0]?.message.tool_calls ?? [];
  assert.ok(call !== undefined && others.length === 0, "it has not one call");
  assert.equal(call.function.name, "forecast");
  assert.equal(choices[0]?.finish_reason, "tool_calls");
  return fit(call.function.arguments);
}

async function streamedCall(base: string): Promise<string> {
  const events = await askEvents(`${base}/v1/chat/completions`, { ...CALLING, stream: true });
  assert.equal(events.pop()?.data, "[DONE]");
  const choices = events.map(({ data }) => ChatCompletionChunk.parse(JSON.parse(data)).choices[0]);
  const parts = choices.flatMap((choice) => choice?.delta.tool_calls ?? []);
  const [head] = parts;
  assert.ok(head !== undefined && "id" in head && head.function.name === "forecast", "its head does not come first");
  assert.equal(choices.at(-1)?.finish_reason, "tool_calls");
  return fit(parts.map((part) => part.function.arguments).join(""));
}

async function jsonOfSchema(base: string): Promise<string> {
  const { choices } = ChatCompletion.parse(await askJson(`${base}/v1/chat/completions`, { body: HELD }));
  assert.equal(choices[0]?.finish_reason, "stop");
  return fit(choices[0]?.message.content ?? "");
}
