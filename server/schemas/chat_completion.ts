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

/** OpenAI's older word belongs to the older form of calls. */
const chatReason = z.enum([...finishReason.options, "function_call"]);

/** `arguments` is JSON text of an object. */
const calledFunction = z.object({ name: z.string(), arguments: z.string() });

/** The beginning of a call, with its id and name, or a part of the arguments of the call of that index. */
const calledPart = z.union([
  z.object({ index: z.int(), id: z.string(), type: z.literal("function"), function: calledFunction }),
  z.object({ index: z.int(), function: z.object({ arguments: z.string() }) }),
]);

/** The answer of `POST /v1/chat/completions` without `stream`. */
export const ChatCompletion = z.object({
  id,
  object: z.literal("chat.completion"),
  ...answerShape,
  choices: z.array(z.object({
    index: z.int(),
    message: z.object({
      role: z.literal("assistant"),
      /** Null where there are only calls. */
      content: z.string().nullable(),
      refusal: z.null(),
      /** What the model thought; only where it did. */
      reasoning_content: z.string().optional(),
      tool_calls: z.array(z.object({ id: z.string(), type: z.literal("function"), function: calledFunction })).min(1)
        .optional(),
      /** Instead of calls, where `functions` were given. */
      function_call: calledFunction.optional(),
    }),
    logprobs: ChatLogprobs.nullable(),
    finish_reason: chatReason,
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
    delta: z.object({
      role: z.literal("assistant").optional(),
      /** Null at the beginning of a choice that does not begin with text. */
      content: z.string().nullable().optional(),
      reasoning_content: z.string().optional(),
      tool_calls: z.array(calledPart).length(1).optional(),
      function_call: calledFunction.partial().optional(),
    }),
    logprobs: ChatLogprobs.nullable(),
    finish_reason: chatReason.nullable(),
  })).max(1),
  /** Present only where `stream_options.include_usage` asks for it, and null but in the last chunk. */
  usage: Usage.nullable().optional(),
  /** Present in the last chunk. */
  timings: Timings.optional(),
  /** Present in the last chunk where it was asked for. */
  receipt: Receipt.optional(),
  /** Present in the last chunk where not everything of a schema was held: what came of checking the answer. */
  validation: z.string().optional(),
});

/** A part of an answer. */
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
