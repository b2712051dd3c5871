import type { Engine } from "../../lib/engine/mod.ts";
import type { MixedText } from "../schemas/llama/mod.ts";
import { toPrompt } from "./llama/to_prompt.ts";

/**
 * A text or tokens as the engine embeds them; texts among tokens become tokens.
 *
 * @throws {EngineError} As `Engine.tokenize`.
 */
export async function toEmbedInput(text: MixedText, engine: Engine): Promise<string | number[]> {
  const prompt = toPrompt(text);
  if (prompt.kind === "text") return prompt.text;
  return prompt.kind === "tokens" ? prompt.tokens : Array.from(await engine.tokenize({ prompt }));
}
