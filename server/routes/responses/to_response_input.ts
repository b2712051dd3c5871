import { joinConstraints } from "../../constraint.ts";
import type { ChatMessage } from "../../schemas/mod.ts";
import type { ResponseRequest } from "../../schemas/responses/mod.ts";
import type { ChatInput } from "../to_chat_input.ts";
import { toChatPrompt } from "../to_chat_prompt.ts";
import { type AnswerFormat, formatConstraint } from "../to_constraint.ts";
import { toReasoningUse } from "../to_template_use.ts";
import { type HeldTools, type ToolChoice, toToolUse } from "../to_tool_use.ts";

/** What of a request says how the conversation is answered, besides sampling. */
type AnsweringParts = Pick<ResponseRequest, "tools" | "tool_choice" | "parallel_tool_calls" | "reasoning" | "text">;

/**
 * Maps a conversation, and what is said of its answer, to what the engine takes.
 *
 * @param messages The whole conversation.
 * @param request What the client says of its answer.
 * @param systemPrompt Put in front of a conversation that brings none of its own.
 * @throws {EngineError} `invalid_value` for what cannot be honoured.
 */
export async function toResponseInput(
  messages: ChatMessage[],
  { request, systemPrompt }: { request: AnsweringParts; systemPrompt: string | undefined },
): Promise<ChatInput> {
  const { tools, held } = await toTools(request);
  const reasoning = toReasoningUse({ reasoning_effort: request.reasoning?.effort });
  const prompt = toChatPrompt(messages, { systemPrompt, tools, reasoning });
  return { prompt, constraint: joinConstraints(await formatConstraint(toFormat(request)), held) };
}

function toTools({ tools, tool_choice, parallel_tool_calls: parallel }: AnsweringParts): Promise<HeldTools> {
  const definitions = (tools ?? []).map(({ name, description, parameters, strict }, i) => ({
    name,
    description,
    parameters,
    strict,
    param: `tools.${i}`,
  }));
  return toToolUse(definitions, { ...toChoice(tool_choice), parallel });
}

function toChoice(choice: AnsweringParts["tool_choice"]): Pick<ToolChoice, "mode" | "names" | "param"> {
  const param = "tool_choice";
  if (!choice) return { mode: "auto", param };
  if (typeof choice === "string") return { mode: choice, param };
  if (choice.type === "function") return { mode: "required", names: [choice.name], param: `${param}.name` };
  return { mode: choice.mode, names: choice.tools.map(({ name }) => name), param: `${param}.tools` };
}

function toFormat({ text }: AnsweringParts): AnswerFormat {
  const format = text?.format;
  if (format?.type !== "json_schema") return { type: format?.type ?? "text" };
  return { type: "json_schema", schema: format.schema, strict: format.strict, param: "text.format.schema" };
}
