import type { AnswerLogprob, FinishReason, ModelInfo, Sampling } from "../../../lib/engine/mod.ts";
import { toErrorBody } from "../../errors.ts";
import type { OutputMessage, ResponseObject, ResponseRequest, ResponseUsage } from "../../schemas/responses/mod.ts";
import { toChatLogprobs } from "../chat_logprobs.ts";
import type { Spent } from "../to_usage.ts";
import { newId } from "../../new_id.ts";
import { toOutputText } from "./to_items.ts";

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
    tools: [],
    max_tool_calls: null,
    text: { format: { type: "text" }, verbosity: "medium" },
    reasoning: { effort: null, summary: null },
    truncation: "disabled",
    background: false,
    service_tier: "default",
    access_programs: null,
  };
}

/** What one whole answer says and why it ended. */
export interface Said {
  /** The id of its message. */
  id: string;
  text: string;
  logprobs: AnswerLogprob[];
  finishReason: FinishReason;
}

/** The message that an answer is. */
export function toMessage({ id, text, logprobs, finishReason }: Said): OutputMessage {
  return {
    id,
    type: "message",
    role: "assistant",
    status: finishReason === "length" ? "incomplete" : "completed",
    content: [{ ...toOutputText(text), logprobs: toChatLogprobs(logprobs).content }],
  };
}

/** The response once its messages are whole. */
export function closeResponse(open: ResponseObject, output: OutputMessage[], spent: Spent): ResponseObject {
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
    tool_choice: request.tool_choice === "none" ? "none" : "auto",
  };
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
