import type { Json, JsonSchema } from "../../engine/conversation.ts";
import { EngineError } from "../../errors.ts";
import type { Grammar } from "../../grammar/grammar.ts";
import { isObject, schemaToGrammar } from "../../schema/mod.ts";

/** A property of a tool's arguments. */
export interface Property {
  name: string;
  /** Undefined where the schema does not say. */
  schema: JsonSchema | undefined;
  required: boolean;
}

/** The properties of an object, by its schema, in their order; then those that are required and not described. */
export function propertiesOf(schema: JsonSchema | undefined): Property[] {
  if (schema === undefined || typeof schema === "boolean") return [];
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === "string") : [];
  const properties = isObject(schema.properties) ? schema.properties : {};
  const listed = Object.entries(properties).filter(([, property]) => property !== false);
  return [
    ...listed.map(([name, property]) => ({
      name,
      schema: isObject(property) || typeof property === "boolean" ? property : undefined,
      required: required.includes(name),
    })),
    ...required.filter((name) => !Object.hasOwn(properties, name)).map((name) => ({
      name,
      schema: undefined,
      required: true,
    })),
  ];
}

/** What derives the JSON texts of a property; undefined where its schema cannot be used apart from the whole. */
export function propertyGrammar(schema: JsonSchema | undefined, root: JsonSchema | undefined): Grammar | undefined {
  if (schema === undefined) return undefined;
  try {
    return schemaToGrammar(typeof schema === "boolean" ? schema : { ...definitionsOf(root), ...schema }).grammar;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** What `$ref` of its parts may name. */
function definitionsOf(root: JsonSchema | undefined): { [key: string]: Json } {
  if (root === undefined || typeof root === "boolean") return {};
  const { $defs, definitions } = root;
  return { ...($defs === undefined ? {} : { $defs }), ...(definitions === undefined ? {} : { definitions }) };
}
