import * as z from "zod";
import { GenerationSettings } from "./generation_settings.ts";

/** The answer of `GET /props`. */
export const Props = z.object({
  default_generation_settings: z.object({ params: GenerationSettings, n_ctx: z.int() }),
  total_slots: z.int(),
  model_alias: z.string(),
  /** The name alone: where files lie is not told. */
  model_path: z.string(),
  modalities: z.object({ vision: z.literal(false), video: z.literal(false), audio: z.literal(false) }),
  endpoint_slots: z.boolean(),
  endpoint_props: z.boolean(),
  endpoint_metrics: z.boolean(),
  /** Empty where the model has none. */
  chat_template: z.string(),
  /** What the template can do; absent where it is not valid. */
  chat_template_caps: z.object({
    supports_string_content: z.boolean(),
    supports_typed_content: z.boolean(),
    supports_tools: z.boolean(),
    supports_tool_calls: z.boolean(),
    supports_parallel_tool_calls: z.boolean(),
    supports_system_role: z.boolean(),
    supports_preserve_reasoning: z.boolean(),
    supports_reasoning_effort: z.boolean(),
    supports_object_arguments: z.boolean(),
  }).optional(),
  bos_token: z.string(),
  eos_token: z.string(),
  build_info: z.string(),
  is_sleeping: z.literal(false),
});

/** Properties as the client reads them. */
export type Props = z.infer<typeof Props>;

/** The answer of `GET /lora-adapters`; `path` is the file's name alone, `scale` what holds where a request says nothing. */
export const LoraAdapters = z.array(z.object({ id: z.int(), path: z.string(), scale: z.number() }));

/** Adapters as the client reads them. */
export type LoraAdapters = z.infer<typeof LoraAdapters>;
