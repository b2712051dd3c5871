import type { ModelInfo, Prompt, ReasoningUse } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { type Constraint, joinConstraints } from "../../constraint.ts";
import type { ChatMessage } from "../../schemas/mod.ts";
import type { OllamaRequest, Tool } from "../../schemas/ollama/mod.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";
import { type AnswerFormat, formatConstraint } from "../to_constraint.ts";
import { toToolUse } from "../to_tool_use.ts";
import { thinks } from "./thinks.ts";

/** What is asked of a model. */
export interface OllamaInput {
  prompt: Prompt;
  constraint: Constraint;
}

/** A conversation, and what is said of its answer. */
export interface OllamaChat {
  messages: ChatMessage[];
  tools?: Tool[];
  request: Pick<OllamaRequest, "format" | "think">;
  model: ModelInfo;
  /** Put in front of a conversation that brings none of its own. */
  systemPrompt: string | undefined;
}

/**
 * Maps a conversation to what the engine takes.
 *
 * @throws {EngineError} `invalid_value` for what cannot be honoured.
 */
export async function toOllamaInput(
  { messages, tools = [], request, model, systemPrompt }: OllamaChat,
): Promise<OllamaInput> {
  const definitions = tools.map((tool, i) => ({ ...tool.function, param: `tools.${i}.function` }));
  const { tools: use, held } = await toToolUse(definitions, { mode: "auto", param: "tools" });
  const prompt = toChatPrompt(messages, {
    systemPrompt,
    tools: use,
    template: goesOn(messages) ? { continueFinal: true } : undefined,
    reasoning: await toReasoning(request, model),
  });
  return { prompt, constraint: joinConstraints(await toFormatConstraint(request), held) };
}

/** Whether the answer is begun already: a last message of the assistant is what it goes on with, as Ollama has it. */
function goesOn(messages: ChatMessage[]): boolean {
  const last = messages.at(-1);
  return last?.role === "assistant" && (last.tool_calls ?? []).length === 0;
}

/**
 * What a format holds an answer to; an empty one is none.
 *
 * @throws {EngineError} `invalid_value` for what is no schema.
 */
export function toFormatConstraint({ format }: Pick<OllamaRequest, "format">): Promise<Constraint> {
  return formatConstraint(toFormat(format));
}

function toFormat(format: OllamaRequest["format"]): AnswerFormat {
  if (format === "json") return { type: "json_object" };
  return format ? { type: "json_schema", schema: format, param: "format" } : { type: "text" };
}

/** Where nothing is said, the model thinks as its template has it. As Ollama does, a model that cannot think is not asked to. */
async function toReasoning(
  { think }: Pick<OllamaRequest, "think">,
  { id, chatTemplate }: ModelInfo,
): Promise<ReasoningUse | undefined> {
  if (think === null || think === undefined) return undefined;
  if (think && !await thinks(chatTemplate)) {
    const message = `Invalid "think": "${id}" has a chat template that knows no thoughts; leave it out`;
    throw new EngineError("invalid_value", message, { param: "think" });
  }
  return typeof think === "string" ? { enabled: true, effort: think } : { enabled: think };
}
