import * as z from "zod";
import { ChatMessage } from "./chat_message.ts";
import { accepting } from "./accepting.ts";
import { checkConstraint, constraintShape } from "./constraint.ts";
import { checkReceipt, checkStreamOptions, generationShape, receiptFlag } from "./generation.ts";
import { notYet } from "./not_yet.ts";
import { reasoningShape, templateShape } from "./template.ts";
import { checkTools, toolShape } from "./tool.ts";

const TextOnly = accepting(z.custom<"text"[]>(isTextOnly), z.array(z.literal("text")));

/** The body of `POST /v1/chat/completions`. `null` means absent everywhere; keys that are not listed are ignored. */
export const ChatCompletionRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  ...generationShape,
  ...templateShape,
  ...reasoningShape,
  ...toolShape,
  ...constraintShape,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  receipt: receiptFlag,
  modalities: notYet("Modalities other than text", TextOnly),
  audio: notYet("Audio answers"),
}).superRefine((request, context) => {
  checkStreamOptions(request, context);
  checkReceipt(request, context);
  checkTools(request, context);
  checkConstraint(request, context);
  if (request.top_logprobs && !request.logprobs) {
    context.addIssue({ code: "custom", path: ["top_logprobs"], message: 'allowed only with "logprobs": true' });
  }
});

/** What a client asks of `POST /v1/chat/completions`. */
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;

function isTextOnly(value: unknown): boolean {
  return Array.isArray(value) && value.every((modality) => modality === "text");
}
