import { notYet } from "./not_yet.ts";

/** What llama-server takes to change how a conversation is written for the model. */
export const templateShape = {
  add_generation_prompt: notYet("Conversations without the beginning of an answer", (value) => value === true),
  continue_final_message: notYet("Messages to be continued", (value) => value === false),
  chat_template: notYet("Other templates"),
  chat_template_kwargs: notYet("Parameters of the template", isEmptyObject),
};

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
