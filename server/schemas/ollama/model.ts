import * as z from "zod";

/** What a model is, as Ollama tells it; empty where that is not known, for a model that was never loaded. */
export const ModelDetails = z.object({
  parent_model: z.literal(""),
  format: z.literal("gguf"),
  family: z.string(),
  families: z.array(z.string()),
  /** E.g. `135M`. */
  parameter_size: z.string(),
  /** E.g. `Q4_K_M`. */
  quantization_level: z.string(),
});

/** A model's details as the client reads them. */
export type ModelDetails = z.infer<typeof ModelDetails>;

const modelShape = {
  /** With a tag, as clients expect it; the same in both. */
  name: z.string(),
  model: z.string(),
  /** Bytes of all tensors. */
  size: z.number(),
  /** SHA-256 of the model's name: that of the weights is not known without reading them all. */
  digest: z.string(),
  details: ModelDetails,
};

/** One model of `GET /api/tags`. */
export const LocalModel = z.object({ ...modelShape, modified_at: z.iso.datetime() });

/** A served model as the client reads it. */
export type LocalModel = z.infer<typeof LocalModel>;

/** One model of `GET /api/ps`. */
export const RunningModel = z.object({
  ...modelShape,
  expires_at: z.iso.datetime(),
  size_vram: z.number(),
  context_length: z.int(),
});

/** A loaded model as the client reads it. */
export type RunningModel = z.infer<typeof RunningModel>;

/** The answer of `GET /api/tags`. */
export const LocalModels = z.object({ models: z.array(LocalModel) });

/** The served models as the client reads them. */
export type LocalModels = z.infer<typeof LocalModels>;

/** The answer of `GET /api/ps`. */
export const RunningModels = z.object({ models: z.array(RunningModel) });

/** The loaded models as the client reads them. */
export type RunningModels = z.infer<typeof RunningModels>;
