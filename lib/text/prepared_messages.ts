import type { ChatMessage } from "../engine/conversation.ts";
import type { TemplateCapabilities } from "./template_capabilities.ts";
import {
  joinedText,
  partsOf,
  type TemplateMessage,
  templateMessageOf,
  withParsedArguments,
} from "./template_message.ts";

/**
 * Messages as a template can read them: contents as texts or parts, `developer` as `system`, a system message put before the first of the
 * user where the template knows none, and arguments of calls as objects where it reads them so.
 *
 * @throws {EngineError} `invalid_value` when arguments of a call are not JSON.
 */
export function preparedMessages(
  messages: ChatMessage[],
  { source, capabilities }: { source: string; capabilities: TemplateCapabilities },
): TemplateMessage[] {
  const trims = source.includes("You have access to the following functions in JSONSchema format");
  // gpt-oss has a developer of its own.
  const knowsDeveloper = source.includes("<|channel|>");
  const prepared = (trims ? messages.map(trimmed) : messages).map(templateMessageOf).map((message) => ({
    ...message,
    content: contentFor(message.content, capabilities),
    role: message.role === "developer" && !knowsDeveloper ? "system" : message.role,
  }));
  const roles = capabilities.systemRole ? prepared : withoutSystem(prepared);
  return capabilities.objectArguments ? roles.map(withParsedArguments) : roles;
}

function contentFor(
  content: TemplateMessage["content"],
  { stringContent, typedContent }: TemplateCapabilities,
): TemplateMessage["content"] {
  if (stringContent && !typedContent) return joinedText(content);
  if (!stringContent && typedContent && typeof content === "string") return [{ type: "text", text: content }];
  return content;
}

/** StepFun's models think in circles where white space is left around what is said. */
function trimmed(message: ChatMessage): ChatMessage {
  const { content, parts: _, reasoning, ...rest } = message;
  const trimmedParts = partsOf(message)?.map((part) => part.trim());
  return {
    ...rest,
    ...(trimmedParts === undefined
      ? { content: content.trim() }
      : { content: trimmedParts.join("\n"), parts: trimmedParts }),
    ...(reasoning === undefined ? {} : { reasoning: reasoning.trim() }),
  };
}

function withoutSystem(messages: TemplateMessage[]): TemplateMessage[] {
  const [first, second, ...rest] = messages;
  if (first?.role !== "system") return messages;
  if (second === undefined) return [];
  return [{ ...second, content: `${joinedText(first.content)}\n${joinedText(second.content)}` }, ...rest];
}
