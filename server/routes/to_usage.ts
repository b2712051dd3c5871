import type { Timings as EngineTimings, Usage as EngineUsage } from "../../lib/engine/mod.ts";
import type { Timings, Usage } from "../schemas/mod.ts";

/** What the engine says of a whole request. */
export interface Spent {
  usage: EngineUsage;
  timings: EngineTimings;
}

/** Token counts under OpenAI's names. */
export function toUsage({ usage, timings }: Spent): Usage {
  const { draftTokens, draftAccepted } = timings;
  return {
    prompt_tokens: usage.promptTokens,
    completion_tokens: usage.completionTokens,
    total_tokens: usage.promptTokens + usage.completionTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    ...(draftTokens > 0
      ? {
        completion_tokens_details: {
          accepted_prediction_tokens: draftAccepted,
          rejected_prediction_tokens: draftTokens - draftAccepted,
        },
      }
      : {}),
  };
}

/** Counts and speeds under llama-server's names. */
export function toTimings({ usage, timings }: Spent): Timings {
  const { queueMs, prefillMs, decodeMs, draftTokens, draftAccepted } = timings;
  const prefilled = usage.promptTokens - usage.cachedTokens;
  return {
    cache_n: usage.cachedTokens,
    prompt_n: prefilled,
    prompt_ms: prefillMs,
    prompt_per_token_ms: ratio(prefillMs, prefilled),
    prompt_per_second: ratio(prefilled * 1000, prefillMs),
    predicted_n: usage.completionTokens,
    predicted_ms: decodeMs,
    predicted_per_token_ms: ratio(decodeMs, usage.completionTokens),
    predicted_per_second: ratio(usage.completionTokens * 1000, decodeMs),
    ...(draftTokens > 0 ? { draft_n: draftTokens, draft_n_accepted: draftAccepted } : {}),
    queue_ms: queueMs,
  };
}

function ratio(dividend: number, divisor: number): number {
  // JSON has no infinity.
  return divisor > 0 ? dividend / divisor : 0;
}
