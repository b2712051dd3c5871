import * as z from "zod";
import { ModelDetails } from "./model.ts";

/** The body of Ollama's `POST /api/show`; `name` is the older word for `model`. */
export const ShowRequest = z.object({ model: z.string().nullish(), name: z.string().nullish() });

/** The answer of `POST /api/show`. */
export const ShowAnswer = z.object({
  modelfile: z.string(),
  /** Lines of a name and a value. */
  parameters: z.string(),
  /** Jinja, and not the language of Ollama's own templates. */
  template: z.string(),
  system: z.string().optional(),
  details: ModelDetails,
  model_info: z.record(z.string(), z.union([z.string(), z.number()])),
  capabilities: z.array(z.enum(["completion", "insert", "tools", "thinking"])),
  modified_at: z.iso.datetime(),
});

/** A model as the client reads it. */
export type ShowAnswer = z.infer<typeof ShowAnswer>;
