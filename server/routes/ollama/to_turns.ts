import type { ChatMessage } from "../../schemas/mod.ts";
import type { Message } from "../../schemas/ollama/mod.ts";

/** A call that waits for its result. */
interface Waiting {
  id: string;
  name: string;
}

/**
 * A conversation as OpenAI would have it. Ollama's calls need no ids, and its results name the tool alone: a result answers the first call of
 * that tool that has none yet, and without a name the first call at all.
 */
export function toTurns(messages: Message[]): ChatMessage[] {
  const waiting: Waiting[] = [];
  let made = 0;
  return messages.map((message): ChatMessage => {
    const content = message.content ?? "";
    switch (message.role) {
      case "assistant": {
        const calls = (message.tool_calls || []).map(({ id, function: { name, arguments: args } }) => {
          const call = { id: id || `call_${made++}`, name };
          waiting.push(call);
          return { id: call.id, function: { name, arguments: JSON.stringify(args ?? {}) } };
        });
        return {
          role: message.role,
          content,
          ...(message.thinking ? { reasoning_content: message.thinking } : {}),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        };
      }
      case "tool": {
        const { id, name } = takeCall(waiting, message);
        return { role: message.role, content, name, tool_call_id: id };
      }
      default:
        return { role: message.role, content };
    }
  });
}

/** The call that a result answers, and what is known of one that there is not. */
function takeCall(waiting: Waiting[], { tool_call_id, tool_name }: Message): Partial<Waiting> {
  const index = waiting.findIndex(({ id, name }) =>
    tool_call_id ? id === tool_call_id : tool_name ? name === tool_name : true
  );
  const [call] = index < 0 ? [] : waiting.splice(index, 1);
  const id = tool_call_id || call?.id;
  const name = tool_name || call?.name;
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) };
}
