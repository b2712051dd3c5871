import type { TokenizeOptions, Vocabulary } from "../../ffi/mod.ts";
import { expectTokens } from "./expect_tokens.ts";
import { promptTooLong } from "./prompt_too_long.ts";

/** What a prompt or an input is held against, and how its text is taken. */
export interface PromptOptions extends Partial<TokenizeOptions> {
  /** How a request names it, for an error about a token. */
  param: string;
  /** The most tokens that are of use: a text that is sure to have more is not tokenized, which would keep others waiting. */
  limit: number;
}

/** What texts and tokens are held against. */
export type CheckedVocabulary = Pick<Vocabulary, "size" | "longestToken" | "tokenize">;

/** A text is looked at before it is tokenized from so many bytes for each token of the limit on. */
const LONG_BYTES = 16;

/**
 * The tokens of what a client sent: a text, in which control tokens are taken for what they are unless told, or tokens.
 *
 * @throws {EngineError} `invalid_value` for a token that is not in the vocabulary, `context_length_exceeded` for a text that cannot fit.
 */
export function promptTokens(
  vocabulary: CheckedVocabulary,
  prompt: string | number[],
  { param, limit, addSpecial = true, parseSpecial = true }: PromptOptions,
): ArrayLike<number> {
  if (typeof prompt === "string") {
    expectMayFit(vocabulary, prompt.length, limit);
    return vocabulary.tokenize(prompt, { addSpecial, parseSpecial });
  }
  expectTokens(prompt, { size: vocabulary.size, param });
  return prompt;
}

/**
 * Holds the length of a text, before it is tokenized, against what is of use.
 *
 * @param length In characters, of which UTF-8 has at least as many bytes.
 * @throws {EngineError} `context_length_exceeded` where it cannot fit, as far as that can be told.
 */
export function expectMayFit(
  vocabulary: Pick<Vocabulary, "longestToken">,
  length: number,
  limit: number,
): void {
  if (length < limit * LONG_BYTES || vocabulary.longestToken === undefined) return;
  const least = Math.floor(length / vocabulary.longestToken);
  if (least <= limit) return;
  throw promptTooLong(
    `it has ${length} characters, which are at least ${least} tokens; at most ${limit} fit. ` +
      "Shorten it or start with a larger --ctx-size",
  );
}
