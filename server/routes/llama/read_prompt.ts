import type { Engine, Prompt } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";

/** A prompt whose tokens are known. */
export interface ReadPrompt {
  tokens: number[];
  /** What they stand for, control tokens included; what is no whole character is U+FFFD. */
  text: string;
}

/**
 * The tokens of a prompt, and its text.
 *
 * @throws {EngineError} `invalid_value` when there are none.
 */
export async function readPrompt(engine: Engine, prompt: Prompt): Promise<ReadPrompt> {
  const tokens = await engine.tokenize({ prompt });
  if (tokens.length === 0) {
    throw new EngineError("invalid_value", 'Invalid "prompt": expected at least one token, found none', {
      param: "prompt",
    });
  }
  return { tokens: Array.from(tokens), text: await engine.detokenize(tokens) };
}
