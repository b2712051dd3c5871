import * as z from "zod";

/**
 * A schema for prompts of which a client may send a list: before it is checked, the list is cut behind what is wrong with it already. An issue
 * for each of a million wrong elements would keep all other clients waiting.
 *
 * @param most Prompts of one request; one more is left, so that the schema or its user sees that there are too many.
 */
export function promptList<Schema extends z.ZodType>(schema: Schema, most: number): z.ZodPreprocess<Schema> {
  return z.preprocess((value) => cutList(value, most), schema);
}

function cutList(value: unknown, most: number): unknown {
  if (!Array.isArray(value)) return value;
  if (typeof value[0] === "number") return cutTokens(value);
  return value.slice(0, most + 1).map((prompt) => Array.isArray(prompt) ? cutTokens(prompt) : prompt);
}

function cutTokens(tokens: unknown[]): unknown[] {
  const wrong = tokens.findIndex((token) => !Number.isSafeInteger(token) || Number(token) < 0);
  return wrong < 0 ? tokens : tokens.slice(0, wrong + 1);
}
