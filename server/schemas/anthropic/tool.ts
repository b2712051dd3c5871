import * as z from "zod";
import { JsonSchemaObject } from "../json_value.ts";
import { supportedTag } from "../supported_tag.ts";
import { MAX_TOOLS, TOOL_NAME } from "../tool.ts";

/** A tool that the client runs; those that Anthropic runs or has trained a model for are refused by their type. */
const Tool = z.object({
  type: supportedTag("A tool", ["custom"]).nullish(),
  name: TOOL_NAME,
  description: z.string().nullish(),
  input_schema: JsonSchemaObject,
  strict: z.boolean().nullish(),
});

const disable_parallel_tool_use = z.boolean().nullish();

/** Whether the model may call a tool, must call one, or must call a certain one. */
const ToolChoice = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["auto", "any"]), disable_parallel_tool_use }),
  z.object({ type: z.literal("tool"), name: TOOL_NAME, disable_parallel_tool_use }),
  z.object({ type: z.literal("none") }),
], { error: 'one of "auto", "any", "tool", "none"' });

/** What Anthropic's routes take of tools. */
export const toolShape = {
  tools: z.array(Tool).max(MAX_TOOLS).nullish(),
  tool_choice: ToolChoice.nullish(),
};
