import type { Expression, Grammar } from "./grammar.ts";

/**
 * The names of the rules of which something holds, where it follows from what it holds for among the rules that they name: the fewest for which
 * that is so.
 *
 * @param holds Whether it holds for an expression, given the rules for which it does so far.
 */
export function rulesThat(
  rules: Grammar["rules"],
  holds: (expression: Expression, found: ReadonlySet<string>) => boolean,
): Set<string> {
  const found = new Set<string>();
  const users = new Map<string, string[]>();
  for (const [name, expression] of Object.entries(rules)) {
    for (const used of new Set(rulesIn(expression))) {
      const known = users.get(used);
      if (known === undefined) users.set(used, [name]);
      else known.push(name);
    }
  }
  const open = Object.keys(rules);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const expression = rules[name];
    if (expression === undefined || found.has(name) || !holds(expression, found)) continue;
    found.add(name);
    open.push(...users.get(name) ?? []);
  }
  return found;
}

/** The rules that an expression names, in their order, each as often as it does. */
export function rulesIn(expression: Expression): string[] {
  switch (expression.kind) {
    case "sequence":
      return expression.items.flatMap(rulesIn);
    case "choice":
      return expression.options.flatMap(rulesIn);
    case "repeat":
      return rulesIn(expression.item);
    case "rule":
      return [expression.name];
    default:
      return [];
  }
}
