import * as z from "zod";
import { JsonSchemaObject } from "../json_value.ts";
import { supportedTag } from "../supported_tag.ts";
import { MAX_TOOLS, TOOL_NAME } from "../tool.ts";

const FUNCTION = ["function"] as const;

/** A function that the client runs; tools that OpenAI runs are refused by their type. */
export const FunctionTool = z.object({
  type: supportedTag("A tool", FUNCTION),
  name: TOOL_NAME,
  description: z.string().nullish(),
  parameters: JsonSchemaObject.nullish(),
  strict: z.boolean().nullish(),
});

/** A function as a response repeats it. */
export const RepeatedTool = z.object({
  type: z.literal("function"),
  name: z.string(),
  description: z.string().nullable(),
  parameters: JsonSchemaObject.nullable(),
  strict: z.boolean().nullable(),
});

const NamedFunction = z.object({ type: supportedTag("A tool", FUNCTION), name: TOOL_NAME });

const AllowedTools = z.object({
  type: z.literal("allowed_tools"),
  mode: z.enum(["auto", "required"]),
  tools: z.array(NamedFunction).min(1).max(MAX_TOOLS),
});

/** Which functions the model may call, and whether it must. */
export const ToolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [z.object({ type: z.literal("function"), name: TOOL_NAME }), AllowedTools], {
    error: 'one of "function", "allowed_tools"',
  }),
]);

/** What a request says of tools. */
export const toolShape = {
  tools: z.array(FunctionTool).max(MAX_TOOLS).nullish(),
  tool_choice: ToolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
};
