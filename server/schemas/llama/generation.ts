import * as z from "zod";
import { checkConstraint, constraintShape } from "../constraint.ts";
import { generationShape, MAX_CHOICES } from "../generation.ts";
import { notYet } from "../not_yet.ts";
import { INT32_MAX } from "../sampling.ts";

/** The likeliest tokens that the engine tells beside each. */
const MAX_PROBABILITIES = 20;

/** Far beyond any use, and far within 32-bit floats. */
const MAX_TEMPERATURE = 1e6;

// Counts are part of every answer here, streamed or not: there is nothing to turn on.
const { stream_options: _streamOptions, ...shared } = generationShape;

/** 0 reads the prompt, so that it is cached, and answers nothing; -1 is no limit. */
const tokenLimit = z.int().min(-1).nullish();

const probabilities = z.int().min(0).max(MAX_PROBABILITIES).nullish();

/** What `/completion` and `/infill` take besides the prompt, under llama-server's names. `null` means absent. */
export const llamaGenerationShape = {
  ...shared,
  ...constraintShape,
  temperature: z.number().min(0).max(MAX_TEMPERATURE).nullish(),
  /** Of these three, the first that is there counts. */
  n_predict: tokenLimit,
  max_completion_tokens: tokenLimit,
  max_tokens: tokenLimit,
  /** `n` is its other name. */
  n_cmpl: z.int().min(1).max(MAX_CHOICES).nullish(),
  /** `logprobs` is its other name. */
  n_probs: probabilities,
  logprobs: probabilities,
  return_tokens: z.boolean().nullish(),
  /** Paths into the answer, keys parted by slashes; only those are given. */
  response_fields: z.array(z.string()).max(256).nullish(),
  /** Seconds of silence in a stream after which a comment is sent; 0 and -1 never. */
  sse_ping_interval: z.int().min(-1).max(INT32_MAX).nullish(),
  timings_per_token: z.boolean().nullish(),
  return_progress: notYet("Reports of the prompt's progress", z.literal(false)),
  n_indent: notYet("Limits of indentation", z.literal(0)),
  n_discard: notYet("Numbers of tokens to discard", z.literal(0)),
};

/** {@linkcode llamaGenerationShape} as an object of its own. */
export const LlamaGeneration = z.object(llamaGenerationShape);

/** What a request says besides its prompt. */
export type LlamaGeneration = z.infer<typeof LlamaGeneration>;

/** Refuses what cannot be told while an answer is streamed, and answers held to more than one thing. */
export function checkLlamaGeneration(request: LlamaGeneration, context: z.RefinementCtx): void {
  checkConstraint(request, context);
  if (request.stream && request.timings_per_token) {
    context.addIssue({
      code: "custom",
      path: ["timings_per_token"],
      message: "Timings before the end of a stream are not supported yet; its last message has them",
    });
  }
}
