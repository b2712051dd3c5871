import * as z from "zod";
import { EMPTY_OBJECT } from "./empty.ts";
import { notYet } from "./not_yet.ts";

/** What llama-server takes to change how a conversation is written for the model. */
export const templateShape = {
  add_generation_prompt: notYet("Conversations without the beginning of an answer", z.literal(true)),
  continue_final_message: notYet("Messages to be continued", z.literal(false)),
  chat_template: notYet("Other templates"),
  chat_template_kwargs: notYet("Parameters of the template", EMPTY_OBJECT),
};
