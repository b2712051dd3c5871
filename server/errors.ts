import { EngineError, type ErrorCode } from "../lib/errors.ts";
import { logger } from "../lib/log.ts";
import type { ErrorBody } from "./schemas/mod.ts";
import { withoutFolders } from "./without_folders.ts";

/** Seconds after which a client may try again while the model loads or the queue is full. */
const RETRY_AFTER_S = 1;

type ErrorType = ErrorBody["error"]["type"];

/** How one error code looks in HTTP. */
interface Shape {
  status: number;
  type: ErrorType;
  retry?: boolean;
}

const INVALID: Shape = { status: 400, type: "invalid_request_error" };
const UNAVAILABLE: Shape = { status: 503, type: "unavailable_error", retry: true };
const BROKEN: Shape = { status: 500, type: "server_error" };

const SHAPES: Record<ErrorCode, Shape> = {
  usage: INVALID,
  invalid_value: INVALID,
  context_length_exceeded: INVALID,
  invalid_host: INVALID,
  not_found: { status: 404, type: "invalid_request_error" },
  method_not_allowed: { status: 405, type: "invalid_request_error" },
  request_too_large: { status: 413, type: "invalid_request_error" },
  unsupported_media_type: { status: 415, type: "invalid_request_error" },
  loading: UNAVAILABLE,
  overloaded: UNAVAILABLE,
  // Only the server itself cancels a request whose client still listens: it is being shut down.
  cancelled: { status: 503, type: "unavailable_error" },
  bad_file: BROKEN,
  bad_model: BROKEN,
  io: BROKEN,
  out_of_memory: BROKEN,
  download: BROKEN,
  internal: BROKEN,
};

/**
 * Turns whatever was thrown into the error that OpenAI's clients read. The message of an `internal` one, and of anything that is no
 * {@linkcode EngineError}, stays in the log; others that are not the client's are told without the folders of files.
 */
export function toErrorBody(thrown: unknown): ErrorBody {
  const error = toKnownError(thrown);
  const { type, status } = SHAPES[error.code];
  if (error.code === "internal") {
    return errorBody(type, "Internal error; the server's log says more", { code: "internal" });
  }
  const message = status === 500 ? withoutFolders(error.message) : error.message;
  return errorBody(type, message, { param: error.param ?? null, code: toCode(error) });
}

/** {@linkcode toErrorBody} as a response, with the status that belongs to it; `more` goes into the body beside the error. */
export function toErrorResponse(thrown: unknown, more: Record<string, unknown> = {}): Response {
  const { status, retry } = SHAPES[toKnownError(thrown).code];
  const headers: HeadersInit = retry ? { "retry-after": String(RETRY_AFTER_S) } : {};
  return Response.json({ ...more, ...toErrorBody(thrown) }, { status, headers });
}

/** Logs what is a defect or a broken model, and not what a client did wrong. */
export function logFailure(thrown: unknown, doing: string): void {
  const error = toKnownError(thrown);
  if (SHAPES[error.code].status !== 500) return;
  const cause = error.code === "internal" ? error.cause ?? error : error;
  const detail = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
  logger("server").error("{doing} failed: {message}: {detail}", { doing, message: error.message, detail });
}

function toKnownError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError("internal", message, { cause: thrown });
}

function toCode(error: EngineError): string {
  return error.code === "not_found" && error.param === "model" ? "model_not_found" : error.code;
}

function errorBody(
  type: ErrorType,
  message: string,
  { param = null, code }: { param?: string | null; code: string },
): ErrorBody {
  return { error: { message, type, param, code } };
}
