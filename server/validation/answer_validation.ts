import type { ToolCall } from "../../lib/engine/mod.ts";
import type { Constraint, UnheldSchema } from "../constraint.ts";
import { SchemaCheck } from "./schema_check.ts";

/** What of an answer's choice is checked. */
export interface CheckedChoice {
  text: string;
  toolCalls: readonly ToolCall[];
}

/** Points that an outcome names, and characters of it. */
const MOST_POINTS = 8;

/** Checks answers against what of their schemas was not held while they were written. */
export class AnswerValidation {
  readonly #content: SchemaCheck | undefined;
  readonly #arguments: Map<string, SchemaCheck>;

  constructor({ content, arguments: tools }: Constraint["unheld"]) {
    this.#content = content && toCheck(content);
    this.#arguments = new Map([...tools].map(([name, unheld]) => [name, toCheck(unheld)]));
  }

  /**
   * Checks every choice of an answer.
   *
   * @returns `passed`, or `failed:` and where what is wrong; behind a semicolon `unchecked:` and what was not looked at, alone where that is all.
   */
  outcome(choices: readonly CheckedChoice[]): string {
    const failed: string[] = [];
    const unchecked = new Set<string>();
    let known = true;
    const take = (where: string, text: string, check: SchemaCheck): void => {
      const result = check.check(text);
      failed.push(...result.failed.map((point) => `${where}${point}`));
      for (const point of result.unchecked) unchecked.add(point);
      known &&= result.known;
    };
    for (const [index, { text, toolCalls }] of choices.entries()) {
      const where = `choices.${index}`;
      // What only calls says nothing that a format could hold.
      if (this.#content !== undefined && (text !== "" || toolCalls.length === 0)) {
        take(`${where}.content`, text, this.#content);
      }
      for (const [i, call] of toolCalls.entries()) {
        const check = this.#arguments.get(call.name);
        if (check !== undefined) take(`${where}.tool_calls.${i}.arguments`, call.arguments, check);
      }
    }
    const verdict = failed.length > 0 ? `failed: ${listOf(failed)}` : known ? "passed" : undefined;
    const rest = unchecked.size === 0 ? undefined : `unchecked: ${listOf([...unchecked])}`;
    return [verdict, rest].filter((each) => each !== undefined).join("; ");
  }
}

function toCheck({ schema, param }: UnheldSchema): SchemaCheck {
  return new SchemaCheck(schema, param);
}

function listOf(points: string[]): string {
  const left = points.length - MOST_POINTS;
  return points.slice(0, MOST_POINTS).join(", ") + (left > 0 ? ` and ${left} more` : "");
}
