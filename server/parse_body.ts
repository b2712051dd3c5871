import type * as z from "zod";
import { EngineError } from "../lib/errors.ts";
import { describeIssue } from "./describe_issue.ts";

/**
 * Reads a request's JSON body, whatever content type it claims, and checks it.
 *
 * @param request Its body may have been limited before.
 * @param schema What the body must be.
 * @throws {EngineError} `invalid_value`, with the dotted path of the wrong parameter as `param`; `cancelled` when the client went away.
 */
export async function parseBody<Output>(request: Request, schema: z.ZodType<Output>): Promise<Output> {
  const body = parseJson(await readText(request));
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue === undefined ? new TypeError("zod refused a body without an issue") : describeIssue(issue, body);
}

async function readText(request: Request): Promise<string> {
  try {
    return await request.text();
  } catch (error) {
    // A body breaks off only when its connection does.
    throw new EngineError("cancelled", "The request body broke off", { cause: error });
  }
}

function parseJson(text: string): unknown {
  if (text.trim() === "") {
    throw new EngineError("invalid_value", "The request body is empty; expected a JSON object");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError("invalid_value", `The request body is not valid JSON: ${reason}`, { cause: error });
  }
}
