import { type DescribedOperation, LINES_TYPE } from "../openapi/mod.ts";

/** A request as it is shown. */
export interface ShownRequest {
  /** The server's address, without a slash at its end. */
  origin: string;
  method: string;
  path: string;
  operation: DescribedOperation;
  /** Absent where there is none. */
  body?: Record<string, unknown>;
}

/** Characters of a line that a short body may have. */
const LINE = 72;

/** The line for a POSIX shell that sends a request; what is only known later (an id) stands in it in capitals. */
export function curlCommand({ origin, method, path, operation, body }: ShownRequest): string {
  const isUsual = operation.responses["200"]?.content[LINES_TYPE] !== undefined;
  // Without -N, curl holds back what is streamed.
  const flags = body?.["stream"] ?? isUsual ? " -N" : "";
  const verb = method === (body === undefined ? "get" : "post") ? "" : ` -X ${method.toUpperCase()}`;
  const line = `curl${flags}${verb} ${quoted(origin + toPath(path, operation))}`;
  if (body === undefined) return line;
  const short = JSON.stringify(body);
  const json = short.length <= LINE ? short : inLines(body);
  return `${line} \\\n  -H 'Content-Type: application/json' \\\n  -d ${inQuotes(json)}`;
}

/** An object with each of its values on a line. */
function inLines(body: Record<string, unknown>): string {
  const lines = Object.entries(body).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n")}\n  }`;
}

/** A path with the examples of its parameters, and of those of its query that it needs. */
function toPath(path: string, { parameters = [] }: DescribedOperation): string {
  const filled = path.replaceAll(
    /\{(\w+)\}/g,
    (_, name) => encodeURIComponent(parameters.find((parameter) => parameter.name === name)?.example ?? name),
  );
  const query = new URLSearchParams(
    parameters.filter((parameter) => parameter.in === "query" && parameter.required).map(({ name, schema }) => [
      name,
      String(schema.enum?.[0] ?? ""),
    ]),
  );
  return query.size === 0 ? filled : `${filled}?${query}`;
}

function quoted(word: string): string {
  return /^[\w:./-]+$/.test(word) ? word : inQuotes(word);
}

function inQuotes(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
