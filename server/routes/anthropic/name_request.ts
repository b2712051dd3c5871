import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../../app_input.ts";
import { newId } from "../../new_id.ts";

const HEADER = "request-id";

/** Gives each request an id, which every answer has in the header where Anthropic's clients look for it. */
export function nameRequest(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    requestId(c);
    await next();
  };
}

/** The id of a request, which it has from then on. */
export function requestId(c: Context<AppEnv>): string {
  const { headers } = c.res;
  const id = headers.get(HEADER) ?? newId("req_");
  // Not by `c.header`, which a response that Hono did not make itself would lose.
  headers.set(HEADER, id);
  return id;
}
