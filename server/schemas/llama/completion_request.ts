import * as z from "zod";
import { checkLlamaGeneration, llamaGenerationShape } from "./generation.ts";
import { LlamaPrompt } from "./prompt.ts";

/** The body of `POST /completion`. `null` means absent; keys that are not listed are ignored. */
export const LlamaCompletionRequest = z.object({ prompt: LlamaPrompt, ...llamaGenerationShape })
  .superRefine(checkLlamaGeneration);

/** What a client asks of `POST /completion`. */
export type LlamaCompletionRequest = z.infer<typeof LlamaCompletionRequest>;
