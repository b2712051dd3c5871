import * as z from "zod";
import { acceptedBy } from "../schemas/accepting.ts";

/** A schema of JSON Schema 2020-12, which is what OpenAPI 3.1 takes. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Whether a schema is to tell what is sent to a server or what comes from it. */
export type Direction = z.core.ToJSONSchemaParams["io"];

const COMPONENTS = "#/components/schemas/";

/** How a document refers to one of its schemas. */
export function schemaReference(name: string): string {
  return COMPONENTS + name;
}

/** Which of a document's schemas a reference means. */
export function referredName(reference: string): string {
  return reference.slice(COMPONENTS.length);
}

/**
 * Schemas as JSON Schema, by their names; where one holds another of them, it refers to it.
 *
 * @throws {Error} For a schema that cannot tell what it takes, and of which `accepting` has noted nothing.
 */
export function toJsonSchemas(schemas: Record<string, z.ZodType>, io: Direction): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { ...optionsFor(io), uri: schemaReference }).schemas;
  return Object.fromEntries(Object.entries(made).map(([name, schema]) => [name, withoutHead(schema)]));
}

/** One schema as JSON Schema, with all that it holds. */
export function toJsonSchema(schema: z.ZodType, io: Direction): JsonSchema {
  return withoutHead(z.toJSONSchema(schema, optionsFor(io)));
}

function optionsFor(io: Direction): z.core.ToJSONSchemaParams {
  return {
    target: "draft-2020-12",
    io,
    unrepresentable: ({ zodSchema }) => acceptedBy(zodSchema) === undefined ? "throw" : "any",
    override: ({ zodSchema, jsonSchema }) => {
      // The pattern beside it says it; as a format nobody else knows it.
      if (jsonSchema.format === "starts_with") delete jsonSchema.format;
      const accepted = acceptedBy(zodSchema);
      if (accepted === undefined) return;
      // Others hold this very object already.
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, toJsonSchema(accepted, io));
    },
  };
}

/** The document says once which JSON Schema this is, and where it stands is its id. */
function withoutHead({ $schema: _schema, $id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
