import type { Context } from "hono";
import type * as z from "zod";
import type { AppEnv } from "../../app_input.ts";
import { describeIssue } from "../../describe_issue.ts";
import { droppedKeys } from "../../dropped_keys.ts";

/**
 * Checks a request's query. What the schema does not take is noted, as it is of a body.
 *
 * @param schema What the query must be; all values are strings before it.
 * @throws {EngineError} `invalid_value`, with the name of the wrong parameter as `param`.
 */
export function parseQuery<Output>(c: Context<AppEnv>, schema: z.ZodType<Output>): Output {
  const query = c.req.query();
  const result = schema.safeParse(query);
  if (result.success) {
    c.set("ignored", droppedKeys(query, result.data));
    return result.data;
  }
  const [issue] = result.error.issues;
  throw issue === undefined ? new TypeError("zod refused a query without an issue") : describeIssue(issue, query);
}
