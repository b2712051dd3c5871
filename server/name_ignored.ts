import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app_input.ts";

/** Names in `X-Ignored-Parameters` what a request said and nobody took, so that nothing is dropped in silence. */
export function nameIgnored(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next();
    const ignored = c.get("ignored") ?? [];
    if (ignored.length === 0) return;
    // A key may hold what a header cannot.
    c.res.headers.set("x-ignored-parameters", ignored.map(encodeURIComponent).join(", "));
  };
}
