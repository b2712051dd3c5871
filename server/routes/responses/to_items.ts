import type { InputItem, Item, OutputText } from "../../schemas/responses/mod.ts";
import { newId } from "../../new_id.ts";

/** The messages that a request brings, in the one form in which they are kept; a plain text is the user's. */
export function toItems(input: string | InputItem[] | null | undefined): Item[] {
  if (typeof input === "string") return toItems([{ role: "user", content: input }]);
  return (input ?? []).map(toItem);
}

/** A text of an answer, with nothing but itself. */
export function toOutputText(text: string): OutputText {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function toItem({ role, content }: InputItem): Item {
  const texts = typeof content === "string" ? [content] : content.map((part) => part.text);
  // Ids of its own also for what was sent back: within a conversation no two items may have the same.
  const head = { id: newId("msg_"), type: "message", status: "completed" } as const;
  return role === "assistant"
    ? { ...head, role, content: texts.map(toOutputText) }
    : { ...head, role, content: texts.map((text) => ({ type: "input_text", text })) };
}
