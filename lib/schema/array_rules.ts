import { choice, optional, repeat, rule, sequence, text } from "../grammar/expressions.ts";
import type { Expression } from "../grammar/grammar.ts";
import { ArrayView, lacksContained } from "./array_view.ts";
import type { Constraints, Contains, Goal } from "./constraints.ts";
import { type Emitter, scalarText } from "./emitter.ts";
import { COMMA, nothing, separated } from "./json_texts.ts";
import { finiteScalars } from "./scalars_of.ts";
import type { Scalar } from "./schema_types.ts";

/** Places times what has to be remembered there. */
const MOST_STATES = 1000;

const LONGEST_NESTED = 100;

/** A rule still to be written: what follows at a place, when so much is known of what came before. */
interface Open {
  name: string;
  place: number;
  known: number;
}

/** Writes the rules of an array. */
export class ArrayRules {
  readonly #constraints: Constraints;
  readonly #emitter: Emitter;
  readonly #name: string;
  readonly #view: ArrayView;
  readonly #min: number;
  readonly #max: number;
  readonly #open: Open[] = [];
  readonly #made = new Set<string>();

  constructor(constraints: Constraints, emitter: Emitter, name: string) {
    this.#constraints = constraints;
    this.#emitter = emitter;
    this.#name = name;
    const view = new ArrayView(constraints, emitter.expander);
    this.#view = view;
    this.#min = view.min;
    // Where nothing fits, the array ends before.
    let max = view.max;
    for (let place = 0; place <= view.prefix && place < max; place++) {
      if (emitter.expander.isEmpty(view.goalAt(place))) max = place;
    }
    this.#max = max;
  }

