import { type Expression, type Grammar, ROOT } from "../../../../lib/grammar/grammar.ts";

/** Gives whole numbers from 0 up to, and without, a limit. */
export type Draw = (limit: number) => number;

/** Numbers that follow from a seed (mulberry32). */
export function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** A text that a grammar derives; what may be any text is made of `words`. */
export function deriveText(grammar: Grammar, draw: Draw, words: readonly string[]): string {
  const anyWithout = (texts: readonly string[]) => {
    let text = "";
    for (let count = draw(6); count > 0; count--) {
      const longer = text + (words[draw(words.length)] ?? "");
      if (!texts.some((each) => longer.includes(each))) text = longer;
    }
    return text;
  };
  const derive = (expression: Expression): string => {
    switch (expression.kind) {
      case "text":
      case "marker":
        return expression.text;
      case "chars": {
        const [first, last] = expression.ranges[draw(expression.ranges.length)] ?? [97, 97];
        return String.fromCodePoint(first + draw(last - first + 1));
      }
      case "sequence":
        return expression.items.map(derive).join("");
      case "choice": {
        const option = expression.options[draw(expression.options.length)];
        return option === undefined ? "" : derive(option);
      }
      case "repeat": {
        const most = Math.min(expression.max ?? Infinity, expression.min + 3);
        const count = expression.min + draw(most - expression.min + 1);
        return Array.from({ length: count }, () => derive(expression.item)).join("");
      }
      case "rule": {
        const named = grammar.rules[expression.name];
        if (named === undefined) throw new Error(`There is no rule ${expression.name}`);
        return derive(named);
      }
      case "until": {
        const end = expression.ends[draw(expression.ends.length)] ?? "";
        for (;;) {
          const text = anyWithout(expression.ends) + end;
          // The end may be there earlier, over the edge.
          if (
            expression.ends.every((each) => text.indexOf(each) < 0 || text.indexOf(each) + each.length >= text.length)
          ) return text;
        }
      }
      case "free":
        return anyWithout(expression.without);
      case "token":
        throw new Error("Tokens have no text");
    }
  };
  return derive({ kind: "rule", name: ROOT });
}
