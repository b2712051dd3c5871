import type { ArrayPart, ObjectPart } from "./constraints.ts";
import { listOf, literalOf } from "./literals.ts";
import { below, isObject, type SchemaObject } from "./schema_types.ts";

/** What a schema says of items; a list in `items`, as up to draft 2019-09, is `prefixItems`, and `additionalItems` is then `items`. */
export function arrayPartOf(schema: SchemaObject, pointer: string, path: readonly number[]): ArrayPart {
  const { items, prefixItems, additionalItems } = schema;
  const old = Array.isArray(items);
  const keyword = old ? "items" : "prefixItems";
  const prefix = listOf((old ? items : prefixItems) ?? [], { keyword, pointer });
  const rest = old ? additionalItems : items;
  const restKeyword = old ? "additionalItems" : "items";
  return {
    prefix,
    path,
    ...(rest === undefined ? {} : { rest: literalOf(rest, below(pointer, restKeyword)) }),
  };
}

/** What a schema says of properties. */
export function objectPartOf(schema: SchemaObject, pointer: string, path: readonly number[]): ObjectPart {
  const { properties, patternProperties, additionalProperties } = schema;
  const named = isObject(properties) ? Object.entries(properties) : [];
  const matched = isObject(patternProperties) ? Object.entries(patternProperties) : [];
  return {
    properties: new Map(named.map(([name, value]) => [name, literalOf(value, below(pointer, "properties", name))])),
    patterns: matched.map(([source, value]) => ({
      source,
      literal: literalOf(value, below(pointer, "patternProperties", source)),
    })),
    ...(additionalProperties === undefined
      ? {}
      : { additional: literalOf(additionalProperties, below(pointer, "additionalProperties")) }),
    // Who only forbids names does not list what there is.
    declares: matched.length > 0 ||
      (isObject(properties) && (named.length === 0 || named.some(([, value]) => value !== false))),
    pointer,
    path,
  };
}
