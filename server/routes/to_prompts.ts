import type { Prompt } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
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
  if (numbers.length > 0) return [toTokens(numbers, { path: "prompt", vocabularySize })];
  return given.filter((element) => typeof element !== "number").map((element, index): Prompt =>
    typeof element === "string" ? toText(element) : toTokens(element, { path: `prompt.${index}`, vocabularySize })
  );
}

function toTokens(tokens: number[], { path, vocabularySize }: { path: string; vocabularySize: number }): Prompt {
  const wrong = tokens.findIndex((token) => token >= vocabularySize);
  if (wrong < 0) return { kind: "tokens", tokens };
  const param = `${path}.${wrong}`;
  const message = `Invalid "${param}": there is no token ${tokens[wrong]}, the vocabulary has ${vocabularySize}`;
  throw new EngineError("invalid_value", message, { param });
}
