import type { Chat, ChatMessage, Tool, ToolUse } from "../../engine/conversation.ts";
import type { CallForm } from "./format.ts";
import { genericFormat } from "./generic.ts";
import type { TemplateFacts } from "./template_facts.ts";
import { writeCalls } from "./write_calls.ts";
import { writeJson } from "./write_json.ts";

/**
 * What is to be rendered for a model whose template does not know tools, or not all about them: they are described in a system message,
 * earlier calls are written out as its answers, and where nothing is known of calls their results are a user's messages. Other chats stay as
 * they are.
 */
export function prepareChat(chat: Chat, template: TemplateFacts): Chat {
  const { tools, ...rest } = chat;
  const show = tools !== undefined && !template.showsTools;
  const messages = template.writesCalls ? chat.messages : withoutCalls(chat, template);
  if (show) return { ...rest, messages: withSystem(messages, describe(tools, template)) };
  return messages === chat.messages ? chat : { ...chat, messages };
}

function withoutCalls({ messages, tools }: Chat, template: TemplateFacts): ChatMessage[] {
  if (!messages.some(({ role, toolCalls = [] }) => role === "tool" || toolCalls.length > 0)) return messages;
  const known = new Map(tools?.tools.map((tool) => [tool.name, tool]));
  const written = messages.map((message) => withCallsAsText(message, template, known));
  if (template.layout !== "generic") return written;
  const names = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name])));
  return joinUsers(written.map((message) => withResultAsText(message, names)));
}

function withCallsAsText(
  message: ChatMessage,
  template: TemplateFacts,
  tools: ReadonlyMap<string, Tool>,
): ChatMessage {
  const { toolCalls = [], ...rest } = message;
  if (toolCalls.length === 0) return message;
  const format = template.layout === "generic" ? genericFormat(toolCalls.length > 1) : template.calls;
  const calls = format === undefined ? "" : writeCalls(format.forms[0], toolCalls, tools);
  return { ...rest, content: message.content === "" ? calls : `${message.content}\n${calls}` };
}

function withResultAsText(message: ChatMessage, names: ReadonlyMap<string, string>): ChatMessage {
  if (message.role !== "tool") return message;
  const name = message.name ?? names.get(message.toolCallId ?? "");
  const result = { ...(name === undefined ? {} : { name }), content: message.content };
  return { role: "user", content: writeJson({ tool_result: result }) };
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
    writeJson({ name, ...(description === undefined ? {} : { description }), parameters: parameters ?? {} })
  );
  if (template.callFormat === "phi") return `<|tool|>[${listed.join(", ")}]<|/tool|>`;
  const intro = `These tools can be called, each described by a line of JSON:\n${listed.join("\n")}`;
  if (use.choice.mode === "none") return `${intro}\nDon't call any of them now.`;
  const generic = template.layout === "generic";
  const [form]: CallForm[] = (generic ? genericFormat(use.parallel ?? false).forms : template.calls?.forms) ?? [];
  const example = form === undefined ? "" : writeCalls(form, [EXAMPLE], EXAMPLE_TOOLS);
  const lines = [intro, `To call a tool write only: ${example}`];
  if (use.choice.mode === "required") lines.push("Call a tool now.");
  else if (generic) lines.push('To answer without a tool write only: {"response": "…"}');
  return lines.join("\n");
}
