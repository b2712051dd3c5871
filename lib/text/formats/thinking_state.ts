import type { Chat } from "../../engine/conversation.ts";
import type { ThoughtFormat } from "./format.ts";

/**
 * Tells by the end of a prompt whether the answer begins within thoughts (`open`), behind them (`closed`), or where the model may begin some
 * (`free`).
 */
export function thinkingState(prompt: string, { start, end }: ThoughtFormat, chat: Chat): "open" | "closed" | "free" {
  if (chat.template?.continueFinal === true) {
    const { content = "", reasoning = "" } = chat.messages.at(-1) ?? {};
    const [opened, ended] = [content.lastIndexOf(start), content.lastIndexOf(end)];
    if (opened > ended) return "open";
    return content === "" && reasoning !== "" ? "open" : "closed";
  }
  const trimmed = prompt.trimEnd();
  if (trimmed.endsWith(start)) return "open";
  return trimmed.endsWith(end) ? "closed" : "free";
}
