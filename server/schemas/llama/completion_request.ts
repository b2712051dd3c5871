import * as z from "zod";
import { checkStreamed, llamaGenerationShape } from "./generation.ts";
import { LlamaPrompt } from "./prompt.ts";

/** The body of `POST /completion`. `null` means absent; keys that are not listed are ignored. */
export const LlamaCompletionRequest = z.object({ prompt: LlamaPrompt, ...llamaGenerationShape })
  .superRefine(checkStreamed);

/** What a client asks of `POST /completion`. */
export type LlamaCompletionRequest = z.infer<typeof LlamaCompletionRequest>;
