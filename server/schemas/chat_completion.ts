import * as z from "zod";

/** Tokens counted as OpenAI counts them. */
export const Usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
});

/** Tokens of a request. */
export type Usage = z.infer<typeof Usage>;

/** What llama-server reports of a request's speed: token counts, milliseconds and tokens per second. */
export const Timings = z.object({
  /** Prompt tokens that were taken from the cache. */
  cache_n: z.int(),
  /** Prompt tokens that were decoded. */
  prompt_n: z.int(),
  prompt_ms: z.number(),
  prompt_per_second: z.number(),
  predicted_n: z.int(),
  predicted_ms: z.number(),
  predicted_per_second: z.number(),
});

/** Speed of a request. */
export type Timings = z.infer<typeof Timings>;

const finishReason = z.enum(["stop", "length"]);

/** The answer of `POST /v1/chat/completions` without `stream`. */
export const ChatCompletion = z.object({
  id: z.string().startsWith("chatcmpl-"),
  object: z.literal("chat.completion"),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
  choices: z.array(z.object({
    index: z.int(),
    message: z.object({ role: z.literal("assistant"), content: z.string(), refusal: z.null() }),
    logprobs: z.null(),
    finish_reason: finishReason,
  })).length(1),
  usage: Usage,
  timings: Timings,
});

/** A whole answer. */
export type ChatCompletion = z.infer<typeof ChatCompletion>;

/** One message of the stream that `POST /v1/chat/completions` sends with `stream`. */
export const ChatCompletionChunk = z.object({
  id: z.string().startsWith("chatcmpl-"),
  object: z.literal("chat.completion.chunk"),
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
  choices: z.array(z.object({
    index: z.int(),
    delta: z.object({ role: z.literal("assistant").optional(), content: z.string().optional() }),
    logprobs: z.null(),
    finish_reason: finishReason.nullable(),
  })).max(1),
  /** Present only where `stream_options.include_usage` asks for it, and null but in the last chunk. */
  usage: Usage.nullable().optional(),
  /** Present in the chunk that carries `finish_reason`. */
  timings: Timings.optional(),
});

/** A part of an answer. */
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
