import type { ChatMessage } from "../../schemas/mod.ts";
import { begunObject } from "../begun_object.ts";
import type { Item } from "../../schemas/responses/mod.ts";

type AssistantTurn = Extract<ChatMessage, { role: "assistant" }>;

/**
 * A conversation as chat templates have it, where an assistant's message holds what it thought before, and what it called after it said
 * something.
 */
export function toTurns(items: Item[]): ChatMessage[] {
  const turns: ChatMessage[] = [];
  const names = new Map<string, string>();
  for (const item of items) {
    switch (item.type) {
      case "reasoning": {
        if (item.content.length === 0) break;
        const turn = addTurn(turns, (last) => isBare(last));
        turn.reasoning_content = [turn.reasoning_content ?? [], item.content.map(({ text }) => text)].flat().join("\n");
        break;
      }
      case "function_call": {
        const { call_id: id, name, status } = item;
        // A call that was cut off has what of its arguments is whole.
        const text = status === "completed" ? item.arguments : JSON.stringify(begunObject(item.arguments));
        names.set(id, name);
        const turn = addTurn(turns, () => true);
        turn.tool_calls = [...turn.tool_calls ?? [], { id, function: { name, arguments: text } }];
        break;
      }
      case "function_call_output": {
        const name = names.get(item.call_id);
        // Templates that know calls by their functions' names find the name, too.
        const named = name === undefined ? {} : { name };
        turns.push({ role: "tool", content: item.output, tool_call_id: item.call_id, ...named });
        break;
      }
      default: {
        const content = toContent(item.content.map(({ text }) => text));
        if (item.role === "assistant") addTurn(turns, (last) => isBare(last)).content = content;
        else turns.push({ role: item.role, content });
      }
    }
  }
  return turns;
}

/** One text is no list of parts: which of both a client wrote is not kept. */
function toContent(texts: string[]): NonNullable<ChatMessage["content"]> {
  return texts.length > 1 ? texts.map((text) => ({ type: "text", text })) : texts[0] ?? "";
}

/** The assistant's turn that an item belongs to: the last one, where that goes on, or a new one. */
function addTurn(turns: ChatMessage[], goesOn: (last: AssistantTurn) => boolean): AssistantTurn {
  const last = turns.at(-1);
  if (last?.role === "assistant" && goesOn(last)) return last;
  const turn: AssistantTurn = { role: "assistant", content: "" };
  turns.push(turn);
  return turn;
}

/** Whether a turn has nothing but thoughts yet. */
function isBare({ content, tool_calls }: AssistantTurn): boolean {
  return content === "" && tool_calls === undefined;
}
