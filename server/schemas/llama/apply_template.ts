import * as z from "zod";
import { ChatMessage } from "../chat_message.ts";
import { notYet } from "../not_yet.ts";
import { EMPTY_ARRAY, EMPTY_OBJECT } from "../empty.ts";

/** The body of `POST /apply-template`: what of a chat request the template sees. */
export const ApplyTemplateRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  model: z.string().nullish(),
  tools: notYet("Tools", EMPTY_ARRAY),
  add_generation_prompt: notYet("Conversations without the beginning of an answer", z.literal(true)),
  continue_final_message: notYet("Messages to be continued", z.literal(false)),
  chat_template: notYet("Other templates"),
  chat_template_kwargs: notYet("Parameters of the template", EMPTY_OBJECT),
});

/** The answer of `POST /apply-template`. */
export const AppliedTemplate = z.object({ prompt: z.string() });

/** A conversation as the model reads it. */
export type AppliedTemplate = z.infer<typeof AppliedTemplate>;
