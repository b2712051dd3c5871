import * as z from "zod";
import { MAX_TOOLS } from "../tool.ts";
import { Message } from "./message.ts";
import { checkLogprobs, requestShape } from "./request.ts";
import { Tool } from "./tool.ts";

/** The body of Ollama's `POST /api/chat`; without a message it asks that the model be loaded. */
export const ChatRequest = z.object({
  ...requestShape,
  messages: z.array(Message).nullish(),
  tools: z.union([z.array(Tool).max(MAX_TOOLS), z.literal("")]).nullish(),
}).superRefine(checkLogprobs);

/** What a client asks of `POST /api/chat`. */
export type ChatRequest = z.infer<typeof ChatRequest>;
