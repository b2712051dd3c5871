import type { TokenPiece } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";

/** A prompt whose tokens are known. */
export interface ReadPrompt {
  tokens: number[];
  /** What they stand for, control tokens included; what is no whole character is U+FFFD. */
  text: string;
}

/**
 * The prompt that pieces make.
 *
 * @throws {EngineError} `invalid_value` when there are none.
 */
export function readPrompt(pieces: TokenPiece[]): ReadPrompt {
  if (pieces.length === 0) {
    throw new EngineError("invalid_value", 'Invalid "prompt": expected at least one token, found none', {
      param: "prompt",
    });
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const text = pieces.map(({ bytes }) => decoder.decode(bytes, { stream: true })).join("") + decoder.decode();
  return { tokens: pieces.map(({ token }) => token), text };
}
