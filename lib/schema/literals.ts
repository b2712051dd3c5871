import type { Json } from "../engine/conversation.ts";
import type { Literal } from "./constraints.ts";
import { below, isSchema } from "./schema_types.ts";

/** The schema as something that must hold. */
export function literalOf(value: Json, pointer: string): Literal {
  return { schema: isSchema(value) ? value : true, pointer, negated: false };
}

/** The schemas of the list that a keyword has. */
export function listOf(value: Json, { keyword, pointer }: { keyword: string; pointer: string }): Literal[] {
  return Array.isArray(value) ? value.map((item, i) => literalOf(item, below(pointer, keyword, i))) : [];
}

/** The strings of a list, or of one. */
export function namesOf(value: Json): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === "string");
}
