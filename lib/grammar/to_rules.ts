import type { Automaton, Way } from "./automaton.ts";
import { choice, joined, optional, repeat, rule, text } from "./expressions.ts";
import type { Expression } from "./grammar.ts";
import { type Encoding, spellOne } from "./spelling.ts";

/** Rules, and what derives the texts of an automaton with them. */
export interface Rules {
  rules: Record<string, Expression>;
  start: Expression;
}

/** How {@linkcode toRules} names and writes things. */
export interface RulesOptions {
  /** Names are this, and this with `-1`, `-2`, …: lower-case letters, digits and dashes. */
  prefix: string;
  /**
   * `json` is the content of a JSON string without its quotes, as JSON.stringify writes it: each text has one spelling. `plain` is the text itself.
   */
  encode: Encoding;
}

/** Choices within choices; deeper ones become rules. */
const DEEPEST = 16;
/** What is shorter than that is written again and again instead of once in a rule of its own. */
const MOST_RANGES = 8;

/**
 * An automaton as rules of a grammar. What is needed once stands where it is needed: a rule is only made for a state to which several ways lead.
 * Where there are no texts, `start` is a choice without options.
 */
export function toRules(automaton: Automaton, options: RulesOptions): Rules {
  if (automaton.isEmpty) return { rules: {}, start: { kind: "choice", options: [] } };
  return new RuleWriter(automaton, options).write();
}

class RuleWriter {
  readonly #automaton: Automaton;
  readonly #options: RulesOptions;
  readonly #ways: Way[][];
  /** By state: how many ways of other states lead there. */
  readonly #uses: number[];
  readonly #names = new Map<number, string>();
  readonly #open: number[] = [];

  constructor(automaton: Automaton, options: RulesOptions) {
    this.#automaton = automaton;
    this.#options = options;
    this.#ways = Array.from({ length: automaton.size }, (_, state) => automaton.ways(state));
    this.#uses = this.#ways.map((_, state) => state === 0 ? 1 : 0);
    this.#ways.forEach((ways, state) => {
      for (const { target } of ways) if (target !== state) this.#uses[target] = (this.#uses[target] ?? 0) + 1;
    });
  }

  write(): Rules {
    const rules: Record<string, Expression> = {};
    const start = this.#to(0, 0);
    for (let state = this.#open.pop(); state !== undefined; state = this.#open.pop()) {
      rules[this.#name(state)] = this.#from(state, 0);
    }
    return { rules, start };
  }

  /** What may follow in a state, or a rule that says so. */
  #to(state: number, depth: number): Expression {
    const single = this.#uses[state] === 1 && depth < DEEPEST;
    return single || this.#isShort(state) ? this.#from(state, depth) : rule(this.#name(state));
  }

  #name(state: number): string {
    const known = this.#names.get(state);
    if (known !== undefined) return known;
    const { prefix } = this.#options;
    const name = this.#names.size === 0 ? prefix : `${prefix}-${this.#names.size}`;
    this.#names.set(state, name);
    this.#open.push(state);
    return name;
  }

  #isShort(state: number): boolean {
    const ways = this.#ways[state] ?? [];
    return ways.every(({ target, ranges }) => target === state && ranges.length <= MOST_RANGES);
  }

  #from(first: number, depth: number): Expression {
    const items: Expression[] = [];
    for (let state: number | undefined = first; state !== undefined;) {
      const run = this.#run(state);
      if (run !== undefined) {
        const { item, length, last, mayEnd } = run;
        if (!mayEnd) {
          items.push(repeated(item, length, length));
          if (this.#uses[last] !== 1) items.push(this.#to(last, depth));
          state = this.#uses[last] === 1 ? last : undefined;
        } else if (this.#isOver(last)) {
          items.push(repeated(item, 0, length));
          state = undefined;
        } else {
          const rest = joined([repeated(item, length, length), this.#to(last, depth + 1)]);
          items.push(choice(repeated(item, 0, length - 1), rest));
          state = undefined;
        }
        continue;
      }
      state = this.#step(state, depth, items);
    }
    return joined(items);
  }

  /** Adds what a state takes, and says which one is next if there is but one. */
  #step(state: number, depth: number, items: Expression[]): number | undefined {
    const self = this.#ways[state]?.find(({ target }) => target === state);
    if (self !== undefined) items.push(repeat(this.#one(self), 0));
    const others = this.#ways[state]?.filter(({ target }) => target !== state) ?? [];
    const [only] = others;
    const ends = this.#automaton.ends(state);
    if (only === undefined) return undefined;
    if (others.length === 1 && !ends) {
      items.push(this.#one(only));
      if (this.#uses[only.target] === 1) return only.target;
      items.push(this.#to(only.target, depth));
      return undefined;
    }
    const options = others.map((way) => joined([this.#one(way), this.#to(way.target, depth + 1)]));
    items.push(ends ? optional(choice(...options)) : choice(...options));
    return undefined;
  }

  /** The same characters again and again, in states that may all end or must all go on. */
  #run(first: number): { item: Expression; length: number; last: number; mayEnd: boolean } | undefined {
    const ranges = this.#sole(first);
    if (ranges === undefined) return undefined;
    const mayEnd = this.#automaton.ends(first);
    let [state, length] = [first, 0];
    while (
      this.#sole(state) === ranges && this.#automaton.ends(state) === mayEnd &&
      (length === 0 || this.#uses[state] === 1)
    ) {
      state = this.#ways[state]?.[0]?.target ?? state;
      length++;
    }
    const way = this.#ways[first]?.[0];
    if (length < 2 || way === undefined) return undefined;
    return { item: this.#one(way), length, last: state, mayEnd };
  }

  /** The characters of a state's only way, which leads to another state, as a text. */
  #sole(state: number): string | undefined {
    const ways = this.#ways[state] ?? [];
    const [only] = ways;
    return ways.length === 1 && only !== undefined && only.target !== state ? only.ranges.join() : undefined;
  }

  #isOver(state: number): boolean {
    return this.#ways[state]?.length === 0;
  }

  #one({ ranges }: Way): Expression {
    return spellOne(ranges, this.#options.encode);
  }
}

function repeated(item: Expression, min: number, max: number): Expression {
  if (min === 1 && max === 1) return item;
  return item.kind === "text" && min === max ? text(item.text.repeat(min)) : repeat(item, min, max);
}
