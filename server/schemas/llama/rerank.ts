import * as z from "zod";
import { RerankRequest } from "../rerank.ts";

const { query, documents, model, top_n, return_documents } = RerankRequest.shape;

/**
 * The body of `POST /rerank`, which has two shapes: with `documents` that of Jina, with `texts` that of Hugging Face's TEI. Keys that are
 * not listed are ignored.
 */
export const RerankingRequest = z.object({
  query,
  documents: documents.nullish(),
  texts: z.array(z.string()).min(1).max(2048).nullish(),
  model,
  top_n,
  return_documents,
  /** TEI's name for `return_documents`. */
  return_text: z.boolean().nullish(),
}).superRefine(({ documents, texts }, context) => {
  const refuse = (message: string): void => context.addIssue({ code: "custom", path: ["documents"], message });
  if (!documents && !texts) refuse('expected an array, here or in "texts"');
  if (documents && texts) refuse('not allowed with "texts", which asks for another shape; leave one of them out');
});

/** The answer to `texts`, the best first. */
export const TeiRanks = z.array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }));

/** Ranked texts as the client reads them. */
export type TeiRanks = z.infer<typeof TeiRanks>;
