import type { Json } from "../../../lib/engine/conversation.ts";

/** JSON as Python's `json.dumps` lays it out: the layout of answers. */
export function pythonJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${pythonJson(item)}`).join(", ")}}`;
}
