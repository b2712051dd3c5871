import type { Handler } from "hono";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv } from "../../app_input.ts";
import type { ResponseStore } from "../../response_store.ts";
import { type Item, type ItemList, ItemQuery } from "../../schemas/responses/mod.ts";
import { parseQuery } from "./parse_query.ts";
import { readChain } from "./read_chain.ts";
import { findStored } from "./stored_responses.ts";

/** `GET /v1/responses/{id}/input_items`: the messages that a response was made from, page by page, with those of the responses before it. */
export function listInputItems(store: ResponseStore): Handler<AppEnv> {
  return (c) => {
    const query = parseQuery(c, ItemQuery);
    const { response, input } = findStored(store, c.req.param("id"));
    // Of responses that were deleted since there is nothing left to list.
    const before = readChain(store, response.previous_response_id);
    return c.json(pageOf([...before.items, ...input], query));
  };
}

function pageOf(items: Item[], { order, limit, after }: ItemQuery): ItemList {
  const ordered = order === "asc" ? items : items.toReversed();
  const begin = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && begin === 0) {
    const message = `Invalid "after": this response was made from no item ${JSON.stringify(after)}`;
    throw new EngineError("invalid_value", message, { param: "after" });
  }
  const data = ordered.slice(begin, begin + limit);
  return {
    object: "list",
    data,
    first_id: data.at(0)?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: begin + limit < ordered.length,
  };
}
