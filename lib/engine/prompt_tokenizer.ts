import type { TokenizeOptions, Vocabulary } from "../../ffi/mod.ts";
import { EngineError } from "../errors.ts";
import { commonPrefix } from "./common_prefix.ts";
import { type CheckedVocabulary, expectMayFit, promptTokens } from "./prompt_tokens.ts";
import type { RawPrompt } from "./protocol.ts";

const WHOLE: TokenizeOptions = { addSpecial: true, parseSpecial: true };
const PART: TokenizeOptions = { addSpecial: false, parseSpecial: false };

/** What a {@linkcode PromptTokenizer} asks of the vocabulary. */
export type PromptVocabulary =
  & CheckedVocabulary
  & Pick<Vocabulary, "bos" | "addsBos" | "fimPrefix" | "fimSuffix" | "fimMiddle">;

/** Turns prompts into the tokens that a model is given. */
export class PromptTokenizer {
  readonly #vocabulary: PromptVocabulary;
  readonly #limit: number;

  /** @param limit Tokens that one sequence may have: a text that is sure to have more is not tokenized. */
  constructor(vocabulary: PromptVocabulary, limit: number) {
    this.#vocabulary = vocabulary;
    this.#limit = limit;
  }

  /**
   * Tokenizes a prompt.
   *
   * @param options Of a text; the other kinds say themselves what they are.
   * @throws {EngineError} `invalid_value` for tokens that the vocabulary has not, `context_length_exceeded` for a text that cannot fit.
   */
  tokenize(prompt: RawPrompt, options: TokenizeOptions = WHOLE): ArrayLike<number> {
    if (typeof prompt === "string" || Array.isArray(prompt)) return this.#plain(prompt, options);
    if ("before" in prompt) return this.#infill(prompt);
    if ("parts" in prompt) return this.#parts(prompt.parts, options);
    const [first = [], ...others] = prompt.beginningOf.map((text) => this.#plain(text, WHOLE));
    return Array.from(first).slice(0, Math.min(...others.map((tokens) => commonPrefix(first, tokens))));
  }

  #plain(prompt: string | number[], options: TokenizeOptions): ArrayLike<number> {
    return promptTokens(this.#vocabulary, prompt, { param: "prompt", limit: this.#limit, ...options });
  }

  /** What is added at the beginning is added where that is a text, as llama-server has it (`tokenize_mixed`). */
  #parts(parts: (string | number[])[], { addSpecial, parseSpecial }: TokenizeOptions): ArrayLike<number> {
    const characters = parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : 0), 0);
    expectMayFit(this.#vocabulary, characters, this.#limit);
    const tokens = parts.map((part, i) => this.#plain(part, { addSpecial: addSpecial && i === 0, parseSpecial }));
    return tokens.flatMap((part) => Array.from(part));
  }

  /** In the order that llama-server has: the text before the gap, the text behind it, and there the model begins. */
  #infill({ before, after }: { before: string; after: string }): number[] {
    const { fimPrefix, fimSuffix, fimMiddle, bos, addsBos } = this.#vocabulary;
    if (fimPrefix === undefined || fimSuffix === undefined || fimMiddle === undefined) {
      throw new EngineError("invalid_value", "This model has no tokens to fill a gap with; leave the suffix out", {
        param: "suffix",
      });
    }
    return [
      ...(addsBos && bos !== undefined ? [bos] : []),
      fimPrefix,
      ...Array.from(this.#plain(before, PART)),
      fimSuffix,
      ...Array.from(this.#plain(after, PART)),
      fimMiddle,
    ];
  }
}
