import { rule } from "./expressions.ts";
import { type Expression, type Grammar, ROOT } from "./grammar.ts";

/**
 * Puts the rules of a grammar among those of another one.
 *
 * @param rules The other one's, to which they are added.
 * @param prefix Put before their names; no rule that is there may begin with it.
 * @returns What derives the same as the grammar.
 */
export function embedGrammar(rules: Record<string, Expression>, grammar: Grammar, prefix: string): Expression {
  for (const [name, expression] of Object.entries(grammar.rules)) rules[prefix + name] = renamed(expression, prefix);
  return rule(prefix + ROOT);
}

function renamed(expression: Expression, prefix: string): Expression {
  switch (expression.kind) {
    case "rule":
      return rule(prefix + expression.name);
    case "sequence":
      return { kind: "sequence", items: expression.items.map((item) => renamed(item, prefix)) };
    case "choice":
      return { kind: "choice", options: expression.options.map((option) => renamed(option, prefix)) };
    case "repeat":
      return { ...expression, item: renamed(expression.item, prefix) };
    default:
      return expression;
  }
}
