import type { Prompt } from "../../../lib/engine/mod.ts";
import type { MixedText } from "../../schemas/llama/mod.ts";

/** A prompt as llama-server takes it: a text, or texts among token ids. */
export function toPrompt(mixed: MixedText): Prompt {
  if (typeof mixed === "string") return { kind: "text", text: mixed };
  const parts: (string | number[])[] = [];
  for (const part of mixed) {
    const last = parts.at(-1);
    if (typeof part === "string") parts.push(part);
    else if (Array.isArray(last)) last.push(part);
    else parts.push([part]);
  }
  const [only] = parts;
  return parts.length === 1 && Array.isArray(only) ? { kind: "tokens", tokens: only } : { kind: "parts", parts };
}
