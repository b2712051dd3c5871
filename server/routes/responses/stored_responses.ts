import type { Handler } from "hono";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv } from "../../app_input.ts";
import type { ResponseStore } from "../../response_store.ts";
import { type DeletedResponse, RetrieveQuery, type StoredResponse } from "../../schemas/responses/mod.ts";
import { parseQuery } from "./parse_query.ts";

/** `GET /v1/responses/{id}`: a response as it was answered. */
export function getResponse(store: ResponseStore): Handler<AppEnv> {
  return (c) => {
    parseQuery(c, RetrieveQuery);
    return c.json(findStored(store, c.req.param("id")).response);
  };
}

/** `DELETE /v1/responses/{id}`: nothing can go on from it, or from what followed it, afterwards. */
export function deleteResponse(store: ResponseStore): Handler<AppEnv> {
  return (c) => {
    const id = c.req.param("id") ?? "";
    if (!store.delete(id)) throw notFound(id);
    return c.json({ id, object: "response", deleted: true } satisfies DeletedResponse);
  };
}

/** `POST /v1/responses/{id}/cancel`: always an error, since what is stored here is complete. */
export function cancelResponse(store: ResponseStore): Handler<AppEnv> {
  return (c) => {
    const { response } = findStored(store, c.req.param("id"));
    const message =
      `Cannot cancel response "${response.id}": it is ${response.status}, and only background responses can be cancelled; ` +
      "one that is being answered ends when its connection is closed";
    throw new EngineError("invalid_value", message, { param: "id" });
  };
}

/**
 * The stored response that a path names.
 *
 * @throws {EngineError} `not_found`.
 */
export function findStored(store: ResponseStore, id = ""): StoredResponse {
  const stored = store.get(id);
  if (stored === undefined) throw notFound(id);
  return stored;
}

function notFound(id: string): EngineError {
  const message = `There is no stored response ${
    JSON.stringify(id)
  }: it was never stored ("store": false), or is gone since`;
  return new EngineError("not_found", message, { param: "id" });
}
