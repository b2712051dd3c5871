import { EngineError } from "../errors.ts";
import { describeModel } from "./describe_model.ts";
import type { Gguf } from "./read_gguf.ts";

/**
 * Checks that a draft model can guess the tokens of a model: both must number the same vocabulary.
 *
 * @param draft The header of the draft model.
 * @param of `model`: the header of the model; `path`: the file of the draft model, for the message.
 * @throws {EngineError} `bad_model` when their vocabularies differ in kind or size.
 */
export function checkDraft(draft: Gguf, { model, path }: { model: Gguf; path: string }): void {
  const [own, theirs] = [draft, model].map(describeModel).map(({ tokenizer, vocabularySize }) =>
    `${tokenizer ?? "unknown"}, ${vocabularySize ?? 0} tokens`
  );
  if (own === theirs) return;
  throw new EngineError(
    "bad_model",
    `Cannot use draft model "${path}": its vocabulary (${own}) is not the model's (${theirs}); choose a smaller one of the same family`,
  );
}
