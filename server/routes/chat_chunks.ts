import type { AnswerLogprob, PartEvent } from "../../lib/engine/mod.ts";
import type { ChatCompletionChunk } from "../schemas/mod.ts";
import type { AnswerHead } from "./answer_head.ts";
import { toChatReason } from "./chat_answer.ts";
import { toChatLogprobs } from "./chat_logprobs.ts";
import type { ChunkShape } from "./chunk_writer.ts";

type Choice = ChatCompletionChunk["choices"][number];
type Delta = Choice["delta"];

/**
 * The parts of a streamed answer of OpenAI's chat API.
 *
 * @param legacy Whether calls have OpenAI's older form.
 */
export function chatChunks(head: AnswerHead, legacy: boolean): ChunkShape {
  const chunk = (choices: Choice[]): ChatCompletionChunk => ({ ...head, object: "chat.completion.chunk", choices });
  const part = (index: number, delta: Delta, logprobs: AnswerLogprob[] | undefined): ChatCompletionChunk =>
    chunk([{ index, delta, logprobs: logprobs === undefined ? null : toChatLogprobs(logprobs), finish_reason: null }]);
  return {
    // What begins with a thought or a call may say nothing at all.
    open: (index, { first }) => part(index, { role: "assistant", content: first === "part" ? null : "" }, undefined),
    text: (index, text, logprobs) => part(index, { content: text }, logprobs),
    thought: (index, text, logprobs) => part(index, { reasoning_content: text }, logprobs),
    call: (event) => part(event.index, legacy ? legacyDelta(event) : toDelta(event), event.logprobs),
    finish: (index, reason) =>
      chunk([{ index, delta: {}, logprobs: null, finish_reason: toChatReason(reason, legacy) }]),
    bare: () => chunk([]),
  };
}

type CallEvent = Exclude<PartEvent, { type: "reasoning" }>;

function toDelta(event: CallEvent): Delta {
  return {
    tool_calls: [
      event.type === "toolCall"
        ? { index: event.call, id: event.id, type: "function", function: { name: event.name, arguments: "" } }
        : { index: event.call, function: { arguments: event.text } },
    ],
  };
}

function legacyDelta(event: CallEvent): Delta {
  return {
    function_call: event.type === "toolCall" ? { name: event.name, arguments: "" } : { arguments: event.text },
  };
}
