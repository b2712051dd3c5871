import * as z from "zod";
import { notYet } from "./not_yet.ts";
import { INT32_MAX, samplingShape } from "./sampling.ts";

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

/** Refuses beside a receipt what would make the answer depend on more than is written there, and more answers than one. */
export function checkReceipt(
  request: GenerationParameters & { receipt?: boolean | null | undefined; best_of?: number | null | undefined },
  context: z.RefinementCtx,
): void {
  if (!request.receipt) return;
  const refuse = (key: keyof typeof request, message: string): void =>
    context.addIssue({ code: "custom", path: [key], message: `${message} with "receipt": true` });
  if ((request.n ?? 1) > 1) refuse("n", "expected 1");
  if ((request.best_of ?? 1) > 1) refuse("best_of", "expected 1");
  if (request.cache_prompt) refuse("cache_prompt", "a cached prefix is not used");
  if (request.speculation) refuse("speculation", "no tokens are guessed ahead");
  if (request.prediction) refuse("prediction", "no tokens are guessed ahead");
  if ((request.t_max_predict_ms ?? 0) > 0) refuse("t_max_predict_ms", "the answer must not depend on time");
}

/** Refuses `stream_options` where nothing is streamed, as OpenAI does. */
export function checkStreamOptions(request: GenerationParameters, context: z.RefinementCtx): void {
  if (request.stream_options && !request.stream) {
    context.addIssue({ code: "custom", path: ["stream_options"], message: 'allowed only with "stream": true' });
  }
}
