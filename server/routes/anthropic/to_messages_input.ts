import type { ReasoningUse } from "../../../lib/engine/mod.ts";
import { joinConstraints } from "../../constraint.ts";
import type { CountTokensRequest } from "../../schemas/anthropic/mod.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";
import type { ChatInput } from "../to_chat_input.ts";
import { formatConstraint } from "../to_constraint.ts";
import { type HeldTools, type ToolChoice, toToolUse } from "../to_tool_use.ts";
import { toText, toTurns } from "./to_turns.ts";

/**
 * Maps a conversation to what the engine takes.
 *
 * @param request Of either route.
 * @param systemPrompt Put in front of a conversation that brings none of its own.
 * @throws {EngineError} `invalid_value` for what cannot be honoured.
 */
export async function toMessagesInput(
  request: Omit<CountTokensRequest, "model">,
  systemPrompt: string | undefined,
): Promise<ChatInput> {
  const { messages, system } = request;
  const turns = toTurns(messages);
  // No blocks say as little as no text: the server's own system prompt is not to give way to them.
  const first = toText(system);
  const { tools, held } = await toTools(request);
  const prompt = toChatPrompt(first === "" ? turns : [{ role: "system", content: first }, ...turns], {
    systemPrompt,
    tools,
    template: messages.at(-1)?.role === "assistant" ? { continueFinal: true } : undefined,
    reasoning: toReasoning(request),
  });
  const constraint = await formatConstraint(toFormat(request));
  return { prompt, constraint: joinConstraints(constraint, held) };
}

function toTools(
  { tools, tool_choice: choice }: Pick<CountTokensRequest, "tools" | "tool_choice">,
): Promise<HeldTools> {
  const definitions = (tools ?? []).map(({ name, description, input_schema, strict }, i) => ({
    name,
    description,
    parameters: input_schema,
    strict,
    param: `tools.${i}`,
    schemaKey: "input_schema",
  }));
  return toToolUse(definitions, toChoice(choice));
}

function toChoice(choice: CountTokensRequest["tool_choice"]): ToolChoice {
  const param = "tool_choice";
  if (!choice) return { mode: "auto", param };
  if (choice.type === "none") return { mode: "none", param };
  const parallel = choice.disable_parallel_tool_use ? false : undefined;
  if (choice.type === "tool") return { mode: "required", names: [choice.name], parallel, param: `${param}.name` };
  return { mode: choice.type === "any" ? "required" : "auto", parallel, param };
}

/** Anthropic promises that an answer is of its schema: what cannot be held is refused. */
function toFormat(
  { output_config, output_format }: Pick<CountTokensRequest, "output_config" | "output_format">,
): Parameters<typeof formatConstraint>[0] {
  const [format, param] = output_config?.format
    ? [output_config.format, "output_config.format.schema"]
    : [output_format, "output_format.schema"];
  return format ? { type: "json_schema", schema: format.schema, strict: true, param } : { type: "text" };
}

/** Where nothing is said the model thinks as its template has it. */
function toReasoning(
  { thinking, output_config }: Pick<CountTokensRequest, "thinking" | "output_config">,
): ReasoningUse | undefined {
  const effort = output_config?.effort;
  const use: ReasoningUse = {
    ...(effort ? { effort } : {}),
    ...(thinking ? { enabled: thinking.type !== "disabled" } : {}),
    ...(thinking?.type === "enabled" ? { budget: thinking.budget_tokens } : {}),
  };
  return Object.keys(use).length === 0 ? undefined : use;
}
