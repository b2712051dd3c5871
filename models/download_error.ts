import { EngineError } from "../lib/errors.ts";

/**
 * What a failed transfer allows next:
 * - `unreachable`: no answer at all; trying again helps only if the server answered before.
 * - `interrupted`: it broke off or the server is busy; trying again goes on from there.
 * - `refused`: the answer is final, or the bytes are wrong.
 */
export type DownloadFailure = "unreachable" | "interrupted" | "refused";

/** A transfer that failed; its message gives the reason only, the caller puts in front what was being downloaded. */
export class DownloadError extends EngineError {
  readonly failure: DownloadFailure;
  /** Milliseconds that the server asked to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: DownloadFailure, reason: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super("download", reason, { cause: options.cause });
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs;
  }
}
