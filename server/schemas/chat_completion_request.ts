import * as z from "zod";
import { ChatMessage } from "./chat_message.ts";
import { accepting } from "./accepting.ts";
import { EMPTY_ARRAY, EMPTY_OBJECT } from "./empty.ts";
import { checkReceipt, checkStreamOptions, generationShape, receiptFlag } from "./generation.ts";
import { notYet } from "./not_yet.ts";
import { templateShape } from "./template.ts";

const EMPTY = z.union([EMPTY_ARRAY, EMPTY_OBJECT]);

const TextOnly = accepting(z.custom<"text"[]>(isTextOnly), z.array(z.literal("text")));

/** The body of `POST /v1/chat/completions`. `null` means absent everywhere; keys that are not listed are ignored. */
export const ChatCompletionRequest = z.object({
  messages: z.array(ChatMessage).min(1),
  ...generationShape,
  ...templateShape,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  receipt: receiptFlag,
  tools: notYet("Tools", EMPTY),
  tool_choice: notYet("Forced tool calls", z.enum(["none", "auto"])),
  functions: notYet("Functions", EMPTY),
  function_call: notYet("Forced function calls", z.enum(["none", "auto"])),
  response_format: notYet("Formats other than text", z.object({ type: z.literal("text") })),
  modalities: notYet("Modalities other than text", TextOnly),
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

function isTextOnly(value: unknown): boolean {
  return Array.isArray(value) && value.every((modality) => modality === "text");
}
