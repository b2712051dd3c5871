import * as z from "zod";
import { notYet } from "./not_yet.ts";
import { type ConstraintParameters, givenConstraints } from "./constraint.ts";
import { INT32_MAX, samplingShape } from "./sampling.ts";
import type { TemplateParameters } from "./template.ts";
import type { ToolParameters } from "./tool.ts";

/** Answers to one prompt that a request may ask for. */
export const MAX_CHOICES = 16;

const stopString = z.string().min(1);

/** A limit of generated tokens: at least 1, or -1, llama-server's word for none. */
const tokenLimit = z.union([z.literal(-1), z.int().min(1)]).nullish();

const StreamOptions = z.object({ include_usage: z.boolean().nullish() });

/** OpenAI's expected answer. */
const Prediction = z.object({
  type: z.literal("content"),
  content: z.union([z.string(), z.array(z.object({ type: z.literal("text"), text: z.string() })).min(1)]),
});

const LoraScale = z.object({ id: z.int().min(0).max(INT32_MAX), scale: z.number().min(-1e6).max(1e6) });

/** Everything but the prompt that the generating APIs share. `null` means absent. */
export const generationShape = {
  model: z.string().nullish(),
  ...samplingShape,
  /** The first of these three that is there counts. */
  max_completion_tokens: tokenLimit,
  max_tokens: tokenLimit,
  n_predict: tokenLimit,
  n: z.int().min(1).max(MAX_CHOICES).nullish(),
  stop: z.union([stopString, z.array(stopString).max(16)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: StreamOptions.nullish(),
  /** -1 and 0 are off. */
  t_max_predict_ms: z.number().min(-1).nullish(),
  n_keep: z.int().min(-1).max(INT32_MAX).nullish(),
  cache_prompt: z.boolean().nullish(),
  /** Packllama's own. */
  speculation: z.boolean().nullish(),
  prediction: Prediction.nullish(),
  lora: z.array(LoraScale).max(64).nullish(),
  /** llama-server's: other numbers under the names of log-probabilities. */
  post_sampling_probs: notYet("Probabilities after sampling", z.literal(false)),
  /** Whatever it is; only a string names a client. */
  user: z.unknown().optional(),
};

/** Packllama's own: whether the answer is to carry what it came from. Where {@linkcode checkReceipt} is applied. */
export const receiptFlag = z.boolean().nullish();

/** {@linkcode generationShape} as an object of its own. */
export const GenerationParameters = z.object(generationShape);

/** What a request says besides its prompt. */
export type GenerationParameters = z.infer<typeof GenerationParameters>;

/** What a request may say that is, or bears upon, a receipt. */
type ReceiptParameters = GenerationParameters & ConstraintParameters & Partial<ToolParameters> & TemplateParameters & {
  receipt?: boolean | null | undefined;
  best_of?: number | null | undefined;
};

/**
 * Refuses beside a receipt what would make the answer depend on more than is written there, more answers than one, and what makes an answer
 * more than a text.
 */
export function checkReceipt(request: ReceiptParameters, context: z.RefinementCtx): void {
  if (!request.receipt) return;
  const refuse = (key: keyof typeof request, message: string): void =>
    context.addIssue({ code: "custom", path: [key], message: `${message} with "receipt": true` });
  if ((request.n ?? 1) > 1) refuse("n", "expected 1");
  if ((request.best_of ?? 1) > 1) refuse("best_of", "expected 1");
  if (request.cache_prompt) refuse("cache_prompt", "a cached prefix is not used");
  if (request.speculation) refuse("speculation", "no tokens are guessed ahead");
  if (request.prediction) refuse("prediction", "no tokens are guessed ahead");
  if ((request.t_max_predict_ms ?? 0) > 0) refuse("t_max_predict_ms", "the answer must not depend on time");
  for (const key of ["tools", "functions"] as const) {
    if ((request[key] ?? []).length > 0) refuse(key, "an answer is nothing but text");
  }
  for (const key of givenConstraints(request)) refuse(key, "an answer is held to nothing");
  for (const key of ["reasoning_budget_tokens", "thinking_budget_tokens", "reasoning_budget"] as const) {
    if ((request[key] ?? -1) >= 0) refuse(key, "thoughts have no limit");
  }
  if (request.reasoning_format && request.reasoning_format !== "none") {
    refuse("reasoning_format", 'expected "none", since thoughts are part of the text,');
  }
}

/** Refuses `stream_options` where nothing is streamed, as OpenAI does. */
export function checkStreamOptions(request: GenerationParameters, context: z.RefinementCtx): void {
  if (request.stream_options && !request.stream) {
    context.addIssue({ code: "custom", path: ["stream_options"], message: 'allowed only with "stream": true' });
  }
}
