import * as z from "zod";
import { notYet } from "../not_yet.ts";
import { JsonSchemaObject } from "../json_value.ts";
import { Options } from "./options.ts";

const FALSE = z.literal(false);

/** Everything but the prompt that Ollama's generating requests share. `null` means absent; `keep_alive`, which is not listed, is ignored. */
export const requestShape = {
  model: z.string().nullish(),
  /** Streamed unless this is false. */
  stream: z.boolean().nullish(),
  options: Options.nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  /** An empty text asks for nothing. */
  format: z.union([z.literal(["", "json"]), JsonSchemaObject]).nullish(),
  think: z.union([z.boolean(), z.enum(["low", "medium", "high", "max"])]).nullish(),
  /** False: what is too long for the context is an error, as it is here anyway. */
  truncate: notYet("Conversations that are cut to fit the context", FALSE),
  /** Whether the context shifts is chosen when the server is started. */
  shift: notYet("Context shifts chosen by a request"),
  _debug_render_only: notYet("Requests that only render the prompt", FALSE),
};

const RequestShape = z.object(requestShape);

/** What a generating request says besides its prompt. */
export type OllamaRequest = z.infer<typeof RequestShape>;

/** Refuses `top_logprobs` where none are asked for, which Ollama drops in silence. */
export function checkLogprobs(request: OllamaRequest, context: z.RefinementCtx): void {
  if (request.top_logprobs && !request.logprobs) {
    context.addIssue({ code: "custom", path: ["top_logprobs"], message: 'allowed only with "logprobs": true' });
  }
}
