import type { Json, JsonSchema } from "../engine/conversation.ts";
import type { Compilation } from "./compilation.ts";
import { KEYWORD_SHAPES } from "./keyword_shapes.ts";
import { below, isObject, isSchema, type SchemaObject } from "./schema_types.ts";

/** Bytes of a schema as JSON, in UTF-16 units. */
const LARGEST = 1024 * 1024;
/** Schemas within schemas. */
const DEEPEST_SCHEMA = 64;
/** Lists and objects within each other, as in values of `enum` or `const`. */
const DEEPEST_JSON = 256;
const MOST_PROPERTIES = 1000;
const MOST_VALUES = 10_000;

/** Called with each schema inside of a schema, itself included, the outer ones first. */
export type VisitSchema = (schema: SchemaObject, pointer: string, parent: SchemaObject | undefined) => void;

/**
 * Checks that a whole document is small enough to be looked at at all.
 *
 * @throws {EngineError} `invalid_value`.
 */
export function checkSize(schema: Json, compilation: Compilation): void {
  const open: [Json, number][] = [[schema, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (depth > DEEPEST_JSON) {
      throw compilation.error("", `more than ${DEEPEST_JSON} lists and objects within each other`);
    }
    if (typeof value !== "object" || value === null) continue;
    for (const item of Object.values(value)) open.push([item, depth + 1]);
  }
  const size = JSON.stringify(schema).length;
  if (size > LARGEST) {
    throw compilation.error("", `the schema is ${size} characters of JSON, at most ${LARGEST} are taken`);
  }
}

/**
 * Checks the values of all keywords, here and in all schemas inside.
 *
 * @throws {EngineError} `invalid_value` that names the place, the keyword, what was found and what is expected.
 */
export function checkSchema(schema: JsonSchema, pointer: string, compilation: Compilation, visit: VisitSchema): void {
  const walk = (inner: Json, at: string, depth: number, parent: SchemaObject | undefined): void => {
    if (!isObject(inner)) return;
    if (depth > DEEPEST_SCHEMA) throw compilation.error(at, `more than ${DEEPEST_SCHEMA} schemas within each other`);
    visit(inner, at, parent);
    for (const [keyword, value] of Object.entries(inner)) {
      const shape = KEYWORD_SHAPES.get(keyword);
      if (shape === undefined) continue;
      if (!shape.fits(value)) {
        throw compilation.error(at, `"${keyword}" is ${shorten(value)}, expected ${shape.expected}`);
      }
      checkCount(keyword, value, at, compilation);
      for (const [steps, child] of shape.schemas?.(value) ?? []) {
        walk(child, below(at, keyword, ...steps), depth + 1, inner);
      }
    }
  };
  if (!isSchema(schema)) {
    throw compilation.error(pointer, `found ${shorten(schema)}, expected a schema (an object, true or false)`);
  }
  walk(schema, pointer, 0, undefined);
}

function checkCount(keyword: string, value: Json, pointer: string, compilation: Compilation): void {
  if (typeof value !== "object" || value === null) return;
  const count = Object.keys(value).length;
  const most = keyword === "enum" ? MOST_VALUES : MOST_PROPERTIES;
  if (count <= most || keyword === "const" || keyword === "$defs" || keyword === "definitions") return;
  throw compilation.error(pointer, `"${keyword}" has ${count} entries, at most ${most} are taken`);
}

/** A value as JSON, cut where it is long. */
function shorten(value: Json): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
