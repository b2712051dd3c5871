import assert from "node:assert/strict";

const COLORS = ["red", "green", "blue"];

/** What a model must keep to, where it calls a function or answers in JSON. */
export const COLOR_SCHEMA = {
  type: "object",
  properties: { color: { enum: COLORS } },
  required: ["color"],
  additionalProperties: false,
};

/** The function whose arguments are of {@linkcode COLOR_SCHEMA}. */
export const COLOR_TOOL = { name: "paint_wall", description: "Paints the wall." };

/**
 * Makes sure that a value is of {@linkcode COLOR_SCHEMA}.
 *
 * @returns It, as JSON.
 * @throws {Error} Where it is not.
 */
export function expectColor(value: unknown): string {
  const json = JSON.stringify(value);
  assert.ok(COLORS.some((color) => json === JSON.stringify({ color })), `it is not of its schema: ${json}`);
  return json;
}
