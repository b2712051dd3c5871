import type { ChatMessage as EngineMessage, Prompt } from "../../lib/engine/mod.ts";
import type { ChatMessage } from "../schemas/mod.ts";
import { isGiven } from "./to_sampling.ts";

/** Maps a conversation to what the engine takes, with the server's system prompt where it brings none. */
export function toChatPrompt(messages: ChatMessage[], systemPrompt: string | undefined): Prompt {
  return { kind: "chat", messages: withSystemPrompt(messages.map(toEngineMessage), systemPrompt) };
}

function toEngineMessage(message: ChatMessage): EngineMessage {
  // "developer" is OpenAI's newer word for "system", which is the one that chat templates know.
  const role = message.role === "developer" ? "system" : message.role;
  const content = toText(message.content);
  return isGiven(message.name) ? { role, content, name: message.name } : { role, content };
}

/** Joins text parts with a line break between two, as llama-server does. */
function toText(content: ChatMessage["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text).join("\n");
}

function withSystemPrompt(messages: EngineMessage[], systemPrompt: string | undefined): EngineMessage[] {
  if (systemPrompt === undefined || messages.some((message) => message.role === "system")) return messages;
  return [{ role: "system", content: systemPrompt }, ...messages];
}
