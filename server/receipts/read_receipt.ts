import { EngineError, toEngineError } from "../../lib/errors.ts";
import { describeIssue } from "../describe_issue.ts";
import { Receipt } from "../schemas/receipt.ts";

/** A longer file is no receipt. */
const MOST_BYTES = 64 << 20;

/**
 * Reads a receipt from a file, or from standard input.
 *
 * @param path `-` is standard input.
 * @throws {EngineError} `io` when it cannot be read, `bad_file` when it is no receipt.
 */
export async function readReceipt(path: string): Promise<Receipt> {
  const name = path === "-" ? "standard input" : `"${path}"`;
  let text;
  try {
    text = await readText(path, name);
  } catch (error) {
    throw toEngineError(error, `Cannot read the receipt from ${name}`);
  }
  return parseReceipt(text, name);
}

/**
 * Parses a receipt, or an answer that carries one.
 *
 * @param name What it is called in an error.
 * @throws {EngineError} `bad_file` with the first thing that is wrong.
 */
export function parseReceipt(text: string, name: string): Receipt {
  const refuse = (what: string, cause?: unknown): EngineError =>
    new EngineError("bad_file", `Cannot read the receipt from ${name}: ${what}`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is not valid JSON: ${oneLine(error)}`, error);
  }
  const value = ownReceipt(json) ?? json;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "format")) {
    throw refuse('it is neither a receipt nor an answer that carries one; ask with "receipt": true');
  }
  const result = Receipt.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new TypeError("zod refused a receipt without an issue");
  throw refuse(oneLine(describeIssue(issue, value)));
}

async function readText(path: string, name: string): Promise<string> {
  // Read to its end, or cancelled: either closes the file.
  const stream = path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const bytes of stream) {
    size += bytes.length;
    if (size > MOST_BYTES) {
      const message = `Cannot read the receipt from ${name}: it has more than ${MOST_BYTES >> 20} MiB`;
      throw new EngineError("bad_file", message);
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

/** What a whole answer carries. */
function ownReceipt(json: unknown): unknown {
  if (typeof json !== "object" || json === null || !Object.hasOwn(json, "receipt")) return undefined;
  return Reflect.get(json, "receipt");
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}
