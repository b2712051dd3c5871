import { EngineError } from "../../../lib/errors.ts";
import { toErrorBody, toErrorResponse } from "../../errors.ts";
import type { MessageError } from "../../schemas/anthropic/mod.ts";

/** Anthropic's own status for a server that has too much to do; its clients try again. */
const OVERLOADED = 529;

type ErrorType = MessageError["error"]["type"];

/** Turns whatever was thrown into the error that Anthropic's clients read, with the status that belongs to it. */
export function toMessageErrorResponse(thrown: unknown): Response {
  const { status, headers } = toErrorResponse(thrown);
  const body = toMessageError(thrown);
  const busy = thrown instanceof EngineError && thrown.code === "overloaded";
  const answer = Response.json(body, {
    status: busy ? OVERLOADED : status,
    headers: { "request-id": body.request_id },
  });
  const wait = headers.get("retry-after");
  if (wait !== null) answer.headers.set("retry-after", wait);
  return answer;
}

/** {@linkcode toMessageErrorResponse}'s body alone, for a stream that has begun. */
export function toMessageError(thrown: unknown): MessageError {
  const { message } = toErrorBody(thrown).error;
  return {
    type: "error",
    error: { type: typeOf(thrown), message },
    request_id: `req_${crypto.randomUUID().replaceAll("-", "")}`,
  };
}

function typeOf(thrown: unknown): ErrorType {
  if (thrown instanceof EngineError && thrown.code === "overloaded") return "overloaded_error";
  const { status } = toErrorResponse(thrown);
  if (status === 404) return "not_found_error";
  if (status === 413) return "request_too_large";
  return status < 500 ? "invalid_request_error" : "api_error";
}
