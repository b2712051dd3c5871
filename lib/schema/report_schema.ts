import type { Json } from "../engine/conversation.ts";
import { EngineError } from "../errors.ts";
import { writeGbnf } from "../grammar/mod.ts";
import { isSchema, type KeywordPlace, type SchemaOptions } from "./schema_types.ts";
import { schemaToGrammar } from "./schema_to_grammar.ts";

/**
 * Says what the grammar of a schema is, what it holds and what not.
 *
 * @param text JSON text of the schema.
 * @throws {EngineError} `invalid_value` as {@linkcode schemaToGrammar} does, and when the text is no JSON.
 */
export function reportSchema(text: string, options: SchemaOptions & { param: string }): string {
  const { grammar, held, relaxed } = schemaToGrammar(parse(text, options.param), options);
  const reasons = relaxed.map(({ pointer, keyword, reason }) => `  ${shown(pointer)}  ${keyword}: ${reason}`);
  return [
    "# Grammar (GBNF)",
    writeGbnf(grammar).trimEnd(),
    "",
    "# Held by the grammar",
    ...byPlace(held),
    "",
    "# Not held, only validated afterwards",
    ...(reasons.length === 0 ? ["  nothing"] : reasons),
  ].join("\n");
}

function parse(text: string, param: string): { [keyword: string]: Json } | boolean {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new EngineError("invalid_value", `${param} is no JSON: ${message}`, { param, cause: error });
  }
  if (isSchema(value)) return value;
  throw new EngineError("invalid_value", `${param}: expected a schema (an object, true or false)`, { param });
}

function byPlace(places: readonly KeywordPlace[]): string[] {
  const keywords = Map.groupBy(places, ({ pointer }) => pointer);
  if (keywords.size === 0) return ["  nothing: any JSON is allowed"];
  return [...keywords].map(([pointer, each]) =>
    `  ${shown(pointer)}  ${each.map(({ keyword }) => keyword).join(", ")}`
  );
}

function shown(pointer: string): string {
  return pointer === "" ? '""' : pointer;
}
