import type { Context } from "hono";
import type * as z from "zod";
import { EngineError } from "../lib/errors.ts";
import type { AppEnv } from "./app_input.ts";
import { describeIssue } from "./describe_issue.ts";
import { droppedKeys } from "./dropped_keys.ts";
import { unexpectedTokenAt } from "./unexpected_token_at.ts";

/**
 * Reads a request's JSON body and checks it. What the schema does not take is noted, so that the response names it
 * (`X-Ignored-Parameters`).
 *
 * @param c Its body may have been limited before.
 * @param schema What the body must be.
 * @throws {EngineError} `invalid_value`, with the dotted path of the wrong parameter as `param`; `unsupported_media_type` for a body of
 *   another type; `cancelled` when the client went away.
 */
export async function parseBody<Output>(c: Context<AppEnv>, schema: z.ZodType<Output>): Promise<Output> {
  const body = parseJson(await readText(c.req.raw), contentType(c.req.raw));
  const result = schema.safeParse(body);
  if (result.success) {
    c.set("ignored", droppedKeys(body, result.data));
    return result.data;
  }
  const [issue] = result.error.issues;
  throw issue === undefined ? new TypeError("zod refused a body without an issue") : describeIssue(issue, body);
}

/**
 * Makes sure that a request comes from a program, or from a page that had to ask before: a form of another origin cannot say that it sends JSON.
 *
 * @throws {EngineError} `unsupported_media_type`.
 */
export function expectProgram(request: Request): void {
  contentType(request);
}

/** What the body claims to be. */
interface ContentType {
  /** As the header has it; empty where there is none. */
  name: string;
  isJson: boolean;
}

/**
 * A page of another origin can send a form's types without asking, so that JSON under one of them is taken only from programs, such as curl with
 * `-d`.
 */
function contentType({ headers }: Request): ContentType {
  const name = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const isJson = name === "application/json" || name.endsWith("+json");
  if (!isJson && headers.has("origin")) throw unsupported(name);
  return { name, isJson };
}

async function readText(request: Request): Promise<string> {
  try {
    return await request.text();
  } catch (error) {
    // A body breaks off only when its connection does.
    throw new EngineError("cancelled", "The request body broke off", { cause: error });
  }
}

function parseJson(text: string, { name, isJson }: ContentType): unknown {
  if (text.trim() === "") {
    throw new EngineError("invalid_value", "The request body is empty; expected a JSON object");
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!isJson) throw unsupported(name);
    const reason = error instanceof Error ? error.message : String(error);
    // The reason quotes the text, which may speak of positions itself.
    const where = / at position \d+ \(line \d+ column \d+\)$/.test(reason)
      ? ""
      : ` at position ${unexpectedTokenAt(text)}`;
    throw new EngineError("invalid_value", `The request body is not valid JSON: ${reason}${where}`, { cause: error });
  }
}

function unsupported(name: string): EngineError {
  const found = name === "" ? "has no content type" : `is "${name}"`;
  return new EngineError("unsupported_media_type", `The request body ${found}; send JSON as "application/json"`);
}
