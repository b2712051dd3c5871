/** Writes a value of JSON with the spaces of Python's `json.dumps`, which is what templates and models write. */
export function writeJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${writeJson(each)}`).join(", ")}}`;
}
