import type { JsonSchema } from "../engine/conversation.ts";
import type { Goal, Literal } from "./constraints.ts";
import type { SchemaObject } from "./schema_types.ts";

/** Numbers for schemas, by which goals are known again. */
export class SchemaIds {
  readonly #ids = new WeakMap<SchemaObject, number>();
  #last = 2;

  /** The number of a schema; the same object has always the same one. */
  of(schema: JsonSchema): number {
    if (typeof schema === "boolean") return schema ? 1 : 2;
    const known = this.#ids.get(schema);
    if (known !== undefined) return known;
    this.#ids.set(schema, ++this.#last);
    return this.#last;
  }

  /** A text that is the same for the same schema; negated ones have another. */
  key({ schema, negated }: Literal): string {
    return `${negated ? "!" : ""}${this.of(schema)}`;
  }

  /** A text that is the same for the same schemas in any order. */
  goal(goal: Goal): string {
    return [...new Set(goal.map((literal) => this.key(literal)))].sort().join(" ");
  }

  /** The same goal without what says nothing or is said twice. */
  without(goal: Goal): Goal {
    const seen = new Set<string>();
    return goal.filter((literal) => {
      const key = this.key(literal);
      if (seen.has(key) || (typeof literal.schema === "boolean" && literal.schema !== literal.negated)) return false;
      seen.add(key);
      return true;
    });
  }
}
