import type { Engine } from "../../lib/engine/mod.ts";
import type { MixedText } from "../schemas/llama/mod.ts";
import { tokenizeMixed } from "./llama/tokenize_mixed.ts";

/**
 * A text or tokens as the engine embeds them; texts among tokens become tokens.
 *
 * @throws {EngineError} As {@linkcode tokenizeMixed}.
 */
export async function toEmbedInput(text: MixedText, engine: Engine): Promise<string | number[]> {
  if (typeof text === "string") return text;
  const numbers = text.filter((part) => typeof part === "number");
  if (numbers.length === text.length) return numbers;
  return (await tokenizeMixed(engine, text)).map(({ token }) => token);
}
