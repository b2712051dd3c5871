import type { Prompt } from "../../../lib/engine/mod.ts";
import type { CountTokensRequest } from "../../schemas/anthropic/mod.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";

type Turn = CountTokensRequest["messages"][number];

/** Maps a conversation to what the engine takes: the system prompt in front, turns of the same role joined, as Anthropic does. */
export function toMessagesPrompt(
  { messages, system }: Pick<CountTokensRequest, "messages" | "system">,
  systemPrompt: string | undefined,
): Prompt {
  const turns: { role: Turn["role"]; content: string }[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n${toText(content)}`;
    else turns.push({ role, content: toText(content) });
  }
  // No blocks say as little as no text: the server's own system prompt is not to give way to them.
  const first = toText(system ?? "");
  return toChatPrompt(first === "" ? turns : [{ role: "system", content: first }, ...turns], { systemPrompt });
}

function toText(content: Turn["content"]): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}
