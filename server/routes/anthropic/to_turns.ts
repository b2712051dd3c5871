import type { InputMessage } from "../../schemas/anthropic/mod.ts";
import type { ChatMessage } from "../../schemas/mod.ts";
import { readSignature } from "./signature.ts";

type Text = string | { text: string }[] | null | undefined;
type UserBlock = Exclude<Extract<InputMessage, { role: "user" }>["content"], string>[number];
type AssistantBlock = Exclude<Extract<InputMessage, { role: "assistant" }>["content"], string>[number];
type ToolResult = Extract<UserBlock, { type: "tool_result" }>;
type AssistantTurn = Extract<ChatMessage, { role: "assistant" }>;

/** What the model reads before the result of a call that failed: chat templates have no other word for it. */
const FAILED = "Error: ";

/**
 * A conversation as chat templates have it: results of calls are messages of their own, in their order, and texts of the same role that follow
 * each other are one message, as Anthropic does.
 */
export function toTurns(messages: InputMessage[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  const names = new Map<string, string>();
  for (const message of messages) {
    if (message.role === "assistant") {
      addAssistant(turns, message.content, names);
      continue;
    }
    for (const block of blocksOf(message.content)) {
      if (block.type === "tool_result") turns.push(toToolMessage(block, names));
      else addText(turns, block.text);
    }
    // A message without a block is a turn all the same.
    if (message.content.length === 0) addText(turns, "");
  }
  return turns;
}

/** Blocks of text as one text. */
export function toText(content: Text): string {
  return typeof content === "string" ? content : (content ?? []).map(({ text }) => text).join("\n");
}

function blocksOf<Block>(content: string | Block[]): (Block | { type: "text"; text: string })[] {
  if (typeof content !== "string") return content;
  return content === "" ? [] : [{ type: "text", text: content }];
}

function addText(turns: ChatMessage[], text: string): void {
  const last = turns.at(-1);
  if (last?.role === "user") last.content = joined(toText(last.content), text);
  else turns.push({ role: "user", content: text });
}

function addAssistant(turns: ChatMessage[], content: string | AssistantBlock[], names: Map<string, string>): void {
  const last = turns.at(-1);
  const isNew = last?.role !== "assistant";
  const turn: AssistantTurn = isNew ? { role: "assistant", content: "" } : last;
  if (isNew) turns.push(turn);
  const blocks = blocksOf(content);
  const said = blocks.flatMap((block) => block.type === "text" ? [block.text] : []);
  if (said.length > 0) turn.content = isNew ? said.join("\n") : joined(toText(turn.content), said.join("\n"));
  for (const block of blocks) {
    if (block.type === "thinking") addThought(turn, block.thinking || readSignature(block.signature ?? ""));
    else if (block.type === "tool_use") {
      names.set(block.id, block.name);
      const call = { id: block.id, function: { name: block.name, arguments: JSON.stringify(block.input) } };
      turn.tool_calls = [...turn.tool_calls ?? [], call];
    }
  }
}

function addThought(turn: AssistantTurn, thought: string): void {
  if (thought !== "") {
    turn.reasoning_content = turn.reasoning_content ? joined(turn.reasoning_content, thought) : thought;
  }
}

/** Templates that know calls by their functions' names find the name, too. */
function toToolMessage({ tool_use_id: id, content, is_error }: ToolResult, names: Map<string, string>): ChatMessage {
  const name = names.get(id);
  const text = toText(content);
  return {
    role: "tool",
    content: is_error ? FAILED + text : text,
    tool_call_id: id,
    ...(name === undefined ? {} : { name }),
  };
}

function joined(before: string, text: string): string {
  return `${before}\n${text}`;
}