  expression(): Expression {
    const { pointer } = this.#place();
    if (this.#min > this.#max) return this.#emitter.nothing({ pointer, keyword: "minItems" });
    if (lacksContained(this.#view, this.#constraints, this.#emitter.expander)) {
      return this.#emitter.nothing({ pointer: this.#constraints.contains[0]?.pointer ?? "", keyword: "contains" });
    }
    const inside = this.#contained() ?? this.#different() ?? this.#plain(0);
    return sequence(text("["), inside, text("]"));
  }

  /** The items from a place on. */
  #plain(place: number): Expression {
    const { prefix } = this.#view;
    if (place >= this.#max) return text("");
    if (place >= prefix) {
      const item = this.#emitter.goal(this.#view.goalAt(prefix));
      const [min, max] = [Math.max(0, this.#min - place), this.#max - place];
      if (place === 0) return separated(item, { min, max });
      return repeat(sequence(text(COMMA), item), min, max === Infinity ? undefined : max);
    }
    const item = sequence(this.#comma(place), this.#emitter.goal(this.#view.goalAt(place)), this.#after(place));
    return place < this.#min ? item : optional(item);
  }

  /** What follows an item; now and then as a rule, so that a long prefix is no deep expression. */
  #after(place: number): Expression {
    if ((place + 1) % LONGEST_NESTED !== 0) return this.#plain(place + 1);
    const name = `${this.#name}--a${place + 1}`;
    this.#emitter.define(name, this.#plain(place + 1));
    return rule(name);
  }

  /** Items of which some must fit another schema; undefined where none must. */
  #contained(): Expression | undefined {
    const [contains, ...others] = this.#constraints.contains;
    const { compilation } = this.#emitter.expander;
    for (const { pointer } of others) compilation.relax(pointer, "contains", "another one holds for the same array");
    if (contains === undefined) return undefined;
    const places = this.#places();
    const most = contains.max === Infinity ? contains.min : contains.max;
    if ((places + 1) * (most + 1) > MOST_STATES) {
      compilation.relax(contains.pointer, "contains", `more than ${MOST_STATES} places and numbers of items`);
      return undefined;
    }
    if (this.#constraints.unique !== undefined && this.#max > 1) {
      compilation.relax(this.#constraints.unique, "uniqueItems", "contains holds for the same array");
    }
    return this.#states((place, found) => this.#containedFrom(place, found, contains));
  }

  #containedFrom(place: number, found: number, contains: Contains): Expression {
    const { literal, min, max } = contains;
    const goal = this.#view.goalAt(place);
    const options: Expression[] = place >= this.#min && found >= min ? [text("")] : [];
    if (place >= this.#max) return options[0] ?? nothing();
    const next = Math.min(place + 1, this.#places());
    const item = (inner: Goal, after: number): Expression =>
      sequence(this.#comma(place), this.#emitter.goal(inner), this.#at(next, after));
    if (max === Infinity) {
      options.push(item(goal, found));
      if (found < min) options.push(item([...goal, literal], found + 1));
    } else {
      const blame = { pointer: contains.pointer, keyword: "maxContains" };
      options.push(item([...goal, { ...literal, negated: !literal.negated, blame }], found));
      if (found < max) options.push(item([...goal, literal], found + 1));
    }
    return choice(...options);
  }

  /** Items that are all different; undefined where they need not be, or it can't be held. */
  #different(): Expression | undefined {
    const { unique } = this.#constraints;
    if (unique === undefined || this.#max <= 1) return undefined;
    const { compilation } = this.#emitter.expander;
    const last = Math.min(this.#max - 1, this.#view.prefix);
    const byPlace = Array.from({ length: last + 1 }, (_, place) => this.#finite(this.#view.goalAt(place)));
    const values: Scalar[] = [];
    for (const each of byPlace) {
      if (each === undefined) {
        compilation.relax(unique, "uniqueItems", "the items are not of a list of values");
        return undefined;
      }
      values.push(...each);
    }
    const all = [...new Set(values)];
    if (subsets(all.length, this.#max) * all.length > MOST_STATES) {
      compilation.relax(unique, "uniqueItems", `${all.length} values can be chosen in too many ways`);
      return undefined;
    }
    return this.#states((place, used) => {
      const options = place >= this.#min ? [text("")] : [];
      const allowed = byPlace[Math.min(place, last)] ?? [];
      all.forEach((value, i) => {
        if (place >= this.#max || (used >> i & 1) === 1 || !allowed.includes(value)) return;
        options.push(sequence(this.#comma(place), scalarText(value), this.#at(place + 1, used | 1 << i)));
      });
      return options.length === 0 ? nothing() : choice(...options);
    });
  }

  #finite(goal: Goal): Scalar[] | undefined {
    const { expander, strings, numbers } = this.#emitter;
    const found: Scalar[] = [];
    for (const each of expander.expand(goal).cases) {
      const values = finiteScalars(each, strings, numbers);
      if (values === undefined) return undefined;
      found.push(...values);
    }
    return found;
  }

  /** Writes a rule for each place and what is known there, as far as they are reached. */
  #states(from: (place: number, known: number) => Expression): Expression {
    const whole = from(0, 0);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      this.#emitter.define(next.name, from(next.place, next.known));
    }
    return whole;
  }

  #at(place: number, known: number): Expression {
    const name = `${this.#name}--a${place}-${known}`;
    if (!this.#made.has(name)) {
      this.#made.add(name);
      this.#open.push({ name, place, known });
    }
    return rule(name);
  }

  /** From this place on all are alike. */
  #places(): number {
    return this.#max === Infinity ? Math.max(1, this.#min, this.#view.prefix) : this.#max;
  }

  #comma(place: number): Expression {
    return text(place === 0 ? "" : COMMA);
  }

  #place(): { pointer: string } {
    const { items } = this.#constraints;
    return { pointer: items.minPointer === "" ? items.maxPointer : items.minPointer };
  }
}

/** In how many ways up to `max` of `count` things can be chosen. */
function subsets(count: number, max: number): number {
  let [sum, ways] = [1, 1];
  for (let size = 1; size <= Math.min(count, max); size++) {
    ways = ways * (count - size + 1) / size;
    sum += ways;
  }
  return sum;
}
