import { dereference, validate } from "@cfworker/json-schema";
import type { JsonSchema } from "../../lib/engine/mod.ts";
import { type CheckableSchema, toCheckableSchema } from "./checkable_schema.ts";

/** What came of a check. */
export interface CheckResult {
  /** Whether the text was looked at, in part at least. */
  known: boolean;
  /** JSON pointers behind a `#`, each with what is wrong there. */
  failed: string[];
  /** Points of the schema that were not looked at, and why. */
  unchecked: string[];
}

/** Characters of JSON that are looked at. */
const LONGEST_TEXT = 2 ** 20;

/** Elements that are compared with each other, times characters of the text. */
const MOST_COMPARED = 1e7;

/**
 * Checks texts against a schema that anybody may have written: without code made of it, without its patterns (which could run for ever), and
 * with no more than so many steps.
 */
export class SchemaCheck {
  readonly #checkable: CheckableSchema;
  readonly #param: string;
  /** Where references lead. */
  #lookup: ReturnType<typeof dereference> | undefined;

  /** @param param What the request calls the schema. */
  constructor(schema: JsonSchema, param: string) {
    this.#checkable = toCheckableSchema(schema);
    this.#param = param;
  }

  check(text: string): CheckResult {
    const unchecked = this.#checkable.unchecked.map((pointer) => `${this.#param}#${pointer}`);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { known: true, failed: ["#: no JSON"], unchecked };
    }
    const { schema, draft, budget, comparesItems } = this.#checkable;
    if (text.length > LONGEST_TEXT || (comparesItems && longestArray(value) * text.length > MOST_COMPARED)) {
      return { known: false, failed: [], unchecked: [`${this.#param}# (the answer is too large)`] };
    }
    try {
      this.#lookup ??= typeof schema === "boolean" ? {} : dereference(schema);
      budget.refill();
      const { valid, errors } = validate(value, schema, draft, this.#lookup, true);
      // The last one lies deepest: those before it say that something beneath them is wrong.
      const error = errors.at(-1);
      return {
        known: true,
        failed: valid ? [] : [`${error?.instanceLocation ?? "#"}: ${error?.keyword ?? "no match"}`],
        unchecked,
      };
    } catch (error) {
      // A reference to what is not there, one that leads to itself, or too many steps: nothing is known then.
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      return { known: false, failed: [], unchecked: [`${this.#param}# (${reason})`] };
    }
  }
}

function longestArray(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner: unknown[] = Object.values(value);
  return inner.reduce<number>(
    (most, each) => Math.max(most, longestArray(each)),
    Array.isArray(value) ? value.length : 0,
  );
}
