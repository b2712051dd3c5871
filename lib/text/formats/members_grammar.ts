import { choice, rule, sequence, text } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";

/** A member of an object, or another thing of a row. */
export interface Member {
  expression: Expression;
  required: boolean;
}

/**
 * What derives members in their order, those that are not required or not, with commas between them.
 *
 * @param to Where rules are added, and what their names begin with.
 */
export function membersGrammar(
  members: readonly Member[],
  { comma, rules, prefix }: { comma: string; rules: Record<string, Expression>; prefix: string },
): Expression {
  // By how many members there are yet: what may follow as the first one, or behind another.
  let first: Expression = text("");
  let later: Expression = text("");
  for (const [index, { expression, required }] of [...members.entries()].reverse()) {
    const names = [`${prefix}first${index}`, `${prefix}later${index}`] as const;
    const begin = sequence(expression, later);
    const follow = sequence(text(comma), expression, later);
    rules[names[0]] = required ? begin : choice(begin, first);
    rules[names[1]] = required ? follow : choice(follow, later);
    [first, later] = [rule(names[0]), rule(names[1])];
  }
  return first;
}
