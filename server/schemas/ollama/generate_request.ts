import * as z from "zod";
import { notYet } from "../not_yet.ts";
import { EMPTY } from "./empty.ts";
import { checkLogprobs, requestShape } from "./request.ts";

/** The body of Ollama's `POST /api/generate`; without a prompt it asks that the model be loaded. An empty text is as good as none. */
export const GenerateRequest = z.object({
  ...requestShape,
  prompt: z.string().nullish(),
  /** What comes behind the gap that is to be filled, by models that have tokens for that. */
  suffix: z.string().nullish(),
  system: z.string().nullish(),
  /** The prompt as it is, without the chat template. */
  raw: z.boolean().nullish(),
  template: notYet("Templates in a request", EMPTY),
  /** Ollama's deprecated tokens of the conversation so far. */
  context: notYet("Conversations given as tokens", EMPTY),
  images: notYet("Images", EMPTY),
}).superRefine((request, context) => {
  checkLogprobs(request, context);
  const refuse = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  if (request.raw && request.system) refuse("system", 'not allowed with "raw": there is no template to put it in');
  if (request.suffix && request.system) {
    refuse("system", 'not allowed with "suffix": a gap is filled without a template');
  }
  if (request.raw && request.suffix) refuse("suffix", 'not allowed with "raw"');
  if (request.think && (request.raw || request.suffix)) {
    refuse(
      "think",
      `not allowed with "${request.raw ? "raw" : "suffix"}": what is thought is told by the template alone`,
    );
  }
});

/** What a client asks of `POST /api/generate`. */
export type GenerateRequest = z.infer<typeof GenerateRequest>;
