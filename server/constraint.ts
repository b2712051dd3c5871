import type { Grammar } from "../lib/grammar/grammar.ts";
import type { JsonSchema } from "../lib/engine/mod.ts";

/** A point of a schema that the grammar made of it does not hold. */
export interface Relaxed {
  /** What the request calls the schema, e.g. `tools.0.function.parameters`. */
  param: string;
  /** JSON pointer into it. */
  pointer: string;
  keyword: string;
  reason: string;
}

/** A schema of which not everything is held while an answer is written. */
export interface UnheldSchema {
  schema: JsonSchema;
  /** What the request calls it. */
  param: string;
}

/** What an answer is held to. */
export interface Constraint {
  /** What is said must be a text of this; anything when absent. */
  grammar?: Grammar;
  relaxed: Relaxed[];
  /** What is to be checked once the answer is there: what is said, and by the names of tools the arguments of their calls. */
  unheld: { content?: UnheldSchema; arguments: Map<string, UnheldSchema> };
}

/** Names the schema in which points lie. */
export function relaxedAt(param: string, points: Omit<Relaxed, "param">[]): Relaxed[] {
  return points.map(({ pointer, keyword, reason }) => ({ param, pointer, keyword, reason }));
}

/** Several as one; at most one of them may hold what is said. */
export function joinConstraints(...constraints: Pick<Constraint, "grammar" | "relaxed" | "unheld">[]): Constraint {
  const grammar = constraints.find((each) => each.grammar !== undefined)?.grammar;
  const content = constraints.find((each) => each.unheld.content !== undefined)?.unheld.content;
  return {
    ...(grammar === undefined ? {} : { grammar }),
    relaxed: constraints.flatMap((each) => each.relaxed),
    unheld: {
      ...(content === undefined ? {} : { content }),
      arguments: new Map(constraints.flatMap((each) => [...each.unheld.arguments])),
    },
  };
}
