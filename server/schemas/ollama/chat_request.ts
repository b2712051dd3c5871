import * as z from "zod";
import { notYet } from "../not_yet.ts";
import { EMPTY } from "./empty.ts";
import { Message } from "./message.ts";
import { checkLogprobs, requestShape } from "./request.ts";

/** The body of Ollama's `POST /api/chat`; without a message it asks that the model be loaded. */
export const ChatRequest = z.object({
  ...requestShape,
  messages: z.array(Message).nullish(),
  tools: notYet("Tools", EMPTY),
}).superRefine(checkLogprobs);

/** What a client asks of `POST /api/chat`. */
export type ChatRequest = z.infer<typeof ChatRequest>;
