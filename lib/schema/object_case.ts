import { choice, repeat, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";
import type { Constraints } from "./constraints.ts";
import type { Emitter } from "./emitter.ts";
import { COLON, COMMA, separated } from "./json_texts.ts";
import { ObjectView } from "./object_view.ts";

/** A property that is listed. */
export interface Member {
  key: string;
  value: Expression;
  required: boolean;
}

/** Places in an object times numbers of properties. */
const MOST_STATES = 3000;

/** What one case of constraints says of an object: its listed properties in their order, how many there may be, and what others. */
export class ObjectCase {
  readonly members: readonly Member[];
  readonly #constraints: Constraints;
  readonly #emitter: Emitter;
  readonly #view: ObjectView;
  /** Any property that is not listed. */
  readonly #extra: Expression | undefined;
  /** Up to which number properties are counted; 1 where it only matters whether there is one before. */
  readonly #cap: number;
  readonly #min: number;
  readonly #max: number;

  constructor(constraints: Constraints, emitter: Emitter) {
    const { expander, strings } = emitter;
    const { required, count } = constraints;
    const view = new ObjectView(constraints, { expander, strings });
    this.#constraints = constraints;
    this.#emitter = emitter;
    this.#view = view;
    this.members = view.names.map((key) => ({
      key,
      value: emitter.goal(view.goalOf(key)),
      required: required.has(key),
    }));
    this.#extra = extraMember(view, emitter);
    [this.#min, this.#max] = [count.min, count.max];
    const most = this.#extra === undefined ? this.members.length : Infinity;
    const counting = this.#min > required.size || this.#max < most;
    const cap = this.#max === Infinity ? this.#min : Math.min(this.#max, Math.max(this.members.length, this.#min));
    this.#cap = counting ? Math.max(1, cap) : 1;
    const optionals = this.members.filter((member) => !member.required).length;
    if (optionals * this.#cap > MOST_STATES) {
      const { compilation } = expander;
      const reason = `more than ${MOST_STATES} places and numbers of properties`;
      if (this.#min > 0) compilation.relax(count.minPointer, "minProperties", reason);
      if (this.#max < Infinity) compilation.relax(count.maxPointer, "maxProperties", reason);
      [this.#min, this.#max, this.#cap] = [0, Infinity, 1];
    }
  }

  /** Why nothing fits, as an expression that derives nothing; undefined where something may. */
  problem(): Expression | undefined {
    const { required, count, objects } = this.#constraints;
    if (this.#min > this.#max) return this.#emitter.nothing({ pointer: count.minPointer, keyword: "minProperties" });
    const missing = [...required].find((name) => !this.members.some(({ key }) => key === name));
    if (missing === undefined) return undefined;
    const { pointer } = objects.find(({ properties }) => properties.has(missing)) ?? { pointer: "" };
    const inner = this.#emitter.goal(this.#view.goalOf(missing));
    return sequence(inner, this.#emitter.nothing({ pointer, keyword: "required" }));
  }

  /** Whether it matters how many properties there are. */
  get counts(): boolean {
    return this.#cap > 1;
  }

  /** The number after one more property. */
  after(count: number): number {
    return Math.min(count + 1, this.#cap);
  }

  /** Whether there can be no more. */
  isFull(count: number): boolean {
    return count >= this.#max;
  }

  /** There are more properties than there may be. */
  tooMany(): Expression {
    return this.#emitter.nothing({ pointer: this.#constraints.count.maxPointer, keyword: "maxProperties" });
  }

  /** The properties that are not listed, `count` others being there. */
  end(count: number): Expression {
    const { minPointer } = this.#constraints.count;
    const min = Math.max(0, this.#min - count);
    const max = this.#max - count;
    const tooFew = { pointer: minPointer, keyword: "minProperties" };
    if (this.#extra === undefined) return min === 0 ? text("") : this.#emitter.nothing(tooFew);
    if (min > 1) {
      // The same name twice is one property. When enough of the listed ones can be there, they must be.
      if (this.members.length + 1 >= this.#min) return this.#emitter.nothing(tooFew);
      const reason = "the same name may come twice among properties that are not listed";
      this.#emitter.expander.compilation.relax(minPointer, "minProperties", reason);
    }
    if (count === 0) return separated(this.#extra, { min, max });
    return repeat(sequence(text(COMMA), this.#extra), min, max === Infinity ? undefined : max);
  }
}

/** A property as it is written; behind others with a comma. */
export function memberText({ key, value }: Member, count: number): Expression {
  return sequence(text((count === 0 ? "" : COMMA) + JSON.stringify(key) + COLON), value);
}

function extraMember(view: ObjectView, emitter: Emitter): Expression | undefined {
  const members = view.regions().map(({ names, goal }) => {
    const key = names === undefined ? emitter.freeString(0, Infinity) : emitter.strings.rule(names, emitter, "key");
    return sequence(key, text(COLON), emitter.goal(goal));
  });
  return members.length === 0 ? undefined : choice(...members);
}
