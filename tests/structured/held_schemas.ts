import fc from "fast-check";
import type { JsonSchema } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { schemaToGrammar } from "../../lib/schema/mod.ts";
import { anySchema } from "../lib/schema/any_schema.ts";

/** So many schemas that can be held in full, and how many were passed over since nothing fits them or a keyword cannot be held. */
export function heldSchemas(count: number, seed: number): { schemas: JsonSchema[]; refused: number } {
  const all = fc.sample(anySchema, { numRuns: count * 4, seed });
  const schemas: JsonSchema[] = [];
  for (const [i, schema] of all.entries()) {
    if (isHeld(schema)) schemas.push(schema);
    if (schemas.length === count) return { schemas, refused: i + 1 - count };
  }
  throw new Error(`Only ${schemas.length} of ${all.length} schemas can be held`);
}

function isHeld(schema: JsonSchema): boolean {
  try {
    schemaToGrammar(schema, { strict: true });
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.code === "invalid_value") return false;
    throw error;
  }
}
