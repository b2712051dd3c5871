import type { ChatMessage, Json, Tool } from "../engine/conversation.ts";
import { EngineError } from "../errors.ts";

/** A part of a message's content. */
export interface TemplatePart {
  type: string;
  text?: string;
  thinking?: string;
}

/** A call as templates read it, with the keys in llama-server's order: some write them out. */
export interface TemplateCall {
  type: "function";
  function: { name: string; arguments: Json };
  id?: string;
}

/** A message as templates read it. */
export interface TemplateMessage {
  role: string;
  content?: string | TemplatePart[] | null;
  reasoning_content?: string;
  name?: string;
  tool_call_id?: string;
  tool_calls?: TemplateCall[];
  /** For templates that call it so. */
  thinking?: string;
  /** Results of the calls, for templates that want them there. */
  tool_responses?: { name: string; response: Json }[];
}

/** A tool as templates read it. */
export interface TemplateTool {
  type: "function";
  function: { name: string; description: string; parameters: Json };
}

/** A message of a conversation as templates read it; texts that came in parts stay in parts. */
export function templateMessageOf(message: ChatMessage): TemplateMessage {
  const { role, content, reasoning, name, toolCallId, toolCalls = [] } = message;
  return {
    role,
    content: partsOf(message)?.map((text) => ({ type: "text", text })) ?? content,
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(name ? { name } : {}),
    ...(toolCallId ? { tool_call_id: toolCallId } : {}),
    ...(toolCalls.length === 0 ? {} : {
      tool_calls: toolCalls.map((call): TemplateCall => ({
        type: "function",
        function: { name: call.name, arguments: call.arguments },
        ...(call.id === "" ? {} : { id: call.id }),
      })),
    }),
  };
}

/** The parts that a message's content came in; none where somebody has changed the content since. */
export function partsOf({ content, parts = [] }: ChatMessage): string[] | undefined {
  return parts.length > 0 && parts.join("\n") === content ? parts : undefined;
}

/** A tool as templates read it: nothing is left out, since templates write what is not there as it is. */
export function templateToolOf({ name, description = "", parameters = {} }: Tool): TemplateTool {
  return { type: "function", function: { name, description, parameters } };
}

/** The text of a content, parts joined by a line break. */
export function joinedText(content: TemplateMessage["content"]): string {
  return typeof content === "string" ? content : content?.map(({ text = "" }) => text).join("\n") ?? "";
}

/** The same with the arguments of its calls as objects. */
export function withParsedArguments(message: TemplateMessage): TemplateMessage {
  const { tool_calls: calls } = message;
  if (calls === undefined) return message;
  return { ...message, tool_calls: calls.map((call) => ({ ...call, function: withParsed(call.function) })) };
}

function withParsed({ name, arguments: given }: TemplateCall["function"]): TemplateCall["function"] {
  if (typeof given !== "string") return { name, arguments: given };
  try {
    return { name, arguments: JSON.parse(given) };
  } catch (error) {
    const message = `The arguments of the call of "${name}" are not JSON, which the model's chat template needs`;
    throw new EngineError("invalid_value", message, { param: "messages", cause: error });
  }
}
