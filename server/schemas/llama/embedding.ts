import * as z from "zod";
import { accepting } from "../accepting.ts";
import { notYet } from "../not_yet.ts";
import { LlamaPrompt } from "./prompt.ts";

/** The body of `POST /embedding`: what `prompt` is in `POST /completion`, under one of two names. */
export const LlamaEmbeddingRequest = z.object({
  content: LlamaPrompt.nullish(),
  input: LlamaPrompt.nullish(),
  model: z.string().nullish(),
  encoding_format: accepting(
    z.string().refine((format) => format === "float", 'only "float" here; /v1/embeddings has base64'),
    z.literal("float"),
  ).nullish(),
  embd_normalize: notYet("Norms other than the Euclidean, which is 2,", z.literal(2)),
}).superRefine(({ content, input }, context) => {
  const refuse = (message: string): void => context.addIssue({ code: "custom", path: ["content"], message });
  const given = [content, input].filter((value) => value !== undefined && value !== null);
  if (given.length === 0) refuse('expected a text or tokens, here or in "input"');
  if (given.length === 2) refuse('not allowed with "input", which means the same; leave one of them out');
});

/** The answer of `POST /embedding`: of each input one vector, or without pooling one of each token. */
export const LlamaEmbeddings = z.array(z.object({ index: z.int(), embedding: z.array(z.array(z.number())) }));

/** Embeddings as the client reads them. */
export type LlamaEmbeddings = z.infer<typeof LlamaEmbeddings>;
