import type { Json, JsonSchema } from "../../engine/conversation.ts";
import { isObject } from "../../schema/mod.ts";

/** What a value may be, as far as it matters to a notation that writes strings without quotes. */
export type ParameterType = "string" | "other" | "either";

/** Deeper schemas are not looked into. */
const DEEPEST = 16;

/** The schema of a property of a tool's arguments; undefined where it has none. */
export function propertySchema(parameters: JsonSchema | undefined, name: string): JsonSchema | undefined {
  if (parameters === undefined || typeof parameters === "boolean") return undefined;
  const { properties } = parameters;
  const schema = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof schema === "boolean" || isObject(schema) ? schema : undefined;
}

/** Whether values of a schema are strings. */
export function parameterType(schema: JsonSchema | undefined, root: JsonSchema | undefined): ParameterType {
  const types = typesOf(schema, { root, depth: 0 });
  if (types.size === 0 || !types.has("string")) return types.size === 0 ? "either" : "other";
  return types.size === 1 ? "string" : "either";
}

/** The types that a schema allows; none where it does not say. */
function typesOf(schema: Json | undefined, at: { root: JsonSchema | undefined; depth: number }): Set<string> {
  if (!isObject(schema) || at.depth > DEEPEST) return new Set();
  const inner = { root: at.root, depth: at.depth + 1 };
  const { type, anyOf, oneOf, allOf, $ref } = schema;
  if (typeof type === "string") return new Set([type]);
  if (Array.isArray(type)) return new Set(type.filter((type) => typeof type === "string"));
  if (Array.isArray(schema.enum)) return new Set(schema.enum.map(typeOf));
  if (schema.const !== undefined) return new Set([typeOf(schema.const)]);
  if (typeof $ref === "string") return typesOf(resolve($ref, at.root), inner);
  for (const options of [anyOf, oneOf]) {
    if (!Array.isArray(options)) continue;
    const types = options.map((option) => typesOf(option, inner));
    return types.some((types) => types.size === 0) ? new Set() : new Set(types.flatMap((types) => [...types]));
  }
  if (Array.isArray(allOf)) {
    return allOf.map((each) => typesOf(each, inner)).find((types) => types.size > 0) ?? new Set();
  }
  return new Set();
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** What a `$ref` within the same document stands for. */
function resolve(ref: string, root: JsonSchema | undefined): Json | undefined {
  if (!ref.startsWith("#")) return undefined;
  let found: Json | undefined = root;
  for (const part of decoded(ref).slice(1).split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isObject(found) || !Object.hasOwn(found, key)) return undefined;
    found = found[key];
  }
  return found;
}

/** A stray "%" stands for itself. */
function decoded(ref: string): string {
  try {
    return decodeURIComponent(ref);
  } catch {
    return ref;
  }
}
