import * as z from "zod";
import { answerShape, finishReason } from "./answer.ts";
import { Receipt } from "./receipt.ts";
import { Timings, Usage } from "./usage.ts";

const id = z.string().startsWith("chatcmpl-");

/** `bytes` are those of the token's text, which need not be whole characters. */
const tokenShape = { token: z.string(), logprob: z.number(), bytes: z.array(z.int().min(0).max(255)) };

/** Log-probabilities of the tokens of an answer, or of a part of it. */
export const ChatLogprobs = z.object({
  content: z.array(z.object({ ...tokenShape, top_logprobs: z.array(z.object(tokenShape)) })),
  refusal: z.null(),
});

/** Log-probabilities as the client reads them. */
export type ChatLogprobs = z.infer<typeof ChatLogprobs>;

/** The answer of `POST /v1/chat/completions` without `stream`. */
export const ChatCompletion = z.object({
  id,
  object: z.literal("chat.completion"),
  ...answerShape,
  choices: z.array(z.object({
    index: z.int(),
    message: z.object({ role: z.literal("assistant"), content: z.string(), refusal: z.null() }),
    logprobs: ChatLogprobs.nullable(),
    finish_reason: finishReason,
  })).min(1),
  usage: Usage,
  timings: Timings,
  /** Present only where it was asked for. */
  receipt: Receipt.optional(),
});

/** A whole answer. */
export type ChatCompletion = z.infer<typeof ChatCompletion>;

/** One message of the stream that `POST /v1/chat/completions` sends with `stream`. */
export const ChatCompletionChunk = z.object({
  id,
  object: z.literal("chat.completion.chunk"),
  ...answerShape,
  choices: z.array(z.object({
    index: z.int(),
    delta: z.object({ role: z.literal("assistant").optional(), content: z.string().optional() }),
    logprobs: ChatLogprobs.nullable(),
    finish_reason: finishReason.nullable(),
  })).max(1),
  /** Present only where `stream_options.include_usage` asks for it, and null but in the last chunk. */
  usage: Usage.nullable().optional(),
  /** Present in the last chunk. */
  timings: Timings.optional(),
  /** Present in the last chunk where it was asked for. */
  receipt: Receipt.optional(),
});

/** A part of an answer. */
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
