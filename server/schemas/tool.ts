import * as z from "zod";
import { JsonSchemaObject } from "./json_value.ts";
import { supportedTag } from "./supported_tag.ts";

/** Tools of one request. */
export const MAX_TOOLS = 512;

/** Letters and digits of any script, and what names of packages are parted by: it stands among the markup of templates. */
export const TOOL_NAME = z.string().regex(
  /^[\p{L}\p{N}_.:\/-]{1,128}$/u,
  "a name of 1 to 128 letters, digits and _ . : / -",
);

/** What a function is: `parameters` is the JSON Schema of its arguments, an object. */
export const FunctionDefinition = z.object({
  name: TOOL_NAME,
  description: z.string().nullish(),
  parameters: JsonSchemaObject.nullish(),
  strict: z.boolean().nullish(),
});

/** A tool that the model may call. */
export const ChatTool = z.object({ type: supportedTag("A tool", ["function"]), function: FunctionDefinition });

const named = z.object({ name: TOOL_NAME });

const AllowedTools = z.object({
  mode: z.enum(["auto", "required"]),
  tools: z.array(z.object({ type: supportedTag("A tool", ["function"]), function: named })).min(1).max(MAX_TOOLS),
});

/** Which tools the model may call, and whether it must. */
export const ChatToolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.object({ type: z.literal("function"), function: named }),
  z.object({ type: z.literal("allowed_tools"), allowed_tools: AllowedTools }),
]);

/** A choice as the client wrote it. */
export type ChatToolChoice = z.infer<typeof ChatToolChoice>;

/** What a chat request says of tools, in OpenAI's newer and older form. `null` means absent. */
export const toolShape = {
  tools: z.array(ChatTool).max(MAX_TOOLS).nullish(),
  tool_choice: ChatToolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(FunctionDefinition).max(MAX_TOOLS).nullish(),
  function_call: z.union([z.enum(["none", "auto"]), named]).nullish(),
  /** llama-server's: false leaves calls in the text, as the model writes them. */
  parse_tool_calls: z.boolean().nullish(),
};

/** {@linkcode toolShape} as an object of its own. */
export const ToolParameters = z.object(toolShape);

/** What a request says of tools. */
export type ToolParameters = z.infer<typeof ToolParameters>;

/** Refuses both forms at once, and a choice that there is nothing for. */
export function checkTools(request: ToolParameters, context: z.RefinementCtx): void {
  const { tools, tool_choice: choice, functions, function_call: call } = request;
  const refuse = (key: keyof ToolParameters, message: string): void =>
    context.addIssue({ code: "custom", path: [key], message });
  const hasTools = (tools ?? []).length > 0;
  const hasFunctions = (functions ?? []).length > 0;
  if (hasTools && hasFunctions) refuse("functions", 'not allowed with "tools", which is its newer form');
  if (choice && call) refuse("function_call", 'not allowed with "tool_choice", which is its newer form');
  if (choice && choice !== "none" && choice !== "auto" && !hasTools) {
    refuse("tool_choice", 'allowed only where "tools" has some');
  }
  if (call && call !== "none" && call !== "auto" && !hasFunctions) {
    refuse("function_call", 'allowed only where "functions" has some');
  }
  if (request.parse_tool_calls === false && choice && choice !== "none" && choice !== "auto") {
    refuse("parse_tool_calls", 'expected true where "tool_choice" says which tools are called');
  }
}
