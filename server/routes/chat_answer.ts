import type { FinishReason, ToolCall } from "../../lib/engine/mod.ts";
import type { ChatCompletion } from "../schemas/mod.ts";
import type { AnswerHead } from "./answer_head.ts";
import { toChatLogprobs } from "./chat_logprobs.ts";
import type { CollectedAnswer, CollectedChoice } from "./collect_answer.ts";
import { toTimings, toUsage } from "./to_usage.ts";

type Message = ChatCompletion["choices"][number]["message"];

/** How a chat answer is written. */
export interface ChatAnswerOptions {
  head: AnswerHead;
  /** Whether log-probabilities were asked for. */
  logprobs: boolean;
  /** Whether calls have OpenAI's older form. */
  legacy: boolean;
}

/** A whole answer of OpenAI's chat API. */
export function toChatCompletion(
  answer: CollectedAnswer,
  { head, logprobs, legacy }: ChatAnswerOptions,
): ChatCompletion {
  return {
    ...head,
    object: "chat.completion",
    choices: answer.choices.map((choice, index) => ({
      index,
      message: toMessage(choice, legacy),
      logprobs: logprobs ? toChatLogprobs(choice.logprobs) : null,
      finish_reason: toChatReason(choice.finishReason, legacy),
    })),
    usage: toUsage(answer),
    timings: toTimings(answer),
  };
}

/** Why a choice ended, in the words of either form. */
export function toChatReason(
  reason: FinishReason,
  legacy: boolean,
): ChatCompletion["choices"][number]["finish_reason"] {
  return reason === "tool_calls" && legacy ? "function_call" : reason;
}

function toMessage({ text, reasoning, toolCalls }: CollectedChoice, legacy: boolean): Message {
  const [first] = toolCalls;
  return {
    role: "assistant",
    content: text === "" && first !== undefined ? null : text,
    refusal: null,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(first === undefined
      ? {}
      : legacy
      ? { function_call: { name: first.name, arguments: first.arguments } }
      : { tool_calls: toolCalls.map(toToolCall) }),
  };
}

function toToolCall({ id, name, arguments: text }: ToolCall): NonNullable<Message["tool_calls"]>[number] {
  return { id, type: "function", function: { name, arguments: text } };
}
