import * as z from "zod";
import { promptsUpTo } from "./llama/mod.ts";

/** Inputs of one request, as OpenAI limits them. */
const MAX_INPUTS = 2048;

/**
 * The body of `POST /v1/embeddings`: `input` is a text, token ids, or several of either, and as llama-server has it texts among token ids.
 * `null` means absent everywhere; keys that are not listed are ignored.
 */
export const EmbeddingRequest = z.object({
  input: promptsUpTo(MAX_INPUTS),
  model: z.string().nullish(),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  /** Only the first so many numbers of each, brought to length 1 again. */
  dimensions: z.int().min(1).nullish(),
});

/** What a client asks of `POST /v1/embeddings`. */
export type EmbeddingRequest = z.infer<typeof EmbeddingRequest>;

/** The answer of `POST /v1/embeddings`; an embedding is its numbers, or in base64 their 32-bit floats, little endian. */
export const EmbeddingList = z.object({
  object: z.literal("list"),
  model: z.string(),
  data: z.array(z.object({
    object: z.literal("embedding"),
    index: z.int(),
    embedding: z.union([z.array(z.number()), z.string()]),
  })),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});

/** Embeddings as the client reads them. */
export type EmbeddingList = z.infer<typeof EmbeddingList>;
