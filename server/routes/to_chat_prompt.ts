import type {
  ChatMessage as EngineMessage,
  Prompt,
  ReasoningUse,
  TemplateUse,
  ToolCall,
  ToolUse,
} from "../../lib/engine/mod.ts";
import type { ChatMessage } from "../schemas/mod.ts";
import { expectArguments } from "./expect_arguments.ts";
import { isGiven } from "./to_sampling.ts";

type AssistantMessage = Extract<ChatMessage, { role: "assistant" }>;

/** What a conversation is answered with, besides its messages. */
export interface ChatUse {
  /** Put in front of a conversation that brings none of its own. */
  systemPrompt?: string | undefined;
  tools?: ToolUse | undefined;
  template?: TemplateUse | undefined;
  reasoning?: ReasoningUse | undefined;
}

/**
 * Maps a conversation to what the engine takes.
 *
 * @throws {EngineError} `invalid_value` for calls whose arguments are no JSON object.
 */
export function toChatPrompt(
  messages: ChatMessage[],
  { systemPrompt, tools, template, reasoning }: ChatUse = {},
): Prompt & { kind: "chat" } {
  return {
    kind: "chat",
    messages: withSystemPrompt(messages.map((_, index) => toEngineMessage(messages, index)), systemPrompt),
    ...(tools === undefined ? {} : { tools }),
    ...(template === undefined ? {} : { template }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

function toEngineMessage(messages: ChatMessage[], index: number): EngineMessage {
  const message = messages[index];
  if (message === undefined) throw new RangeError(`There is no message ${index}`);
  const content = toText(message.content);
  const parts = Array.isArray(message.content) ? message.content.map((part) => part.text) : [];
  // One part says the same as a text.
  const text = parts.length > 1 ? { content, parts } : { content };
  const name = isGiven(message.name) ? { name: message.name } : {};
  switch (message.role) {
    case "assistant":
      return { role: "assistant", ...text, ...name, ...thoughtsAndCalls(message, `messages.${index}`, index) };
    case "tool": {
      const id = message.tool_call_id;
      return { role: "tool", ...text, ...name, ...(isGiven(id) ? { toolCallId: id } : {}) };
    }
    case "function": {
      const caller = messages.findLastIndex((each, i) => i < index && each.role === "assistant" && each.function_call);
      return { role: "tool", ...text, ...name, ...(caller < 0 ? {} : { toolCallId: legacyId(caller) }) };
    }
    default:
      return { role: message.role, ...text, ...name };
  }
}

function thoughtsAndCalls(
  { tool_calls, function_call, reasoning_content }: AssistantMessage,
  param: string,
  index: number,
): Pick<EngineMessage, "reasoning" | "toolCalls"> {
  const calls = (tool_calls ?? []).map(({ id, function: { name, arguments: text } }, i): ToolCall => ({
    id,
    name,
    arguments: expectArguments(text, `${param}.tool_calls.${i}.function.arguments`),
  }));
  if (function_call) {
    const text = expectArguments(function_call.arguments, `${param}.function_call.arguments`);
    calls.push({ id: legacyId(index), name: function_call.name, arguments: text });
  }
  return {
    ...(reasoning_content ? { reasoning: reasoning_content } : {}),
    ...(calls.length === 0 ? {} : { toolCalls: calls }),
  };
}

/** The older form has no ids, and templates want some. */
function legacyId(message: number): string {
  return `call_${message}`;
}

/** Joins text parts with a line break between two, as llama-server does. */
function toText(content: ChatMessage["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text).join("\n");
}

function withSystemPrompt(messages: EngineMessage[], systemPrompt: string | undefined): EngineMessage[] {
  if (systemPrompt === undefined || messages.some(({ role }) => role === "system" || role === "developer")) {
    return messages;
  }
  return [{ role: "system", content: systemPrompt }, ...messages];
}
