import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app_input.ts";
import { headerText } from "./header_text.ts";
import type { Relaxed } from "./constraint.ts";

/** Longer lists end in an ellipsis: clients and proxies limit their headers. */
const MOST_POINTS = 32;
const MOST_CHARACTERS = 2000;

/**
 * Names in `X-Relaxed` the points of schemas that are not held while an answer is written, and in `X-Validation` what came of checking a whole
 * answer against them.
 */
export function nameRelaxed(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next();
    const relaxed = c.get("relaxed") ?? [];
    const validation = c.get("validation");
    if (relaxed.length > 0) c.res.headers.set("x-relaxed", headerText(listOf(relaxed), MOST_CHARACTERS));
    if (validation !== undefined) c.res.headers.set("x-validation", headerText(validation, MOST_CHARACTERS));
  };
}

function listOf(relaxed: Relaxed[]): string {
  const shown = relaxed.slice(0, MOST_POINTS).map(({ param, pointer, keyword, reason }) =>
    `${param}#${pointer}: ${keyword} (${reason})`
  );
  const left = relaxed.length - shown.length;
  return [...shown, ...(left > 0 ? [`... and ${left} more`] : [])].join(", ");
}
