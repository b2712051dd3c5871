import { EngineError } from "../../../lib/errors.ts";
import { toErrorBody, toErrorResponse } from "../../errors.ts";
import type { MessageError } from "../../schemas/anthropic/mod.ts";

/** Anthropic's own status for a server that has too much to do; its clients try again. */
const OVERLOADED = 529;

type ErrorType = MessageError["error"]["type"];

/** Turns whatever was thrown into the error that Anthropic's clients read, with the status that belongs to it. */
export function toMessageErrorResponse(thrown: unknown, requestId: string): Response {
  const { status, headers } = toErrorResponse(thrown);
  const busy = thrown instanceof EngineError && thrown.code === "overloaded";
  const wait = headers.get("retry-after");
  return Response.json(toMessageError(thrown, requestId), {
    status: busy ? OVERLOADED : status,
    headers: wait === null ? {} : { "retry-after": wait },
  });
}

/** {@linkcode toMessageErrorResponse}'s body alone, for a stream that has begun. */
export function toMessageError(thrown: unknown, requestId: string): MessageError {
  const { message } = toErrorBody(thrown).error;
  return { type: "error", error: { type: typeOf(thrown), message }, request_id: requestId };
}

function typeOf(thrown: unknown): ErrorType {
  if (thrown instanceof EngineError && thrown.code === "overloaded") return "overloaded_error";
  const { status } = toErrorResponse(thrown);
  if (status === 404) return "not_found_error";
  if (status === 413) return "request_too_large";
  return status < 500 ? "invalid_request_error" : "api_error";
}
