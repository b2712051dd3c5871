import * as z from "zod";
import { ChatMessage } from "../chat_message.ts";
import { notYet } from "../not_yet.ts";
import { EMPTY_ARRAY } from "../empty.ts";
import { templateShape } from "../template.ts";

/** The body of `POST /apply-template`: what of a chat request the template sees. */
export const ApplyTemplateRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  model: z.string().nullish(),
  tools: notYet("Tools", EMPTY_ARRAY),
  ...templateShape,
});

/** The answer of `POST /apply-template`. */
export const AppliedTemplate = z.object({ prompt: z.string() });

/** A conversation as the model reads it. */
export type AppliedTemplate = z.infer<typeof AppliedTemplate>;
