import assert from "node:assert/strict";
import { DeletedResponse, ResponseEvent, ResponseObject } from "../schemas/responses/mod.ts";
import { ask, askEvents, askJson, type Check, inOrder } from "./check.ts";
import { fitForecast, FORECAST_SCHEMA } from "./forecast.ts";

const BODY = { input: "Name three colors.", temperature: 0, max_output_tokens: 12 };
const DELTA = "response.output_text.delta";
const ORDER = [
  "response.created",
  "response.in_progress",
  "response.output_item.added",
  "response.content_part.added",
  DELTA,
  "response.output_text.done",
  "response.content_part.done",
  "response.output_item.done",
];

/** OpenAI's Responses API. */
export const RESPONSES_CHECKS: readonly Check[] = [
  { name: "POST /v1/responses", run: whole },
  { name: "… streamed in order", run: streamed },
  { name: "… a required call", run: called },
  { name: "… goes on from a stored one", run: stored },
];

async function whole(base: string): Promise<string> {
  const response = await respond(base, { ...BODY, store: false });
  assert.notEqual(textOf(response), "", "the answer is empty");
  const { input_tokens = 0, output_tokens = 0, total_tokens } = response.usage ?? {};
  assert.equal(total_tokens, input_tokens + output_tokens);
  return `${response.status}, ${input_tokens} + ${output_tokens} tokens`;
}

async function streamed(base: string): Promise<string> {
  const messages = await askEvents(`${base}/v1/responses`, { ...BODY, store: false, stream: true });
  const events = messages.map(({ name, data }) => ({ name, ...ResponseEvent.parse(JSON.parse(data)) }));
  const types = inOrder(events, DELTA);
  assert.match(types.pop() ?? "", /^response\.(completed|incomplete)$/);
  assert.deepEqual(types, ORDER);
  assert.ok(events.every(({ sequence_number }, index) => sequence_number === index), "they are not numbered from 0");
  const said = events.map((event) => event.type === DELTA ? event.delta : "").join("");
  const done = events.find((event) => event.type === "response.output_text.done");
  assert.equal(said, done?.text, "the parts are not the whole");
  return `${events.length} events`;
}

async function called(base: string): Promise<string> {
  const tools = [{ type: "function", name: "forecast", parameters: FORECAST_SCHEMA, strict: true }];
  const { output } = await respond(base, {
    ...BODY,
    tools,
    tool_choice: "required",
    parallel_tool_calls: false,
    max_output_tokens: 200,
    store: false,
  });
  const call = output.find((item) => item.type === "function_call");
  assert.deepEqual([call?.name, call?.status], ["forecast", "completed"]);
  return fitForecast(call?.arguments ?? "");
}

async function stored(base: string): Promise<string> {
  const first = await respond(base, { ...BODY, store: true });
  const url = `${base}/v1/responses/${first.id}`;
  assert.deepEqual(textOf(ResponseObject.parse(await askJson(url))), textOf(first), "another one was stored");
  const next = await respond(base, { ...BODY, store: false, previous_response_id: first.id });
  const [before = 0, after = 0] = [first.usage?.input_tokens, next.usage?.input_tokens];
  assert.ok(after > before, "what was said before is not in the prompt");
  const { deleted } = DeletedResponse.parse(await askJson(url, { method: "DELETE" }));
  await ask(url, { status: 404 });
  return `${before}, then ${after} prompt tokens; deleted: ${deleted}`;
}

async function respond(base: string, body: object): Promise<ResponseObject> {
  return ResponseObject.parse(await askJson(`${base}/v1/responses`, { body }));
}

function textOf({ output }: ResponseObject): string {
  return output.flatMap((item) => item.type === "message" ? item.content : []).map(({ text }) => text).join("");
}
