import type { ResponseStore } from "../../response_store.ts";
import type { ChatMessage, ErrorBody } from "../../schemas/mod.ts";
import type { InputItem, Item } from "../../schemas/responses/mod.ts";
import { readChain } from "./read_chain.ts";
import { toItems } from "./to_items.ts";
import { toTurns } from "./to_turns.ts";

/** What a request is to be answered from. */
export interface Conversation {
  /** All of it. */
  messages: ChatMessage[];
  /** Those items that the request brought itself. */
  input: Item[];
}

/** The parts of a request that make its conversation. */
export interface ConversationParts {
  input?: string | InputItem[] | null | undefined;
  instructions?: string | null | undefined;
  previous_response_id?: string | null | undefined;
}

/**
 * Puts instructions, what was said before, and what is new one behind the other.
 *
 * @param request What the client says.
 * @param store Where earlier responses are kept.
 * @returns The conversation, or the answer for an earlier response that is not kept.
 * @throws {EngineError} `invalid_value` for a conversation without end, and for calls whose arguments are no JSON object.
 */
export function readConversation(request: ConversationParts, store: ResponseStore): Conversation | Response {
  const before = readChain(store, request.previous_response_id);
  if (before.missing !== undefined) return previousNotFound(before.missing);
  const input = toItems(request.input);
  const instructions: ChatMessage[] = request.instructions ? [{ role: "system", content: request.instructions }] : [];
  return { messages: [...instructions, ...toTurns([...before.items, ...input])], input };
}

/** OpenAI's error, with a code that only this API has. */
function previousNotFound(id: string): Response {
  const message =
    `There is no stored response ${
      JSON.stringify(id)
    } to go on from: it was never stored ("store": false), or is gone since; ` +
    'send the conversation as "input" instead';
  const body: ErrorBody = {
    error: {
      message,
      type: "invalid_request_error",
      param: "previous_response_id",
      code: "previous_response_not_found",
    },
  };
  return Response.json(body, { status: 400 });
}
