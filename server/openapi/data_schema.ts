import type { JsonSchema } from "./json_schema.ts";

/** What a body is that has this schema: of server-sent events what their data is, of all others the body itself. */
export function dataSchema(schema: JsonSchema): JsonSchema {
  const data = schema.properties?.["data"];
  if (typeof data !== "object") return schema;
  return data.contentSchema ?? data.anyOf?.[0]?.contentSchema ?? schema;
}
