/**
 * Why something failed, as a closed list. `server/errors.ts` maps each to an HTTP status, `main.ts` to an exit code.
 *
 * - `usage`: the command line is wrong (exit code 2).
 * - `invalid_value`: one request parameter is wrong; `param` names it.
 * - `context_length_exceeded`: the prompt does not fit the context.
 * - `not_found`: a model, route or entry that does not exist.
 * - `bad_file`: a file is damaged, truncated or of another kind.
 * - `bad_model`: a well-formed model that this engine cannot run.
 * - `io`: the OS refused to read or write.
 * - `out_of_memory`: memory does not suffice.
 * - `invalid_host`, `method_not_allowed`, `request_too_large`, `unsupported_media_type`: an HTTP request is wrong before its parameters are.
 * - `loading`: the model is still being loaded; try again soon.
 * - `overloaded`: the queue is full; try again later.
 * - `cancelled`: the caller aborted.
 * - `download`: a source could not be reached or gave wrong bytes.
 * - `internal`: a defect; the cause is logged, not shown.
 */
export type ErrorCode =
  | "usage"
  | "invalid_value"
  | "context_length_exceeded"
  | "not_found"
  | "bad_file"
  | "bad_model"
  | "io"
  | "out_of_memory"
  | "invalid_host"
  | "method_not_allowed"
  | "request_too_large"
  | "unsupported_media_type"
  | "loading"
  | "overloaded"
  | "cancelled"
  | "download"
  | "internal";

/** What an {@linkcode EngineError} carries besides its message. */
export interface EngineErrorOptions {
  /** The request parameter at fault, as the client wrote it, e.g. `messages.0.role`. */
  param?: string;
  /** The error underneath. */
  cause?: unknown;
}

/** An expected failure, with one clear line for a person as its message: what failed, which, found, expected, what to do. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** Why it failed. */
  readonly code: ErrorCode;
  /** The request parameter at fault, when there is one. */
  readonly param: string | undefined;

  constructor(code: ErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.param = options.param;
  }
}

/**
 * Turns whatever was thrown into an {@linkcode EngineError}: one stays itself, an OS error becomes `io`, anything else `internal`.
 *
 * @param error What was caught.
 * @param doing What was being done, to begin the message with, e.g. `Cannot read "x.gguf"`.
 */
export function toEngineError(error: unknown, doing: string): EngineError {
  if (error instanceof EngineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = isOsError(error) ? "io" : "internal";
  return new EngineError(code, `${doing}: ${message}`, { cause: error });
}

function isOsError(error: unknown): boolean {
  return error instanceof Error && (error.constructor.name in Deno.errors || "code" in error);
}
