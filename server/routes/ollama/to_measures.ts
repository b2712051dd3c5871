import type { Measures } from "../../schemas/ollama/mod.ts";
import type { Spent } from "../to_usage.ts";

/** When things happened, by `performance.now()`. */
export interface Clock {
  /** The request came in. */
  started: number;
  /** Its model was there. */
  chosen: number;
}

/** Counts and durations under Ollama's names, up to now. */
export function toMeasures({ usage, timings }: Spent, { started, chosen }: Clock): Measures {
  return {
    total_duration: nanoseconds(performance.now() - started),
    load_duration: nanoseconds(chosen - started + timings.queueMs),
    prompt_eval_count: usage.promptTokens,
    prompt_eval_duration: nanoseconds(timings.prefillMs),
    eval_count: usage.completionTokens,
    eval_duration: nanoseconds(timings.decodeMs),
  };
}

/** Ollama's unit. */
export function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
