import * as z from "zod";
import { answerShape, finishReason } from "./answer.ts";
import { Receipt } from "./receipt.ts";
import { Timings, Usage } from "./usage.ts";

/** Log-probabilities of the tokens of a text, one element for each in every array. */
export const CompletionLogprobs = z.object({
  /** A token that is no whole characters is written `bytes:\xe2\x80`. */
  tokens: z.array(z.string()),
  /** Null for the first token of an echoed prompt, which follows nothing. */
  token_logprobs: z.array(z.number().nullable()),
  /** The likeliest tokens and the chosen one; null as above. */
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
  /** Characters of the text before the token. */
  text_offset: z.array(z.int()),
});

/** Log-probabilities as the client reads them. */
export type CompletionLogprobs = z.infer<typeof CompletionLogprobs>;

const base = {
  id: z.string().startsWith("cmpl-"),
  object: z.literal("text_completion"),
  ...answerShape,
};

const choiceShape = { text: z.string(), index: z.int(), logprobs: CompletionLogprobs.nullable() };

/** The answer of `POST /v1/completions` without `stream`. */
export const Completion = z.object({
  ...base,
  choices: z.array(z.object({ ...choiceShape, finish_reason: finishReason })).min(1),
  usage: Usage,
  timings: Timings,
  /** Present only where it was asked for. */
  receipt: Receipt.optional(),
});

/** A whole answer. */
export type Completion = z.infer<typeof Completion>;

/** One message of the stream that `POST /v1/completions` sends with `stream`. */
export const CompletionChunk = z.object({
  ...base,
  choices: z.array(z.object({ ...choiceShape, finish_reason: finishReason.nullable() })).max(1),
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
export type CompletionChunk = z.infer<typeof CompletionChunk>;
