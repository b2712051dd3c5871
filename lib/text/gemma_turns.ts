import type { Json } from "../engine/conversation.ts";
import { joinedText, type TemplateMessage } from "./template_message.ts";

/**
 * Makes one message of an assistant's calls, their results and its answer, which is how Gemma 4 writes them: the older ones of its templates
 * know results in no other way.
 */
export function gemmaTurns(messages: TemplateMessage[]): TemplateMessage[] {
  const turns: TemplateMessage[] = [];
  for (let i = 0; i < messages.length;) {
    const message = messages[i];
    if (message === undefined) break;
    i++;
    if (message.role !== "assistant" || message.tool_calls === undefined) {
      turns.push(message);
      continue;
    }
    const results: TemplateMessage[] = [];
    for (let next = messages[i]; next?.role === "tool"; next = messages[i]) {
      results.push(next);
      i++;
    }
    const answer = messages[i];
    const isAnswered = answer?.role === "assistant" && answer.tool_calls === undefined &&
      joinedText(answer.content) !== "";
    if (isAnswered) i++;
    turns.push(turnOf(message, results, isAnswered ? answer : undefined));
  }
  return turns;
}

function turnOf(
  { reasoning_content: reasoning, tool_calls: calls = [] }: TemplateMessage,
  results: TemplateMessage[],
  answer: TemplateMessage | undefined,
): TemplateMessage {
  const responses = results.map(({ tool_call_id: id = "", content }, i) => ({
    name: calls[i]?.function.name ?? id,
    response: responseOf(content),
  }));
  return {
    role: "assistant",
    tool_calls: calls,
    ...(responses.length === 0 ? {} : { tool_responses: responses }),
    ...(answer?.content === undefined ? {} : { content: answer.content }),
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
  };
}

/** What a tool answered, as the JSON that it is, or else as a text. */
function responseOf(content: TemplateMessage["content"]): Json {
  if (typeof content !== "string") return content?.map(({ type, text = "" }) => ({ type, text })) ?? null;
  try {
    return JSON.parse(content);
  } catch {
    return content; // Most results are no JSON.
  }
}
