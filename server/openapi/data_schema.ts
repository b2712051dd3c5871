import type { JsonSchema } from "./json_schema.ts";

/** What a body is that has this schema: of server-sent events what their data is, of all others the body itself. */
export function dataSchema(schema: JsonSchema): JsonSchema {
  const data = schema.properties?.["data"];
  return typeof data === "object" ? data.contentSchema ?? schema : schema;
}
