import type { AnswerPart } from "../../../../lib/text/answer_parser.ts";
import type { AnswerParser } from "../../../../lib/text/answer_parser.ts";

/** What was parsed, put together. */
export interface Parsed {
  text: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
}

/** Parses an answer in pieces; neighbours of a kind become one part, and ids that look drawn are `drawn`. */
export function parseParts(parser: AnswerParser, pieces: readonly string[]): AnswerPart[] {
  const parts: AnswerPart[] = [];
  for (const part of [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]) {
    const last = parts.at(-1);
    if (part.type === "toolCall") {
      parts.push({ ...part, id: /^call_|^[A-Za-z0-9]{9}$/.test(part.id) ? "drawn" : part.id });
    } else if (last?.type === part.type) last.text += part.text;
    else parts.push({ ...part });
  }
  return parts;
}

/** Puts the parts of an answer together. */
export function joinParts(parts: readonly AnswerPart[]): Parsed {
  const parsed: Parsed = { text: "", reasoning: "", calls: [] };
  for (const part of parts) {
    const call = parsed.calls.at(-1);
    if (part.type === "text") parsed.text += part.text;
    else if (part.type === "reasoning") parsed.reasoning += part.text;
    else if (part.type === "toolCall") parsed.calls.push({ id: part.id, name: part.name, arguments: "" });
    else if (call !== undefined) call.arguments += part.text;
  }
  return parsed;
}
