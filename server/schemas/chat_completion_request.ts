import * as z from "zod";
import { ChatMessage } from "./chat_message.ts";
import { checkReceipt, checkStreamOptions, generationShape, receiptFlag } from "./generation.ts";
import { notYet } from "./not_yet.ts";
import { templateShape } from "./template.ts";

const TextFormat = z.object({ type: z.literal("text") });

/** The body of `POST /v1/chat/completions`. `null` means absent everywhere; keys that are not listed are ignored. */
export const ChatCompletionRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  ...generationShape,
  ...templateShape,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  receipt: receiptFlag,
  tools: notYet("Tools", isEmpty),
  tool_choice: notYet("Forced tool calls", (value) => value === "none" || value === "auto"),
  functions: notYet("Functions", isEmpty),
  function_call: notYet("Forced function calls", (value) => value === "none" || value === "auto"),
  response_format: notYet("Formats other than text", (value) => TextFormat.safeParse(value).success),
  modalities: notYet("Modalities other than text", isTextOnly),
  audio: notYet("Audio answers"),
}).superRefine((request, context) => {
  checkStreamOptions(request, context);
  checkReceipt(request, context);
  if (request.top_logprobs && !request.logprobs) {
    context.addIssue({ code: "custom", path: ["top_logprobs"], message: 'allowed only with "logprobs": true' });
  }
});

/** What a client asks of `POST /v1/chat/completions`. */
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function isTextOnly(value: unknown): boolean {
  return Array.isArray(value) && value.every((modality) => modality === "text");
}
