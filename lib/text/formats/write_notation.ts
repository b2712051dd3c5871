import { writeJson } from "./write_json.ts";

/** What strings of Gemma's calls are between. */
export const GEMMA_QUOTE = '<|"|>';

/** Writes arguments, an object in JSON, in another notation. */
export function writeNotation(notation: "python" | "gemma", json: string): string {
  const values: Record<string, unknown> = JSON.parse(json);
  if (notation === "gemma") return writeGemma(values);
  const each = Object.entries(values).map(([name, value]) => `${name}=${writeJson(value)}`);
  return `(${each.join(", ")})`;
}

/** Writes a value as Gemma 4 does. */
export function writeGemma(value: unknown): string {
  if (typeof value === "string") return GEMMA_QUOTE + value + GEMMA_QUOTE;
  if (Array.isArray(value)) return `[${value.map(writeGemma).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, each]) => `${key}:${writeGemma(each)}`).join(",")}}`;
}
