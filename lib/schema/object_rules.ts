import { choice, optional, repeat, rule, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";
import type { Constraints } from "./constraints.ts";
import type { Emitter } from "./emitter.ts";
import { COLON, COMMA, separated } from "./json_texts.ts";
import { ObjectView } from "./object_view.ts";

interface Member {
  key: string;
  value: Expression;
  required: boolean;
}

/** Places in an object times counts of properties. */
const MOST_STATES = 3000;

/**
 * Writes the rules of an object: its listed properties in their order, those that are not required or nothing, and then any others. Where
 * their number matters there is a rule for each place and number.
 */
export class ObjectRules {
  readonly #constraints: Constraints;
  readonly #emitter: Emitter;
  readonly #name: string;
  readonly #view: ObjectView;
  readonly #members: Member[];
  /** Any property that is not listed. */
  readonly #extra: Expression | undefined;
  /** Up to which number properties are counted; 1 where only matters whether there is one before. */
  readonly #cap: number;
  /** How many members come before the first that must be there. */
  readonly #leading: number;
  #min: number;
  #max: number;
  readonly #open: [string, number, number][] = [];
  readonly #made = new Set<string>();

  constructor(constraints: Constraints, emitter: Emitter, name: string) {
    this.#constraints = constraints;
    this.#emitter = emitter;
    this.#name = name;
    const { expander, strings } = emitter;
    const { required, count } = constraints;
    const view = new ObjectView(constraints, { expander, strings });
    this.#view = view;
    this.#members = view.names.map((key) => ({
      key,
      value: emitter.goal(view.goalOf(key)),
      required: required.has(key),
    }));
    this.#extra = extraMember(view, emitter);
    const must = this.#members.findIndex((member) => member.required);
    this.#leading = must < 0 ? this.#members.length : must;
    [this.#min, this.#max] = [count.min, count.max];
    const most = this.#extra === undefined ? this.#members.length : Infinity;
    const counting = this.#min > required.size || this.#max < most;
    const cap = this.#max === Infinity ? this.#min : Math.min(this.#max, Math.max(this.#members.length, this.#min));
    this.#cap = counting ? Math.max(1, cap) : 1;
    const optionals = this.#members.filter((member) => !member.required).length;
    if (optionals * this.#cap > MOST_STATES) {
      const { compilation } = expander;
      const reason = `more than ${MOST_STATES} places and numbers of properties`;
      if (this.#min > 0) compilation.relax(count.minPointer, "minProperties", reason);
      if (this.#max < Infinity) compilation.relax(count.maxPointer, "maxProperties", reason);
      [this.#min, this.#max, this.#cap] = [0, Infinity, 1];
    }
  }

  expression(): Expression {
    const { required, count } = this.#constraints;
    if (this.#min > this.#max) {
      return this.#emitter.nothing({ pointer: count.minPointer, keyword: "minProperties" });
    }
    const missing = [...required].find((name) => !this.#members.some(({ key }) => key === name));
    if (missing !== undefined) {
      const { pointer } = this.#constraints.objects.find(({ properties }) => properties.has(missing)) ??
        { pointer: "" };
      // Why nothing fits it is found inside.
      return sequence(
        this.#emitter.goal(this.#view.goalOf(missing)),
        this.#emitter.nothing({ pointer, keyword: "required" }),
      );
    }
    const whole = sequence(text("{"), this.#from(0, 0), text("}"));
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      const [name, place, count] = next;
      this.#emitter.define(name, this.#from(place, count));
    }
    return whole;
  }

  /** What follows from a place on, `count` properties being there already. */
  #from(place: number, count: number): Expression {
    const items: Expression[] = [];
    const counts = this.#cap > 1;
    for (let i = place; i < this.#members.length; i++) {
      const member = this.#members[i];
      if (member === undefined) break;
      const full = count >= this.#max;
      if (member.required) {
        if (full) {
          return this.#emitter.nothing({ pointer: this.#constraints.count.maxPointer, keyword: "maxProperties" });
        }
        items.push(this.#member(member, count));
        count = this.#after(count);
      } else if (!full && count > 0 && !counts) {
        items.push(optional(this.#member(member, count)));
        // What follows is a rule already.
        if (i + 1 <= this.#leading) return sequence(...items, this.#at(i + 1, count));
      } else if (!full) {
        const taken = sequence(this.#member(member, count), this.#at(i + 1, this.#after(count)));
        const left = count === 0 ? this.#from(i + 1, 0) : this.#at(i + 1, count);
        return sequence(...items, choice(taken, ...(left.kind === "choice" ? left.options : [left])));
      }
    }
    return sequence(...items, this.#end(count));
  }

  /** The same as a rule. */
  #at(place: number, count: number): Expression {
    if (place >= this.#members.length) return this.#end(count);
    const name = `${this.#name}--o${place}-${count}`;
    if (!this.#made.has(name)) {
      this.#made.add(name);
      this.#open.push([name, place, count]);
    }
    return rule(name);
  }

  #after(count: number): number {
    return Math.min(count + 1, this.#cap);
  }

  #member({ key, value }: Member, count: number): Expression {
    return sequence(text((count === 0 ? "" : COMMA) + JSON.stringify(key) + COLON), value);
  }

  /** The properties that are not listed. */
  #end(count: number): Expression {
    const { minPointer } = this.#constraints.count;
    const min = Math.max(0, this.#min - count);
    const max = this.#max - count;
    if (this.#extra === undefined) {
      return min === 0 ? text("") : this.#emitter.nothing({ pointer: minPointer, keyword: "minProperties" });
    }
    if (min > 1) {
      // The same name twice is one property. When enough of the listed ones can be there, they must be.
      if (this.#members.length + 1 >= this.#min) {
        return this.#emitter.nothing({ pointer: minPointer, keyword: "minProperties" });
      }
      const reason = "the same name may come twice among properties that are not listed";
      this.#emitter.expander.compilation.relax(minPointer, "minProperties", reason);
    }
    if (count === 0) return separated(this.#extra, { min, max });
    return repeat(sequence(text(COMMA), this.#extra), min, max === Infinity ? undefined : max);
  }
}

function extraMember(view: ObjectView, emitter: Emitter): Expression | undefined {
  const members = view.regions().map(({ names, goal }) => {
    const key = names === undefined ? emitter.freeString(0, Infinity) : emitter.strings.rule(names, emitter, "key");
    return sequence(key, text(COLON), emitter.goal(goal));
  });
  return members.length === 0 ? undefined : choice(...members);
}
