import type { Expression, Grammar } from "./grammar.ts";
import { rulesThat } from "./rules_that.ts";

/**
 * The names of rules of which each can begin with the next, the last being the first again; undefined when no rule begins with itself. All rules
 * that are named must be there.
 */
export function findLeftRecursion(rules: Grammar["rules"]): string[] | undefined {
  const nullable = rulesThat(rules, isNullable);
  const done = new Set<string>();
  for (const start of Object.keys(rules)) {
    if (done.has(start)) continue;
    // The way down from `start`, and which rules are still to be tried at each step.
    const way: { name: string; open: string[] }[] = [{ name: start, open: [...beginnings(rules[start], nullable)] }];
    const onWay = new Set([start]);
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const next = top.open.pop();
      if (next === undefined) {
        way.pop();
        onWay.delete(top.name);
        done.add(top.name);
      } else if (onWay.has(next)) {
        return [...way.map(({ name }) => name).slice(way.findIndex(({ name }) => name === next)), next];
      } else if (!done.has(next)) {
        way.push({ name: next, open: [...beginnings(rules[next], nullable)] });
        onWay.add(next);
      }
    }
  }
  return undefined;
}

/** Whether the empty text is derived, too, when these rules derive it. */
function isNullable(expression: Expression, nullable: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case "text":
      return expression.text === "";
    case "sequence":
      return expression.items.every((item) => isNullable(item, nullable));
    case "choice":
      return expression.options.some((option) => isNullable(option, nullable));
    case "repeat":
      return expression.min === 0 || isNullable(expression.item, nullable);
    case "rule":
      return nullable.has(expression.name);
    case "free":
      return true;
    default:
      return false;
  }
}

/** The rules that may stand at the beginning. */
function beginnings(expression: Expression | undefined, nullable: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  const collect = (each: Expression): void => {
    switch (each.kind) {
      case "sequence": {
        const first = each.items.findIndex((item) => !isNullable(item, nullable));
        each.items.slice(0, first < 0 ? undefined : first + 1).forEach(collect);
        break;
      }
      case "choice":
        each.options.forEach(collect);
        break;
      case "repeat":
        if (each.max !== 0) collect(each.item);
        break;
      case "rule":
        found.add(each.name);
    }
  };
  if (expression !== undefined) collect(expression);
  return found;
}
