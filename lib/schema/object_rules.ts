import { choice, optional, rule, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";
import type { Emitter } from "./emitter.ts";
import { nothing } from "./json_texts.ts";
import { memberText, type ObjectCase } from "./object_case.ts";

/** How far an object is written, as one of the cases has it: the next listed property, and how many are there. */
interface Position {
  index: number;
  place: number;
  count: number;
}

/** Sets of positions; beyond, cases are followed side by side. */
const MOST_SETS = 500;
/** Sum of the squares of the cases' numbers of properties. */
const MOST_STEPS = 20_000;

/**
 * Writes the rules of an object that is one of several cases. As long as what is written may belong to several of them they are followed as one:
 * side by side, objects in objects would double the ways with each level.
 */
export class ObjectRules {
  readonly #cases: readonly ObjectCase[];
  readonly #emitter: Emitter;
  readonly #name: string;
  readonly #open: [string, Position[]][] = [];
  readonly #made = new Map<string, string>();
  #sets = 0;

  constructor(cases: readonly ObjectCase[], emitter: Emitter, name: string) {
    this.#cases = cases;
    this.#emitter = emitter;
    this.#name = name;
  }

  expression(): Expression {
    const problems = this.#cases.map((each) => each.problem());
    const starts = this.#cases.map((_, index): Position => ({ index, place: 0, count: 0 }))
      .filter(({ index }) => problems[index] === undefined);
    const steps = this.#cases.reduce((sum, { members }) => sum + members.length ** 2, 0);
    const bodies = steps > MOST_STEPS ? starts.map((start) => this.#of([start])) : [this.#of(starts)];
    if (starts.length === 0) return choice(...problems.flatMap((problem) => problem ?? []));
    const whole = sequence(text("{"), choice(...bodies), text("}"));
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      const [name, positions] = next;
      this.#emitter.define(name, this.#of(positions));
    }
    return whole;
  }

  /** What follows at any of these positions. */
  #of(positions: readonly Position[]): Expression {
    const [only, another] = positions;
    if (only === undefined) return nothing();
    return another === undefined ? this.#single(only) : this.#several(positions);
  }

  #single({ index, place, count }: Position): Expression {
    const each = this.#cases[index];
    if (each === undefined) return nothing();
    const items: Expression[] = [];
    const must = each.members.findIndex(({ required }) => required);
    const leading = must < 0 ? each.members.length : must;
    for (let i = place; i < each.members.length; i++) {
      const member = each.members[i];
      if (member === undefined) break;
      const full = each.isFull(count);
      if (member.required) {
        if (full) return each.tooMany();
        items.push(memberText(member, count));
        count = each.after(count);
      } else if (!full && count > 0 && !each.counts) {
        items.push(optional(memberText(member, count)));
        // What follows is a rule already.
        if (i + 1 <= leading) return sequence(...items, this.#at([{ index, place: i + 1, count }]));
      } else if (!full) {
        const next = this.#at([{ index, place: i + 1, count: each.after(count) }]);
        const left = count === 0
          ? this.#single({ index, place: i + 1, count })
          : this.#at([{ index, place: i + 1, count }]);
        const taken = sequence(memberText(member, count), next);
        return sequence(...items, choice(taken, ...(left.kind === "choice" ? left.options : [left])));
      }
    }
    return sequence(...items, each.end(count));
  }

  /** Each property that may come next, once; behind it are the positions of all cases that have it. */
  #several(positions: readonly Position[]): Expression {
    const steps = new Map<string, { member: Expression; next: Position[] }>();
    const ends = new Map<string, Expression>();
    for (const { index, place, count } of positions) {
      const each = this.#cases[index];
      if (each === undefined) continue;
      let ended = true;
      for (let i = place; i < each.members.length && ended; i++) {
        const member = each.members[i];
        if (member === undefined) break;
        ended = !member.required;
        if (each.isFull(count)) continue;
        const written = memberText(member, count);
        const key = JSON.stringify(written);
        const step = steps.get(key) ?? { member: written, next: [] };
        step.next.push({ index, place: i + 1, count: each.after(count) });
        steps.set(key, step);
      }
      if (!ended) continue;
      const end = each.end(count);
      ends.set(JSON.stringify(end), end);
    }
    const options = [...steps.values()].map(({ member, next }) => sequence(member, this.#at(next)));
    const all = [...options, ...ends.values()];
    return all.length === 0 ? nothing() : choice(...all);
  }

  /** The same as a rule. */
  #at(positions: readonly Position[]): Expression {
    const [only, another] = positions;
    if (only === undefined) return nothing();
    if (another === undefined) {
      const each = this.#cases[only.index];
      if (each !== undefined && only.place >= each.members.length) return each.end(only.count);
    } else if (this.#sets > MOST_SETS) {
      return choice(...positions.map((position) => this.#at([position])));
    }
    const key = positions.map(({ index, place, count }) => `${index}-${place}-${count}`).join(" ");
    const known = this.#made.get(key);
    if (known !== undefined) return rule(known);
    const name = another === undefined ? `${this.#name}--o${key}` : `${this.#name}--m${++this.#sets}`;
    this.#made.set(key, name);
    this.#open.push([name, [...positions]]);
    return rule(name);
  }
}
