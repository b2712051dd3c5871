import * as z from "zod";

/**
 * One model of `GET /v1/models`. Beyond OpenAI's shape, `status` tells where it stands, and `meta` sizes in tokens, parameters and bytes;
 * of a model that was never loaded there is none.
 */
export const Model = z.object({
  id: z.string(),
  object: z.literal("model"),
  created: z.int(),
  owned_by: z.string(),
  status: z.object({ value: z.enum(["unloaded", "loading", "loaded"]) }),
  meta: z.object({
    description: z.string(),
    n_ctx: z.int(),
    n_ctx_train: z.int(),
    n_vocab: z.int(),
    n_params: z.number(),
    size: z.number(),
  }).optional(),
});

/** One model as the client reads it. */
export type Model = z.infer<typeof Model>;

/** The answer of `GET /v1/models`. */
export const ModelList = z.object({
  object: z.literal("list"),
  data: z.array(Model),
});

/** The models as the client reads them. */
export type ModelList = z.infer<typeof ModelList>;
