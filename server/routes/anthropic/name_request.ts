import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../../app_input.ts";
import { newId } from "../../new_id.ts";

const HEADER = "request-id";

/** Gives each request an id, which every answer has in the header where Anthropic's clients look for it. */
export function nameRequest(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // Not by `c.header`, which a response that Hono did not make itself would lose.
    c.res.headers.set(HEADER, newId("req_"));
    await next();
  };
}

/** The id of a request that {@linkcode nameRequest} has seen. */
export function requestId(c: Context<AppEnv>): string {
  return c.res.headers.get(HEADER) ?? "";
}
