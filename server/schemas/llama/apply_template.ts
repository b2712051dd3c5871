import * as z from "zod";
import { ChatMessage } from "../chat_message.ts";
import { notYet } from "../not_yet.ts";
import { isEmptyArray } from "../is_empty_array.ts";

/** The body of `POST /apply-template`: what of a chat request the template sees. */
export const ApplyTemplateRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  model: z.string().nullish(),
  tools: notYet("Tools", isEmptyArray),
  add_generation_prompt: notYet("Conversations without the beginning of an answer", (value) => value === true),
  continue_final_message: notYet("Messages to be continued", (value) => value === false),
  chat_template: notYet("Other templates"),
  chat_template_kwargs: notYet("Parameters of the template", isEmptyObject),
});

/** The answer of `POST /apply-template`. */
export const AppliedTemplate = z.object({ prompt: z.string() });

/** A conversation as the model reads it. */
export type AppliedTemplate = z.infer<typeof AppliedTemplate>;

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
