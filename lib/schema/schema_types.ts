import type { Json, JsonSchema } from "../engine/conversation.ts";
import type { Grammar } from "../grammar/grammar.ts";

/** A schema that is not `true` or `false`. */
export type SchemaObject = Exclude<JsonSchema, boolean>;

/** A value without parts. */
export type Scalar = null | boolean | number | string;

/** How {@linkcode schemaToGrammar} treats a schema. */
export interface SchemaOptions {
  /** What the names of rules begin with; `schema-` when absent. */
  prefix?: string;
  /** Throw where something can't be held, instead of relaxing it. */
  strict?: boolean;
  /** What errors call the schema, e.g. `response_format.json_schema.schema`; `schema` when absent. */
  param?: string;
}

/** A keyword of a schema at its place. */
export interface KeywordPlace {
  /** JSON pointer to the schema that has the keyword. */
  pointer: string;
  keyword: string;
}

/** A keyword that the grammar does not hold, or not wholly. */
export interface Relaxation extends KeywordPlace {
  /** Why, in a few words. */
  reason: string;
}

/** What a schema became. */
export interface SchemaGrammar {
  /** Its rule `root` refers to the others, all of whose names have the prefix. */
  grammar: Grammar;
  /** What may have to be validated afterwards. */
  relaxed: Relaxation[];
  /** What the grammar holds. */
  held: KeywordPlace[];
}

/** Whether it is an object of JSON. */
export function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it can stand where a schema is expected. */
export function isSchema(value: Json | undefined): value is JsonSchema {
  return typeof value === "boolean" || isObject(value);
}

/** Whether it has no parts. */
export function isScalar(value: Json): value is Scalar {
  return typeof value !== "object" || value === null;
}

/** A JSON pointer one step further down. */
export function below(pointer: string, ...steps: (string | number)[]): string {
  return steps.reduce<string>(
    (path, step) => `${path}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`,
    pointer,
  );
}
