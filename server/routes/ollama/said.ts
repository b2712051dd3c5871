import type { OutputCall } from "../../schemas/ollama/mod.ts";
import type { AnswerPart, CallPart } from "../answer_parts.ts";
import { parseObject } from "../begun_object.ts";

/** What an answer of Ollama's, or a line of one, says. */
export interface Said {
  content: string;
  /** Empty where nothing was thought. */
  thinking: string;
  calls: OutputCall[];
}

/** Nothing at all. */
export const NOTHING: Said = { content: "", thinking: "", calls: [] };

/**
 * What a call says: itself, or the text of its arguments where that is no whole object, which Ollama's calls have no other place for.
 *
 * @param index How many calls came before it.
 */
export function saidByCall({ id, name, text }: CallPart, index: number): Said {
  const args = parseObject(text);
  if (args === undefined) return { ...NOTHING, content: text };
  return { ...NOTHING, calls: [{ id, function: { index, name, arguments: args } }] };
}

/** What all parts say together. */
export function saidByAll(parts: readonly AnswerPart[]): Said {
  const all: Said = { content: "", thinking: "", calls: [] };
  for (const part of parts) {
    const said = part.kind === "call"
      ? saidByCall(part, all.calls.length)
      : { ...NOTHING, [part.kind === "text" ? "content" : "thinking"]: part.text };
    all.content += said.content;
    all.thinking += said.thinking;
    all.calls.push(...said.calls);
  }
  return all;
}
