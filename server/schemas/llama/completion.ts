import * as z from "zod";
import { Timings } from "../usage.ts";
import { GenerationSettings } from "./generation_settings.ts";

/** `bytes` are those of the token's text; characters that they do not complete are left out of `token`. */
const tokenShape = {
  id: z.int(),
  token: z.string(),
  bytes: z.array(z.int().min(0).max(255)),
  logprob: z.number(),
};

/** A token of the answer, and the likeliest ones in its place. */
export const TokenProbability = z.object({ ...tokenShape, top_logprobs: z.array(z.object(tokenShape)) });

/** A token as the client reads it. */
export type TokenProbability = z.infer<typeof TokenProbability>;

const shape = {
  /** Which of several answers it is. */
  index: z.int(),
  content: z.string(),
  tokens: z.array(z.int()),
  /** -1: which slot answers is not told. */
  id_slot: z.literal(-1),
  tokens_predicted: z.int(),
  /** All tokens of the prompt, cached or not. */
  tokens_evaluated: z.int(),
  completion_probabilities: z.array(TokenProbability).optional(),
};

/**
 * The answer of `POST /completion`, an array of them where there are several, and the last message about each in a stream, where `content`
 * is empty. `timings` are the request's, also where it has several answers.
 */
export const LlamaCompletion = z.object({
  ...shape,
  stop: z.literal(true),
  model: z.string(),
  generation_settings: GenerationSettings,
  /** With the control tokens that were added. */
  prompt: z.string(),
  has_new_line: z.boolean(),
  /** Whether the context was full. */
  truncated: z.boolean(),
  stop_type: z.enum(["none", "eos", "limit", "word"]),
  /** Empty where none ended it. */
  stopping_word: z.string(),
  /** Tokens of prompt and answer that are in the KV cache. */
  tokens_cached: z.int(),
  timings: Timings,
  /** Present in a stream where not everything of a schema was held: what came of checking the answers. */
  validation: z.string().optional(),
});

/** A whole answer. */
export type LlamaCompletion = z.infer<typeof LlamaCompletion>;

/** The answer where there are several of them: to several prompts, or by `n_cmpl`. */
export const LlamaCompletions = z.array(LlamaCompletion).min(2);

/** One message of the stream that `POST /completion` sends with `stream`: the tokens whose text has come since the one before. */
export const LlamaCompletionChunk = z.object({ ...shape, stop: z.literal(false) });

/** A part of an answer. */
export type LlamaCompletionChunk = z.infer<typeof LlamaCompletionChunk>;
