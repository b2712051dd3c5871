import * as z from "zod";
import { generationShape } from "../generation.ts";
import { notYet } from "../not_yet.ts";
import { samplingShape } from "../sampling.ts";

/**
 * Ollama's `options` for a request that generates. Ollama calls the parameters of sampling as llama-server does, so that all of llama-server's
 * are taken. Those that set up a model when it is loaded (`num_ctx`, `num_gpu`, `num_thread`, …) are not listed and therefore ignored: here
 * the model is loaded already.
 */
export const Options = z.object({
  ...samplingShape,
  /** -1 asks for no limit, -2 for an answer up to the end of the context, which is where any answer ends unless the context shifts. */
  num_predict: z.union([z.literal([-2, -1]), z.int().min(1)]).nullish(),
  num_keep: generationShape.n_keep,
  stop: generationShape.stop,
  /** Gone from llama.cpp and from Ollama; 1 is off. */
  tfs_z: notYet("Tail-free samplers", z.literal(1)),
  /** Gone from both, too: a line break is penalized like any token. */
  penalize_newline: notYet("Penalties that spare line breaks", z.literal(true)),
});

/** Options as the client wrote them. */
export type Options = z.infer<typeof Options>;
