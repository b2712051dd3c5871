import * as z from "zod";

/** Inputs of one request. */
const MAX_INPUTS = 2048;

/** None of Ollama's options has a meaning for an embedding: all are ignored, each by its name. */
const options = z.object({}).nullish();

const model = z.string().nullish();

/** The body of Ollama's `POST /api/embed`; without an input it asks that the model be loaded. */
export const EmbedRequest = z.object({
  model,
  input: z.union([z.string(), z.array(z.string()).max(MAX_INPUTS)]).nullish(),
  /** Cut the end off an input that is too long, which is what Ollama does unless this is false. */
  truncate: z.boolean().nullish(),
  /** Only the first so many numbers of each, brought to length 1 again; 0 is all. */
  dimensions: z.int().min(0).nullish(),
  options,
});

/** What a client asks of `POST /api/embed`. */
export type EmbedRequest = z.infer<typeof EmbedRequest>;

/** The answer of `POST /api/embed`; durations are in nanoseconds. */
export const EmbedAnswer = z.object({
  model: z.string(),
  embeddings: z.array(z.array(z.number())),
  total_duration: z.int().optional(),
  load_duration: z.int().optional(),
  prompt_eval_count: z.int().optional(),
});

/** Embeddings as the client reads them. */
export type EmbedAnswer = z.infer<typeof EmbedAnswer>;

/** The body of Ollama's older `POST /api/embeddings`. */
export const EmbeddingsRequest = z.object({ model, prompt: z.string().nullish(), options });

/** The answer of `POST /api/embeddings`, empty where there was no prompt. */
export const EmbeddingsAnswer = z.object({ embedding: z.array(z.number()) });

/** One embedding as the client reads it. */
export type EmbeddingsAnswer = z.infer<typeof EmbeddingsAnswer>;
