import { choice, joined, text } from "../grammar/expressions.ts";
import { type Expression, type Grammar, ROOT } from "../grammar/grammar.ts";
import { rulesIn, rulesThat } from "../grammar/rules_that.ts";

/**
 * Takes out of a grammar what derives nothing, what leads to it, and rules that nothing needs: whatever a text begins with can then be brought
 * to an end. Neighbouring texts become one.
 *
 * @returns Undefined when nothing is left.
 */
export function tidyGrammar({ rules }: Grammar): Grammar | undefined {
  const productive = productiveRules(rules);
  if (!productive.has(ROOT)) return undefined;
  const kept: Record<string, Expression> = {};
  const open = [ROOT];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const expression = rules[name];
    if (expression === undefined || Object.hasOwn(kept, name)) continue;
    const tidied = tidy(expression, productive);
    kept[name] = tidied;
    open.push(...rulesIn(tidied).reverse());
  }
  return { rules: kept };
}

/** The names of the rules that derive something. */
export function productiveRules(rules: Grammar["rules"]): Set<string> {
  return rulesThat(rules, isProductive);
}

/** Whether something is derived, when these rules derive something. */
export function isProductive(expression: Expression, productive: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case "chars":
      return expression.ranges.length > 0;
    case "sequence":
      return expression.items.every((item) => isProductive(item, productive));
    case "choice":
      return expression.options.some((option) => isProductive(option, productive));
    case "repeat":
      return expression.min === 0 || isProductive(expression.item, productive);
    case "rule":
      return productive.has(expression.name);
    default:
      return true;
  }
}

function tidy(expression: Expression, productive: ReadonlySet<string>): Expression {
  switch (expression.kind) {
    case "sequence":
      return joined(expression.items.map((item) => tidy(item, productive)));
    case "choice":
      return choice(
        ...expression.options.filter((option) => isProductive(option, productive))
          .map((option) => tidy(option, productive)),
      );
    case "repeat": {
      const { item, min, max } = expression;
      if (max === 0 || !isProductive(item, productive)) return text("");
      const inner = tidy(item, productive);
      if (min === 1 && max === 1) return inner;
      return { ...expression, item: inner };
    }
    default:
      return expression;
  }
}
