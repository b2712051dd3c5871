import * as z from "zod";
import { ChatLogprobs } from "../chat_completion.ts";
import { OutputCall } from "./tool.ts";

const nanoseconds = z.int().min(0);

/** What an answer took, at its end; durations are in nanoseconds. */
export const Measures = z.object({
  total_duration: nanoseconds,
  /** In the queue, or until the model was loaded. */
  load_duration: nanoseconds,
  /** All tokens of the prompt, cached ones too. */
  prompt_eval_count: z.int(),
  prompt_eval_duration: nanoseconds,
  eval_count: z.int(),
  eval_duration: nanoseconds,
});

/** Counts and durations as the client reads them. */
export type Measures = z.infer<typeof Measures>;

const answerShape = {
  model: z.string(),
  /** When the answer was begun. */
  created_at: z.iso.datetime(),
  done: z.boolean(),
  /** Only where it is done; `load`: nothing was asked but that the model be loaded. */
  done_reason: z.enum(["stop", "length", "load"]).optional(),
  /** Only where they were asked for: those of this part. */
  logprobs: ChatLogprobs.shape.content.optional(),
  ...Measures.partial().shape,
  /** Only where it is done, and not everything of a schema was held: what came of checking a streamed answer. */
  validation: z.string().optional(),
};

/** An answer of `POST /api/chat`, or one line of it: a part, or the end. */
export const ChatAnswer = z.object({
  ...answerShape,
  message: z.object({
    role: z.literal("assistant"),
    content: z.string(),
    /** What the model thought; only where it did. */
    thinking: z.string().optional(),
    /** Only where there are any; each comes whole. */
    tool_calls: z.array(OutputCall).min(1).optional(),
  }),
});

/** A chat answer as the client reads it. */
export type ChatAnswer = z.infer<typeof ChatAnswer>;

/** An answer of `POST /api/generate`, or one line of it. */
export const GenerateAnswer = z.object({
  ...answerShape,
  response: z.string(),
  /** What the model thought; only where it did. */
  thinking: z.string().optional(),
});

/** An answer to a prompt as the client reads it. */
export type GenerateAnswer = z.infer<typeof GenerateAnswer>;
