import type { AppOptions } from "../app_input.ts";
import { type Constraint, joinConstraints } from "../constraint.ts";
import type { ChatMessage, ConstraintParameters, TemplateParameters, ToolParameters } from "../schemas/mod.ts";
import { toChatPrompt } from "./to_chat_prompt.ts";
import { toConstraint } from "./to_constraint.ts";
import { toReasoningUse, toTemplateUse } from "./to_template_use.ts";
import { type HeldTools, type ToolChoice, type ToolDefinition, toToolUse } from "./to_tool_use.ts";

/** What of a chat request says how the conversation is answered, besides sampling. */
export interface ChatParameters extends ConstraintParameters, TemplateParameters, Partial<ToolParameters> {
  messages: ChatMessage[];
}

/** A conversation as the engine takes it, and what its answer is held to. */
export interface ChatInput {
  prompt: ReturnType<typeof toChatPrompt>;
  constraint: Constraint;
}

/**
 * Maps a request of OpenAI's chat API to what the engine takes.
 *
 * @throws {EngineError} `invalid_value` for what cannot be honoured.
 */
export async function toChatInput(
  request: ChatParameters,
  { systemPrompt, prefillAssistant }: Pick<AppOptions, "systemPrompt" | "prefillAssistant">,
): Promise<ChatInput> {
  const { messages } = request;
  const { tools, held } = await toTools(request);
  const prompt = toChatPrompt(messages, {
    systemPrompt,
    tools,
    template: toTemplateUse(request, messages, { prefill: prefillAssistant ?? true }),
    reasoning: toReasoningUse(request),
  });
  return { prompt, constraint: joinConstraints(await toConstraint(request), held) };
}

function toTools(request: Partial<ToolParameters>): Promise<HeldTools> {
  const { functions, tools, parallel_tool_calls: parallel } = request;
  if (functions && functions.length > 0) {
    const definitions = functions.map((each, i): ToolDefinition => ({ ...each, param: `functions.${i}` }));
    // The older form has room for one call.
    return toToolUse(definitions, { ...legacyChoice(request), parallel: false });
  }
  const definitions = (tools ?? []).map(({ function: each }, i): ToolDefinition => ({
    ...each,
    param: `tools.${i}.function`,
  }));
  return toToolUse(definitions, { ...choiceOf(request), parallel });
}

function choiceOf(
  { tool_choice: choice, parse_tool_calls: parse }: Partial<ToolParameters>,
): Pick<ToolChoice, "mode" | "names" | "param"> {
  const param = "tool_choice";
  if (parse === false) return { mode: "none", param };
  if (choice === null || choice === undefined) return { mode: "auto", param };
  if (typeof choice === "string") return { mode: choice, param };
  if (choice.type === "function") {
    return { mode: "required", names: [choice.function.name], param: `${param}.function.name` };
  }
  const { mode, tools } = choice.allowed_tools;
  return { mode, names: tools.map((each) => each.function.name), param: `${param}.allowed_tools.tools` };
}

function legacyChoice(
  { function_call: choice }: Partial<ToolParameters>,
): Pick<ToolChoice, "mode" | "names" | "param"> {
  const param = "function_call";
  if (choice === null || choice === undefined) return { mode: "auto", param };
  return typeof choice === "string"
    ? { mode: choice, param }
    : { mode: "required", names: [choice.name], param: `${param}.name` };
}

/** Whether calls are answered in OpenAI's older form. */
export function isLegacy({ functions }: Partial<ToolParameters>): boolean {
  return (functions ?? []).length > 0;
}
