import * as z from "zod";
import { JsonSchemaObject } from "../json_value.ts";
import { INT32_MAX } from "../sampling.ts";
import { supportedTag } from "../supported_tag.ts";

/** Whether thoughts are in the answer, or only what stands for them; they are never summarized. */
const display = z.enum(["summarized", "omitted"]).nullish();

/** Whether the model thinks before it answers, and for how many tokens. */
export const Thinking = z.discriminatedUnion("type", [
  z.object({ type: z.literal("enabled"), budget_tokens: z.int().min(1).max(INT32_MAX), display }),
  z.object({ type: z.literal("adaptive"), display }),
  z.object({ type: z.literal("disabled") }),
], { error: 'one of "enabled", "adaptive", "disabled"' });

/** What the answer is JSON of. */
export const OutputFormat = z.object({
  type: supportedTag("A format", ["json_schema"]),
  schema: JsonSchemaObject,
});

/** The form of the answer, and how much is thought before it. */
export const OutputConfig = z.object({
  format: OutputFormat.nullish(),
  effort: z.enum(["low", "medium", "high", "xhigh", "max"]).nullish(),
});
