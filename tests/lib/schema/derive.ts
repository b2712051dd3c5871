import type { Expression, Grammar } from "../../../lib/grammar/grammar.ts";

/** From 0, less than 1. */
export type Random = () => number;

const DEEPEST = 60;

/** Derives texts of a grammar by chance; where one grows too long, on the shortest way to its end. */
export class Deriver {
  readonly #grammar: Grammar;
  /** How many rules deep a rule goes at least. */
  readonly #heights = new Map<string, number>();

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
    for (let changed = true; changed;) {
      changed = false;
      for (const [name, expression] of Object.entries(grammar.rules)) {
        const height = this.#height(expression) + 1;
        if (height >= (this.#heights.get(name) ?? Infinity)) continue;
        this.#heights.set(name, height);
        changed = true;
      }
    }
  }

  /** A text of about `budget` expressions. */
  text(random: Random, budget = 200): string {
    let left = budget;
    const derive = (expression: Expression, depth: number): string => {
      const ending = --left < 0 || depth > DEEPEST;
      switch (expression.kind) {
        case "text":
          return expression.text;
        case "chars":
          return character(expression.ranges, random);
        case "sequence":
          return expression.items.map((item) => derive(item, depth)).join("");
        case "choice": {
          const options = ending ? [this.#shortest(expression.options)] : expression.options;
          return derive(options[Math.floor(random() * options.length)] ?? { kind: "text", text: "" }, depth);
        }
        case "repeat": {
          const { item, min, max = Infinity } = expression;
          const more = ending ? 0 : Math.floor(random() * 4);
          return Array.from({ length: Math.min(max, min + more) }, () => derive(item, depth)).join("");
        }
        case "rule":
          return derive(this.#rule(expression.name), depth + 1);
        default:
          throw new Error(`No schema's grammar has ${expression.kind}`);
      }
    };
    return derive(this.#rule("root"), 0);
  }

  #rule(name: string): Expression {
    const expression = this.#grammar.rules[name];
    if (expression === undefined) throw new Error(`There is no rule ${name}`);
    return expression;
  }

  #shortest(options: readonly Expression[]): Expression {
    return options.reduce((best, option) => this.#height(option) < this.#height(best) ? option : best);
  }

  #height(expression: Expression): number {
    switch (expression.kind) {
      case "sequence":
        return Math.max(0, ...expression.items.map((item) => this.#height(item)));
      case "choice":
        return Math.min(...expression.options.map((option) => this.#height(option)));
      case "repeat":
        return expression.min === 0 ? 0 : this.#height(expression.item);
      case "rule":
        return this.#heights.get(expression.name) ?? Infinity;
      default:
        return 0;
    }
  }
}

function character(ranges: readonly [number, number][], random: Random): string {
  const [first, last] = ranges[Math.floor(random() * ranges.length)] ?? [0, 0];
  return String.fromCodePoint(first + Math.floor(random() * (last - first + 1)));
}
