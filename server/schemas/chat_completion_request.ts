import * as z from "zod";
import { ChatMessage } from "./chat_message.ts";
import { notYet } from "./not_yet.ts";
import { samplingShape, tokenLimit } from "./sampling.ts";

const StreamOptions = z.object({ include_usage: z.boolean().nullish() });
const TextFormat = z.object({ type: z.literal("text") });

/** The body of `POST /v1/chat/completions`. `null` means absent everywhere; keys that are not listed are ignored. */
export const ChatCompletionRequest = z.object({
  model: z.string().nullish(),
  messages: z.array(ChatMessage).min(1),
  ...samplingShape,
  max_completion_tokens: tokenLimit,
  max_tokens: tokenLimit,
  n: z.literal(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: StreamOptions.nullish(),
  logprobs: notYet("Log probabilities", (value) => value === false),
  top_logprobs: notYet("Log probabilities", (value) => value === 0),
  logit_bias: notYet("Logit biases", isEmpty),
  tools: notYet("Tools", isEmpty),
  tool_choice: notYet("Forced tool calls", (value) => value === "none" || value === "auto"),
  functions: notYet("Functions", isEmpty),
  function_call: notYet("Forced function calls", (value) => value === "none" || value === "auto"),
  response_format: notYet("Formats other than text", (value) => TextFormat.safeParse(value).success),
  modalities: notYet("Modalities other than text", isTextOnly),
  audio: notYet("Audio answers"),
}).superRefine((request, context) => {
  if (request.stream_options && !request.stream) {
    context.addIssue({ code: "custom", path: ["stream_options"], message: 'allowed only with "stream": true' });
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
