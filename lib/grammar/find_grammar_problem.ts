import { ANY_CHAR, commonRanges, joinRanges } from "./char_ranges.ts";
import { type Expression, type Grammar, ROOT } from "./grammar.ts";
import { DEEPEST_NESTING, MOST_NODES, MOST_REPETITIONS, MOST_RULES } from "./grammar_limits.ts";
import { findLeftRecursion } from "./left_recursion.ts";

/** What is wrong with a grammar. */
export interface GrammarProblem {
  /** What was found and what was expected. */
  problem: string;
  /** The rule at fault, and the one that it names in vain. */
  rule?: string;
  missing?: string;
}

/** The first thing for which a grammar can't be used; undefined when there is none. */
export function findGrammarProblem({ rules }: Grammar): GrammarProblem | undefined {
  const names = Object.keys(rules);
  if (names.length > MOST_RULES) return { problem: `it has ${names.length} rules; at most ${MOST_RULES} are allowed` };
  let nodes = 0;
  for (const rule of names) {
    const inspection = new Inspection(rules);
    const found = inspection.inspect(rules[rule] ?? { kind: "text", text: "" }, 1);
    nodes += inspection.nodes;
    if (found !== undefined) return { ...found, problem: `rule ${JSON.stringify(rule)} ${found.problem}`, rule };
    if (nodes > MOST_NODES) return { problem: `it is too large: more than ${MOST_NODES} parts`, rule };
  }
  if (!Object.hasOwn(rules, ROOT)) {
    const others = names.length === 0 ? "has no rule at all" : `has no rule "${ROOT}", with which it would begin`;
    return { problem: `it ${others}; expected "${ROOT} ::= …"` };
  }
  const circle = findLeftRecursion(rules);
  const [rule] = circle ?? [];
  if (circle === undefined || rule === undefined) return undefined;
  const way = circle.map((name) => JSON.stringify(name)).join(" → ");
  const problem = circle.length === 2 ? "" : ` (${way})`;
  return { rule, problem: `rule ${JSON.stringify(rule)} begins with itself${problem}; let something else come first` };
}

/** Looks at the parts of one rule. */
class Inspection {
  nodes = 0;
  readonly #rules: Grammar["rules"];

  constructor(rules: Grammar["rules"]) {
    this.#rules = rules;
  }

  inspect(expression: Expression, depth: number): Omit<GrammarProblem, "rule"> | undefined {
    this.nodes++;
    if (this.nodes > MOST_NODES) return { problem: `has more than ${MOST_NODES} parts` };
    if (depth > DEEPEST_NESTING) return { problem: `is nested deeper than ${DEEPEST_NESTING}` };
    switch (expression.kind) {
      case "sequence":
        return this.#first(expression.items, depth);
      case "choice":
        return expression.options.length === 0
          ? { problem: "has a choice of nothing; expected one option at least" }
          : this.#first(expression.options, depth);
      case "repeat":
        return wrongCounts(expression) ?? this.inspect(expression.item, depth + 1);
      case "rule":
        return Object.hasOwn(this.#rules, expression.name) ? undefined : {
          problem: `names the rule ${JSON.stringify(expression.name)}, which does not exist`,
          missing: expression.name,
        };
      default:
        return this.#leaf(expression);
    }
  }

  #first(parts: readonly Expression[], depth: number): Omit<GrammarProblem, "rule"> | undefined {
    for (const part of parts) {
      const found = this.inspect(part, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #leaf(
    expression: Exclude<Expression, { kind: "sequence" | "choice" | "repeat" | "rule" }>,
  ): { problem: string } | undefined {
    switch (expression.kind) {
      case "text":
        this.nodes += expression.text.length;
        return expression.text.isWellFormed()
          ? undefined
          : { problem: `has half a character in ${JSON.stringify(expression.text)}` };
      case "chars": {
        const { ranges } = expression;
        this.nodes += ranges.length;
        if (ranges.length === 0) return { problem: "has a set without characters; expected one at least" };
        const proper = commonRanges(joinRanges(ranges), ANY_CHAR);
        return isAscending(ranges) && count(proper) === count(ranges)
          ? undefined
          : { problem: "has a set of characters that is not in ascending order or not of Unicode" };
      }
      case "marker":
        return expression.text === "" ? { problem: "has a marker without a text" } : undefined;
      case "until":
      case "free": {
        const texts = expression.kind === "until" ? expression.ends : expression.without;
        this.nodes += texts.reduce((sum, text) => sum + text.length, 0);
        return texts.includes("") || expression.kind === "until" && texts.length === 0
          ? { problem: "has an end without a text" }
          : undefined;
      }
      case "token":
        return expression.tokens.length === 0 ? { problem: "names no token" } : undefined;
    }
  }
}

function wrongCounts({ min, max }: { min: number; max?: number }): { problem: string } | undefined {
  const most = max ?? min;
  const numbers = [min, most].every((each) => Number.isSafeInteger(each) && each >= 0);
  if (!numbers || most < min) {
    return { problem: `repeats something ${min} to ${max} times; expected two integers, the first not greater` };
  }
  if (most <= MOST_REPETITIONS) return undefined;
  return { problem: `repeats something ${most} times; at most ${MOST_REPETITIONS} are allowed` };
}

function isAscending(ranges: readonly (readonly [number, number])[]): boolean {
  return ranges.every(([first, last], i) => first <= last && first > (ranges[i - 1]?.[1] ?? -1));
}

function count(ranges: readonly (readonly [number, number])[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
