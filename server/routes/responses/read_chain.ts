import { EngineError } from "../../../lib/errors.ts";
import type { ResponseStore } from "../../response_store.ts";
import type { Item, StoredResponse } from "../../schemas/responses/mod.ts";

/** Responses that may precede one: more turns than a context has room for. */
const MAX_DEPTH = 1000;

/** What came before a response. */
export interface Chain {
  /** The messages of both sides, in their order. */
  items: Item[];
  /** The response that is not there, where one is not; what it had before it is unknown. */
  missing?: string;
}

/**
 * Collects a conversation from the responses that follow each other. None can follow itself: it gets its id after it has named its
 * predecessor.
 *
 * @param store Where they are kept.
 * @param last The id of the last of them; without one there is no conversation yet.
 * @throws {EngineError} `invalid_value` when they are too many.
 */
export function readChain(store: ResponseStore, last: string | null | undefined): Chain {
  const found: StoredResponse[] = [];
  const toItems = (): Item[] => found.reverse().flatMap(({ response, input }) => [...input, ...response.output]);
  for (let id = last ?? null; id !== null;) {
    if (found.length === MAX_DEPTH) throw tooDeep();
    const stored = store.get(id);
    if (stored === undefined) return { items: toItems(), missing: id };
    found.push(stored);
    id = stored.response.previous_response_id;
  }
  return { items: toItems() };
}

function tooDeep(): EngineError {
  const message = `Invalid "previous_response_id": more than ${MAX_DEPTH} responses precede this one; ` +
    'send the conversation as "input" instead';
  return new EngineError("invalid_value", message, { param: "previous_response_id" });
}
