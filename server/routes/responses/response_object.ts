import type { FinishReason, ModelInfo, Sampling } from "../../../lib/engine/mod.ts";
import { toErrorBody } from "../../errors.ts";
import { newId } from "../../new_id.ts";
import type { OutputItem, ResponseObject, ResponseRequest, ResponseUsage } from "../../schemas/responses/mod.ts";
import type { WholeAnswer } from "../answer_parts.ts";
import type { Spent } from "../to_usage.ts";
import { newItemId, toOutputItem } from "./to_items.ts";

/** A response that has begun, and has nothing to say yet. */
export function openResponse(
  request: ResponseRequest,
  { model, sampling }: { model: ModelInfo; sampling: Partial<Sampling> },
): ResponseObject {
  return {
    id: newId("resp_"),
    object: "response",
    created_at: now(),
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    model: model.id,
    output: [],
    usage: null,
    ...echo(request),
    temperature: sampling.temperature ?? null,
    top_p: sampling.topP ?? null,
    tools: toTools(request),
    max_tool_calls: null,
    text: { format: toFormat(request), verbosity: "medium" },
    reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
    truncation: "disabled",
    background: false,
    service_tier: "default",
    access_programs: null,
  };
}

/** The status of the last item of an answer. */
export function lastStatus(finishReason: FinishReason): "completed" | "incomplete" {
  return finishReason === "length" ? "incomplete" : "completed";
}

/** The items that an answer is: all but the last one are whole in any case. */
export function toOutput({ parts, finish }: Pick<WholeAnswer, "parts" | "finish">): OutputItem[] {
  return parts.map((part, index) =>
    toOutputItem(part, {
      id: newItemId(part),
      status: index < parts.length - 1 ? "completed" : lastStatus(finish.finishReason),
    })
  );
}

/** The response once its items are whole. */
export function closeResponse(open: ResponseObject, output: OutputItem[], spent: Spent): ResponseObject {
  const closed = { ...open, output, usage: toResponseUsage(spent) };
  return output.every(({ status }) => status === "completed")
    ? { ...closed, status: "completed", completed_at: now() }
    : { ...closed, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
}

/** The response when something went wrong after it had begun. */
export function failResponse(open: ResponseObject, thrown: unknown): ResponseObject {
  const { message, type, param } = toErrorBody(thrown).error;
  const code = type === "invalid_request_error" ? "invalid_prompt" : "server_error";
  return { ...open, status: "failed", error: { code, message, param, type } };
}

/** What the request said that the response repeats. */
function echo(
  request: ResponseRequest,
): Pick<
  ResponseObject,
  | "previous_response_id"
  | "store"
  | "instructions"
  | "max_output_tokens"
  | "top_logprobs"
  | "metadata"
  | "user"
  | "safety_identifier"
  | "prompt_cache_key"
  | "parallel_tool_calls"
  | "tool_choice"
> {
  return {
    previous_response_id: request.previous_response_id ?? null,
    store: request.store ?? true,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    top_logprobs: request.top_logprobs ?? 0,
    metadata: request.metadata ?? {},
    user: typeof request.user === "string" ? request.user : null,
    safety_identifier: request.safety_identifier ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    tool_choice: request.tool_choice ?? "auto",
  };
}

function toTools({ tools }: Pick<ResponseRequest, "tools">): ResponseObject["tools"] {
  return (tools ?? []).map(({ type, name, description = null, parameters = null, strict = null }) => ({
    type,
    name,
    description,
    parameters,
    strict,
  }));
}

function toFormat({ text }: Pick<ResponseRequest, "text">): ResponseObject["text"]["format"] {
  const format = text?.format ?? { type: "text" };
  if (format.type !== "json_schema") return format;
  const { type, name, schema, description, strict = null } = format;
  return { type, name, schema, strict, ...(description ? { description } : {}) };
}

function toResponseUsage({ usage }: Spent): ResponseUsage {
  return {
    input_tokens: usage.promptTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: 0 },
    output_tokens: usage.completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: usage.promptTokens + usage.completionTokens,
  };
}

/** Unix time in seconds. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}
