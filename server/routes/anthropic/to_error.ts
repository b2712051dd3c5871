import type { Context } from "hono";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv } from "../../app_input.ts";
import { toErrorBody, toErrorResponse } from "../../errors.ts";
import type { MessageError } from "../../schemas/anthropic/mod.ts";
import { requestId } from "./name_request.ts";

/** Anthropic's own status for a server that has too much to do; its clients try again. */
const OVERLOADED = 529;

type ErrorType = MessageError["error"]["type"];

/** Turns whatever was thrown into the error that Anthropic's clients read, with the status that belongs to it. */
export function answerMessageError(thrown: unknown, c: Context<AppEnv>): Response {
  const { status, headers } = toErrorResponse(thrown);
  const busy = thrown instanceof EngineError && thrown.code === "overloaded";
  const wait = headers.get("retry-after");
  return Response.json(toMessageError(thrown, requestId(c)), {
    status: busy ? OVERLOADED : status,
    headers: wait === null ? {} : { "retry-after": wait },
  });
}

/** {@linkcode answerMessageError}'s body alone, for a stream that has begun. */
export function toMessageError(thrown: unknown, requestId: string): MessageError {
  const { message } = toErrorBody(thrown).error;
  return { type: "error", error: { type: typeOf(thrown), message }, request_id: requestId };
}

function typeOf(thrown: unknown): ErrorType {
  const { status, headers } = toErrorResponse(thrown);
  // Also of a server that still loads: its clients are to try again.
  if (headers.has("retry-after")) return "overloaded_error";
  if (status === 404) return "not_found_error";
  if (status === 413) return "request_too_large";
  return status < 500 ? "invalid_request_error" : "api_error";
}
