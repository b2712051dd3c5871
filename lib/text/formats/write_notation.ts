/** Writes arguments, an object in JSON, in another notation. */
export function writeNotation(notation: "python" | "gemma", json: string): string {
  const values: Record<string, unknown> = JSON.parse(json);
  if (notation === "python") {
    const each = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return `(${each.join(", ")})`;
  }
  return writeGemma(values);
}

function writeGemma(value: unknown): string {
  if (typeof value === "string") return `<|"|>${value}<|"|>`;
  if (Array.isArray(value)) return `[${value.map(writeGemma).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, each]) => `${key}:${writeGemma(each)}`).join(",")}}`;
}
