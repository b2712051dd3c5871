import * as z from "zod";

/** Documents of one request. */
const MAX_DOCUMENTS = 2048;

/** The body of `POST /v1/rerank`, in the shape that Jina and llama-server have. Keys that are not listed are ignored. */
export const RerankRequest = z.object({
  query: z.string(),
  documents: z.array(z.union([z.string(), z.object({ text: z.string() })])).min(1).max(MAX_DOCUMENTS),
  model: z.string().nullish(),
  /** Give only so many, the best ones. */
  top_n: z.int().min(1).nullish(),
  return_documents: z.boolean().nullish(),
});

/** What a client asks of `POST /v1/rerank`. */
export type RerankRequest = z.infer<typeof RerankRequest>;

/** The answer of `POST /v1/rerank`, the best document first. */
export const RerankList = z.object({
  object: z.literal("list"),
  model: z.string(),
  results: z.array(z.object({
    index: z.int(),
    relevance_score: z.number(),
    document: z.object({ text: z.string() }).optional(),
  })),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});

/** Ranked documents as the client reads them. */
export type RerankList = z.infer<typeof RerankList>;
