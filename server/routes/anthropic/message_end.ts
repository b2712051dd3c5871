import type { FinishReason, GenerateEvent, Usage } from "../../../lib/engine/mod.ts";
import type { MessageUsage, StopReason } from "../../schemas/anthropic/mod.ts";

type Finish = Extract<GenerateEvent, { type: "finish" }>;

const REASONS: Record<FinishReason, StopReason> = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" };

/** Why an answer has ended, in Anthropic's words. */
export function toMessageEnd(
  { finishReason, stopString }: Finish,
): { stop_reason: StopReason; stop_sequence: string | null } {
  if (stopString !== undefined) return { stop_reason: "stop_sequence", stop_sequence: stopString };
  return { stop_reason: REASONS[finishReason], stop_sequence: null };
}

/** Token counts under Anthropic's names, which has cached ones apart from the others. */
export function toMessageUsage({ promptTokens, cachedTokens, completionTokens }: Usage): MessageUsage {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}
