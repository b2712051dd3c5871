import type { Chat, ChatMessage, Tool, ToolCall, ToolUse } from "../../engine/conversation.ts";
import type { CallForm } from "./format.ts";
import { genericFormat } from "./generic.ts";
import type { TemplateFacts } from "./template_facts.ts";
import { writeCalls } from "./write_calls.ts";

/**
 * What is to be rendered for a model whose template does not know tools: they are described in a system message, earlier calls are written out
 * as its answers, and their results as a user's messages. Other chats stay as they are.
 */
export function prepareChat(chat: Chat, template: TemplateFacts): Chat {
  if (template.showsTools) return chat;
  const { tools, ...rest } = chat;
  const talksOfCalls = chat.messages.some(({ role, toolCalls = [] }) => role === "tool" || toolCalls.length > 0);
  if (tools === undefined && !talksOfCalls) return chat;
  if (template.layout === "items") {
    // The template writes calls, but does not say what can be called.
    return tools === undefined ? chat : { ...rest, messages: withSystem(chat.messages, describe(tools, template)) };
  }
  const names = new Map(chat.messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name])));
  const plain = joinUsers(chat.messages.map((message) => inPlainText(message, names)));
  return { ...rest, messages: tools === undefined ? plain : withSystem(plain, describe(tools, template)) };
}

/** A message without calls or results, which are written out. */
function inPlainText(message: ChatMessage, names: ReadonlyMap<string, string>): ChatMessage {
  const { toolCalls = [], toolCallId, ...rest } = message;
  if (message.role === "tool") {
    const name = message.name ?? names.get(toolCallId ?? "");
    const result = { ...(name === undefined ? {} : { name }), content: message.content };
    return { role: "user", content: JSON.stringify({ tool_result: result }) };
  }
  if (toolCalls.length === 0) return rest;
  const calls = writeGeneric(toolCalls);
  return { ...rest, content: message.content === "" ? calls : `${message.content}\n${calls}` };
}

function writeGeneric(calls: readonly ToolCall[]): string {
  const [form] = genericFormat(calls.length > 1).forms;
  return writeCalls(form, calls, new Map());
}

/** Many templates want user and assistant by turns: what follows a user's message as another one becomes a part of it. */
function joinUsers(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.role === "user" && last?.role === "user") {
      joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` };
    } else joined.push(message);
  }
  return joined;
}

/** With this at the end of the system message, or as the first message where there is none. */
function withSystem(messages: readonly ChatMessage[], text: string): ChatMessage[] {
  const [first, ...others] = messages;
  if (first?.role !== "system" && first?.role !== "developer") return [{ role: "system", content: text }, ...messages];
  return [{ ...first, content: first.content === "" ? text : `${first.content}\n\n${text}` }, ...others];
}

const EXAMPLE = { name: "NAME", arguments: '{"PARAMETER": "VALUE"}', id: "0" };
/** Whose parameter is a string. */
const EXAMPLE_TOOLS = new Map<string, Tool>();

function describe(use: ToolUse, template: TemplateFacts): string {
  const listed = use.tools.map(({ name, description, parameters }) =>
    JSON.stringify({ name, ...(description === undefined ? {} : { description }), parameters: parameters ?? {} })
  );
  if (template.callFormat === "phi") return `<|tool|>[${listed.join(", ")}]<|/tool|>`;
  const intro = `These tools can be called, each described by a line of JSON:\n${listed.join("\n")}`;
  if (use.choice.mode === "none") return `${intro}\nDon't call any of them now.`;
  const generic = template.layout === "generic";
  const [form]: CallForm[] = (generic ? genericFormat(use.parallel).forms : template.calls?.forms) ?? [];
  const example = form === undefined ? "" : writeCalls(form, [EXAMPLE], EXAMPLE_TOOLS);
  const lines = [intro, `To call a tool write only: ${example}`];
  if (use.choice.mode === "required") lines.push("Call a tool now.");
  else if (generic) lines.push('To answer without a tool write only: {"response": "YOUR ANSWER"}');
  return lines.join("\n");
}
