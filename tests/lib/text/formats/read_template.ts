import type { Chat, ChatMessage, ToolCall } from "../../../../lib/engine/conversation.ts";
import { ChatTemplate } from "../../../../lib/text/chat_template.ts";
import { planAnswer, prepareChat, templateFacts } from "../../../../lib/text/formats/mod.ts";
import { joinParts, type Parsed, parseParts } from "./parsing.ts";
import { NOW, WEATHER } from "./weather.ts";

/** What is asked. */
const QUESTION: ChatMessage = { role: "user", content: "How is the weather?" };

/** What the tools answer: the template's message before it is what is looked at. */
const RESULT = "the-result-of-it";

/** What a template makes of an assistant's calls, and what the parser of its format makes of that. */
export interface TemplateReading {
  /** What the template wrote for the message, as much of it as is not in the prompt of an answer, and in front of the first result. */
  written: string;
  parsed: Parsed;
}

/**
 * Has a template write an assistant's message with these calls, and reads that as an answer.
 *
 * @throws {EngineError} `invalid_value` when the template refuses them.
 */
export function readTemplate(source: string, calls: ToolCall[]): TemplateReading {
  const facts = templateFacts(source);
  const template = new ChatTemplate(source, { bosText: "<s>", eosText: "</s>" });
  const chat: Chat = {
    messages: [QUESTION],
    tools: { tools: [WEATHER, NOW], choice: { mode: "auto" }, parallel: true },
  };
  const render = (chat: Chat) => template.render(prepareChat(chat, facts));
  const before = render(chat);
  const results = calls.map(({ id, name }) => ({ role: "tool", content: RESULT, toolCallId: id, name }));
  const whole = render({
    ...chat,
    messages: [QUESTION, { role: "assistant", content: "", toolCalls: calls }, ...results],
  }).split(RESULT)[0] ?? "";
  let common = 0;
  while (common < before.length && before[common] === whole[common]) common++;
  // Not within a marker.
  common = whole.slice(0, common).search(/(<[^>]*|\[[A-Z_]*)?$/);
  const prompt = whole.slice(0, common);
  const written = whole.slice(common);
  const { parser } = planAnswer(chat, { template: facts, prompt });
  if (parser === undefined) throw new Error("The format has no parser");
  return { written, parsed: joinParts(parseParts(parser(), [written])) };
}
