import { choice, sequence, text } from "../grammar/expressions.ts";
import { type Expression, type Grammar, ROOT } from "../grammar/grammar.ts";

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
    open.push(...references(tidied).reverse());
  }
  return { rules: kept };
}

/** The names of the rules that derive something. */
export function productiveRules(rules: Grammar["rules"]): Set<string> {
  const productive = new Set<string>();
  const users = new Map<string, string[]>();
  for (const [name, expression] of Object.entries(rules)) {
    for (const used of new Set(references(expression))) {
      const known = users.get(used);
      if (known === undefined) users.set(used, [name]);
      else known.push(name);
    }
  }
  const open = Object.keys(rules);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const expression = rules[name];
    if (expression === undefined || productive.has(name) || !isProductive(expression, productive)) continue;
    productive.add(name);
    open.push(...users.get(name) ?? []);
  }
  return productive;
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

function references(expression: Expression): string[] {
  switch (expression.kind) {
    case "sequence":
      return expression.items.flatMap(references);
    case "choice":
      return expression.options.flatMap(references);
    case "repeat":
      return references(expression.item);
    case "rule":
      return [expression.name];
    default:
      return [];
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

function joined(items: readonly Expression[]): Expression {
  const parts: Expression[] = [];
  for (const item of items.flatMap((each) => each.kind === "sequence" ? each.items : [each])) {
    const last = parts.at(-1);
    if (item.kind === "text" && item.text === "") continue;
    if (item.kind === "text" && last?.kind === "text") parts[parts.length - 1] = text(last.text + item.text);
    else parts.push(item);
  }
  return parts.length === 0 ? text("") : sequence(...parts);
}
