import type { Json, ReasoningUse, TemplateUse } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { ChatMessage, TemplateParameters } from "../schemas/mod.ts";
import { isGiven } from "./to_sampling.ts";

/** More than any context holds: without end, also where the server has a limit. */
const NO_BUDGET = 2 ** 31 - 1;

type Variables = { [name: string]: Json };

/**
 * How a conversation becomes a prompt, as llama-server has it: a last message of the assistant is what the answer goes on with, unless
 * `continue_final_message` (or `prefill`, where the request says nothing) is false or it holds calls.
 *
 * @returns Undefined where nothing is said.
 * @throws {EngineError} `invalid_value` for what contradicts itself, or the last message.
 */
export function toTemplateUse(
  request: TemplateParameters,
  messages: ChatMessage[],
  { prefill = true }: { prefill?: boolean } = {},
): TemplateUse | undefined {
  const { chat_template_kwargs: variables, add_generation_prompt: begin } = request;
  const asked = request.continue_final_message ?? (prefill ? undefined : false);
  const continueFinal = continuesFinal(asked, messages);
  if (continueFinal && begin && request.continue_final_message) {
    throw refused("add_generation_prompt", 'expected false with "continue_final_message"');
  }
  const use: TemplateUse = {
    ...(isGiven(variables) && Object.keys(variables).length > 0 ? { variables } : {}),
    ...(continueFinal ? { continueFinal } : isGiven(begin) && !begin ? { addGenerationPrompt: false } : {}),
  };
  return Object.keys(use).length === 0 ? undefined : use;
}

/**
 * How the model thinks.
 *
 * @returns Undefined where nothing is said.
 * @throws {EngineError} `invalid_value` for a template's variable of the wrong type.
 */
export function toReasoningUse(request: TemplateParameters): ReasoningUse | undefined {
  const { reasoning_effort: effort, reasoning_format: format } = request;
  const enabled = effort === "none" ? false : enabledBy(request.chat_template_kwargs ?? {});
  const budget = request.reasoning_budget_tokens ?? request.thinking_budget_tokens ?? request.reasoning_budget;
  const use: ReasoningUse = {
    ...(isGiven(effort) && effort !== "none" ? { effort } : {}),
    ...(enabled === undefined ? {} : { enabled }),
    ...(isGiven(budget) ? { budget: budget < 0 ? NO_BUDGET : budget } : {}),
    ...(isGiven(format) ? { inline: format === "none" } : {}),
  };
  return Object.keys(use).length === 0 ? undefined : use;
}

function continuesFinal(wanted: TemplateParameters["continue_final_message"], messages: ChatMessage[]): boolean {
  const last = messages.at(-1);
  if (wanted === false) return false;
  if (last?.role !== "assistant") {
    if (!wanted) return false;
    throw refused("continue_final_message", "allowed only where the last message is the assistant's");
  }
  const hasCalls = (last.tool_calls ?? []).length > 0 || isGiven(last.function_call);
  if (!wanted) return !hasCalls;
  if (hasCalls) throw refused("continue_final_message", "a message with calls cannot go on");
  const says = isGiven(last.content) && last.content !== "";
  if (wanted === "reasoning_content" && says) {
    throw refused("continue_final_message", 'a thought goes on only where "content" is empty');
  }
  return true;
}

/** The name by which most templates are told whether to think. */
function enabledBy({ enable_thinking: enabled }: Variables): boolean | undefined {
  if (enabled === undefined || enabled === null) return undefined;
  if (typeof enabled === "boolean") return enabled;
  throw refused("chat_template_kwargs.enable_thinking", `expected true or false, found ${JSON.stringify(enabled)}`);
}

function refused(param: string, message: string): EngineError {
  return new EngineError("invalid_value", `Invalid "${param}": ${message}`, { param });
}
