import { type JsonSchema, referredName } from "../openapi/mod.ts";
import { joined, type Markup, markup } from "./markup.ts";

/** How a schema is shown. */
export interface SchemaTextOptions {
  /** Leave `null` out, which in a request means as much as nothing. */
  request?: boolean;
  /** On one line. */
  inline?: boolean;
  /** How far its lines are moved in; where it is the first, none. */
  depth?: number;
}

type Part = string | Markup;

/** What is larger than this bounds nothing but the type. */
const LARGEST_BOUND = 2 ** 31 - 2;

/** The shape of what a schema lets pass, much as TypeScript would write it; names of other schemas are links to them. */
export function schemaText(schema: JsonSchema, options: SchemaTextOptions = {}): Markup {
  return markup`${toParts(schema, options)}`;
}

function toParts(schema: JsonSchema, options: SchemaTextOptions): Part[] {
  const { $ref, anyOf, oneOf } = schema;
  if ($ref !== undefined) return [link(referredName($ref))];
  const branches = anyOf ?? oneOf;
  if (branches !== undefined) return alternatives(branches, options);
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum !== undefined) return [schema.enum.map((value) => JSON.stringify(value)).join(" | ")];
  const types = [schema.type ?? []].flat().filter((type) => !(options.request && type === "null"));
  if (types.length === 0) return [schema.type === "null" ? "null" : schema.not === undefined ? "anything" : "nothing"];
  return joined(types.map((type) => typeParts(type, schema, options)), [" | "]).flat();
}

function alternatives(schemas: JsonSchema[], options: SchemaTextOptions): Part[] {
  const shown = schemas.filter(({ type }) => !(options.request && type === "null"));
  const separator = options.inline ? " | " : ` |${newLine(options.depth)}`;
  const isLong = shown.some(({ type }) => type === "object");
  return joined(shown.map((schema) => toParts(schema, options)), [isLong ? separator : " | "]).flat();
}

function typeParts(type: string, schema: JsonSchema, options: SchemaTextOptions): Part[] {
  switch (type) {
    case "object":
      return objectParts(schema, options);
    case "array":
      return arrayParts(schema, options);
    case "string":
      return [beginning(schema.pattern) ?? "string"];
    default:
      return [type + bounds(schema)];
  }
}

function objectParts(
  { properties = {}, required = [], additionalProperties }: JsonSchema,
  options: SchemaTextOptions,
): Part[] {
  const { depth = 0 } = options;
  const inner = { ...options, depth: depth + 1 };
  const lines = Object.entries(properties).map(([name, schema]): Part[] => [
    `${name}${required.includes(name) ? "" : "?"}: `,
    ...toParts(asSchema(schema), inner),
  ]);
  if (typeof additionalProperties === "object" && Object.keys(additionalProperties).length > 0) {
    lines.push(["[name]: ", ...toParts(additionalProperties, inner)]);
  }
  if (lines.length === 0) return ["{}"];
  if (options.inline) return ["{ ", ...joined(lines, [", "]).flat(), " }"];
  const next = newLine(depth + 1);
  return ["{", next, ...joined(lines, [`,${next}`]).flat(), newLine(depth), "}"];
}

function arrayParts({ prefixItems, items, maxItems }: JsonSchema, options: SchemaTextOptions): Part[] {
  if (maxItems === 0) return ["[]"];
  if (prefixItems !== undefined) {
    return ["[", ...joined(prefixItems.map((item) => toParts(asSchema(item), options)), [", "]).flat(), "]"];
  }
  const item = typeof items === "object" && !Array.isArray(items) ? items : {};
  return item.not === undefined ? ["[", ...toParts(item, options), ", …]"] : ["[]"];
}

/** What a text always begins with, if that is all that its pattern says. */
function beginning(pattern: string | undefined): string | undefined {
  const found = /^\^([\w-]+)\.\*$/.exec(pattern ?? "");
  return found === null ? undefined : `"${found[1]}…"`;
}

function bounds({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const isBound = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < LARGEST_BOUND;
  const upTo = isBound(maximum) ? ` to ${maximum}` : "";
  if (typeof exclusiveMinimum === "number") return ` above ${exclusiveMinimum}${upTo}`;
  return isBound(minimum) ? ` from ${minimum}${upTo}` : upTo;
}

function asSchema(schema: JsonSchema | boolean): JsonSchema {
  return typeof schema === "boolean" ? {} : schema;
}

function newLine(depth = 0): string {
  return `\n${"  ".repeat(depth)}`;
}

function link(name: string): Markup {
  return markup`<a href="#schema-${name}">${name}</a>`;
}
