import { ARRAY, BOOLEAN, type Constraints, type Goal, NULL, NUMBER, OBJECT, STRING } from "./constraints.ts";
import { ArrayView, lacksContained } from "./array_view.ts";
import type { Expander } from "./expander.ts";
import type { Numbers } from "./numbers.ts";
import { ObjectView } from "./object_view.ts";
import { isAllowed, scalarsOf } from "./scalars_of.ts";
import type { Strings } from "./strings.ts";

/** Deeper inside of a value things are taken to fit. */
const DEEPEST = 3;
/** So many items are looked at. */
const MOST_ITEMS = 8;

/** Finds schemas that nothing fits, as far as types, values, bounds, patterns and what is required tell. */
export class Emptiness {
  readonly #expander: Expander;
  readonly #strings: Strings;
  readonly #numbers: Numbers;
  readonly #known = new Map<string, boolean>();
  #depth = 0;

  constructor(expander: Expander, strings: Strings, numbers: Numbers) {
    this.#expander = expander;
    this.#strings = strings;
    this.#numbers = numbers;
  }

  /** Whether certainly nothing fits; false where that is not known. */
  of(goal: Goal): boolean {
    if (goal.length === 0) return false;
    const key = this.#expander.ids.goal(goal);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#depth > DEEPEST) return false;
    // While it is looked for it is not known.
    this.#known.set(key, false);
    this.#depth++;
    try {
      const empty = this.#expander.expand(goal).cases.every((each) => this.#caseIsEmpty(each));
      this.#known.set(key, empty);
      return empty;
    } finally {
      this.#depth--;
    }
  }

  #caseIsEmpty(constraints: Constraints): boolean {
    const { types, values, excluded } = constraints;
    if (values !== undefined) return scalarsOf(constraints, this.#strings, this.#numbers).length === 0;
    const has = (type: number): boolean => (types & type) !== 0;
    if (has(NULL) && !excluded.includes(null)) return false;
    if (has(BOOLEAN) && [true, false].some((value) => isAllowed(value, excluded))) return false;
    if (has(NUMBER) && !this.#numbers.isEmpty(constraints)) return false;
    if (has(STRING) && !this.#strings.isEmpty(constraints)) return false;
    if (has(ARRAY) && !this.#arrayIsEmpty(constraints)) return false;
    return !has(OBJECT) || this.#objectIsEmpty(constraints);
  }

  #arrayIsEmpty(constraints: Constraints): boolean {
    const view = new ArrayView(constraints, this.#expander);
    if (view.max < view.min) return true;
    const places = Array.from({ length: Math.min(view.min, MOST_ITEMS) }, (_, i) => i);
    return places.some((i) => this.of(view.goalAt(i))) || lacksContained(view, constraints, this.#expander);
  }

  #objectIsEmpty(constraints: Constraints): boolean {
    const view = new ObjectView(constraints, { expander: this.#expander, strings: this.#strings });
    const { required, count } = constraints;
    if (count.max < count.min || required.size > count.max) return true;
    if ([...required].some((name) => this.of(view.goalOf(name)))) return true;
    return view.names.length < count.min && view.regions().length === 0;
  }
}
