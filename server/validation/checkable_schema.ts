import type { Schema, SchemaDraft } from "@cfworker/json-schema";
import type { JsonSchema } from "../../lib/engine/mod.ts";

/** A schema of which nothing is left that could run for ever. */
export interface CheckableSchema {
  schema: Schema | boolean;
  draft: SchemaDraft;
  /** Spent by each step of a check; it throws when it is used up. */
  budget: Budget;
  /** JSON pointers of what was left out, each with its keyword at the end. */
  unchecked: string[];
  /** Whether elements of arrays are compared with each other. */
  comparesItems: boolean;
}

/** Steps of one check, each weighted by the keys it looks at: about a tenth of a second. */
const STEPS = 200_000;

/** Formats whose check takes time that grows with the text's length, and is no client's pattern. */
const FORMATS = new Set([
  ...["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid"],
  ...["json-pointer", "relative-json-pointer"],
]);

/** What is a client's pattern, or leads to where nobody knows before. */
const LEFT_OUT = new Set(["pattern", "patternProperties", "$dynamicRef"]);

/** What holds one schema, a list of them, or some by name. */
const ONE = [
  "additionalProperties",
  "propertyNames",
  "items",
  "additionalItems",
  "contains",
  "then",
  "else",
  "if",
  "not",
];
const ONE_UNEVALUATED = ["unevaluatedProperties", "unevaluatedItems"];
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const NAMED = ["properties", "dependentSchemas", "$defs", "definitions", "dependencies"];

/** Counts steps, and ends what takes too many. */
export class Budget {
  #left = STEPS;

  refill(): void {
    this.#left = STEPS;
  }

  /** @throws {RangeError} When nothing is left. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new RangeError("it takes too many steps to check");
  }
}

/**
 * Leaves out of a schema what a check must not run, so that what is left never refuses what the whole schema takes: a pattern, and with it
 * whatever would turn a weaker part into a stronger whole.
 */
export function toCheckableSchema(schema: JsonSchema): CheckableSchema {
  const cleaner = new Cleaner(schema);
  const clean = cleaner.clean(schema, "");
  return {
    schema: clean,
    draft: draftOf(schema),
    budget: cleaner.budget,
    unchecked: cleaner.unchecked,
    comparesItems: cleaner.comparesItems,
  };
}

type SchemaObject = Exclude<JsonSchema, boolean>;

class Cleaner {
  readonly budget = new Budget();
  readonly unchecked: string[] = [];
  comparesItems = false;
  /** Whether anything of the document is left out: then no reference is known to lead to a whole schema. */
  readonly #weakens: boolean;

  constructor(document: JsonSchema) {
    this.#weakens = hasPattern(document);
  }

  clean(schema: unknown, pointer: string): Schema | boolean {
    if (!isObject(schema)) return schema !== false;
    const kept = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
      const at = `${pointer}/${escapePointer(key)}`;
      const next = this.#keyword(schema, { key, value, at });
      return next === undefined ? [] : [next];
    });
    const clean = Object.fromEntries(kept);
    const steps = 1 + weightOf(schema);
    // The first thing that a step of the check reads of a schema; here nobody else's.
    Object.defineProperty(clean, "$recursiveRef", { get: () => this.budget.spend(steps), enumerable: false });
    return clean;
  }

  /** A keyword as it is to be checked; undefined where it is left out. */
  #keyword(
    schema: SchemaObject,
    { key, value, at }: { key: string; value: unknown; at: string },
  ): [string, unknown] | undefined {
    if (LEFT_OUT.has(key)) return this.#leaveOut(at);
    if (key === "format" && !isKnownFormat(value)) return this.#leaveOut(at);
    if (key === "$recursiveRef" || key === "$recursiveAnchor" || key.startsWith("__absolute_")) return undefined;
    const byOthers = key === "additionalProperties" && "patternProperties" in schema;
    if (byOthers || (ONE_UNEVALUATED.includes(key) && this.#weakens)) return this.#leaveOut(at);
    if (key === "not" || key === "if") {
      if (this.#isWeaker(value)) return this.#leaveOut(at);
    } else if ((key === "then" || key === "else") && this.#isWeaker(schema["if"])) return undefined;
    else if (key === "maxContains" && this.#isWeaker(schema["contains"])) return this.#leaveOut(at);
    if (key === "uniqueItems") this.comparesItems = true;
    if (key === "oneOf" && this.#isWeaker(value)) {
      // Of weaker ones several may hold.
      this.unchecked.push(at);
      return "anyOf" in schema ? undefined : ["anyOf", this.#part(value, at)];
    }
    return [key, this.#isApplicator(key) ? this.#part(value, at, NAMED.includes(key)) : value];
  }

  #leaveOut(at: string): undefined {
    this.unchecked.push(at);
    return undefined;
  }

  #isApplicator(key: string): boolean {
    return [ONE, ONE_UNEVALUATED, LISTS, NAMED].some((keys) => keys.includes(key));
  }

  #part(value: unknown, at: string, named = false): unknown {
    if (Array.isArray(value)) return value.map((each, i) => this.clean(each, `${at}/${i}`));
    if (!named || !isObject(value)) return this.clean(value, at);
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) =>
        [name, isTexts(each) ? each : this.clean(each, `${at}/${escapePointer(name)}`)] as const
      ),
    );
  }

  /** Whether a part takes more than it should, now that something is left out. */
  #isWeaker(part: unknown): boolean {
    return this.#weakens && (hasPattern(part) || hasReference(part));
  }
}

function hasPattern(schema: unknown): boolean {
  return hasKey(schema, (key, value) => LEFT_OUT.has(key) || (key === "format" && !isKnownFormat(value)));
}

function hasReference(schema: unknown): boolean {
  return hasKey(schema, (key) => key === "$ref");
}

function hasKey(value: unknown, is: (key: string, inner: unknown) => boolean): boolean {
  if (Array.isArray(value)) return value.some((each) => hasKey(each, is));
  return isObject(value) && Object.entries(value).some(([key, inner]) => is(key, inner) || hasKey(inner, is));
}

function isKnownFormat(format: unknown): boolean {
  return typeof format === "string" && FORMATS.has(format);
}

/** What one step reads of a schema besides its parts: names that it looks for, and values that it compares with. */
function weightOf(schema: SchemaObject): number {
  const compared = ["enum", "const"].map((key) => JSON.stringify(schema[key] ?? "").length);
  const named = ["properties", "required", "dependentRequired", "dependentSchemas", "dependencies"].map((key) => {
    const value = schema[key];
    return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
  });
  return [...compared, ...named].reduce((sum, each) => sum + each, 0);
}

function draftOf(schema: JsonSchema): SchemaDraft {
  const named = isObject(schema) && typeof schema["$schema"] === "string" ? schema["$schema"] : "";
  return named.includes("draft-07") ? "7" : named.includes("2019-09") ? "2019-09" : "2020-12";
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
