import { expectTokens, type Prompt } from "../../lib/engine/mod.ts";
import type { CompletionRequest } from "../schemas/mod.ts";

/**
 * The prompts of a completion request, one by one.
 *
 * @param request `prompt`: a text, token ids, or several of either; `suffix`: what follows the gap behind each text.
 * @param vocabularySize Token ids lie below it.
 * @throws {EngineError} `invalid_value` for a token that the model does not have.
 */
export function toPrompts(
  { prompt: given, suffix }: Pick<CompletionRequest, "prompt" | "suffix">,
  vocabularySize: number,
): Prompt[] {
  const toText = (text: string): Prompt =>
    suffix ? { kind: "infill", before: text, after: suffix } : { kind: "text", text };
  if (typeof given === "string") return [toText(given)];
  const numbers = given.filter((element) => typeof element === "number");
  if (numbers.length > 0) return [toTokens(numbers, { param: "prompt", size: vocabularySize })];
  return given.filter((element) => typeof element !== "number").map((element, index): Prompt =>
    typeof element === "string"
      ? toText(element)
      : toTokens(element, { param: `prompt.${index}`, size: vocabularySize })
  );
}

function toTokens(tokens: number[], expected: { param: string; size: number }): Prompt {
  expectTokens(tokens, expected);
  return { kind: "tokens", tokens };
}
