import type { Engine, Prompt, TokenizeInput, TokenPiece } from "../../../lib/engine/mod.ts";
import type { MixedText } from "../../schemas/llama/mod.ts";

/**
 * The tokens of a text, or of texts and tokens that follow each other. What is added at the beginning is added where that is a text, as
 * llama-server has it (`tokenize_mixed`).
 *
 * @throws {EngineError} `invalid_value` for a token that the model does not have, `context_length_exceeded` for a text that cannot fit.
 */
export async function tokenizeMixed(
  engine: Engine,
  text: MixedText,
  { addSpecial = true, parseSpecial = true }: Omit<TokenizeInput, "prompt"> = {},
): Promise<TokenPiece[]> {
  const pieces = toParts(text).map((prompt, index) =>
    engine.tokenize({ prompt, addSpecial: addSpecial && index === 0, parseSpecial })
  );
  return (await Promise.all(pieces)).flat();
}

/** Tokens that follow each other are one part. */
function toParts(text: MixedText): Prompt[] {
  const parts: Prompt[] = [];
  for (const part of typeof text === "string" ? [text] : text) {
    const last = parts.at(-1);
    if (typeof part === "string") parts.push({ kind: "text", text: part });
    else if (last?.kind === "tokens") last.tokens.push(part);
    else parts.push({ kind: "tokens", tokens: [part] });
  }
  return parts;
}
