import * as z from "zod";
import { JsonObject, JsonSchemaObject } from "../json_value.ts";
import { supportedTag } from "../supported_tag.ts";
import { TOOL_NAME } from "../tool.ts";

/** A function that the client runs. */
export const Tool = z.object({
  type: supportedTag("A tool", ["function"]).nullish(),
  function: z.object({
    name: TOOL_NAME,
    description: z.string().nullish(),
    parameters: JsonSchemaObject.nullish(),
  }),
});

/** A function as the client wrote it. */
export type Tool = z.infer<typeof Tool>;

/** A call as a client sends it back; Ollama itself has it with and without an id. */
export const InputCall = z.object({
  id: z.string().nullish(),
  type: z.literal("function").nullish(),
  function: z.object({ index: z.int().nullish(), name: TOOL_NAME, arguments: JsonObject.nullish() }),
});

/** A call of a function. */
export const OutputCall = z.object({
  id: z.string(),
  function: z.object({ index: z.int().min(0), name: z.string(), arguments: JsonObject }),
});

/** A call as the client reads it. */
export type OutputCall = z.infer<typeof OutputCall>;
