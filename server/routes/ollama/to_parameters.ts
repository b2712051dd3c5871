import type { GenerationParameters } from "../../schemas/mod.ts";
import type { OllamaRequest } from "../../schemas/ollama/mod.ts";

/** Ollama's options under the names that the other APIs share. */
export function toParameters({ options, stream }: Pick<OllamaRequest, "options" | "stream">): GenerationParameters {
  const { num_predict, num_keep, ...same } = options ?? {};
  return {
    ...same,
    max_tokens: num_predict === -2 ? -1 : num_predict,
    n_keep: num_keep,
    stream: stream !== false,
  };
}
