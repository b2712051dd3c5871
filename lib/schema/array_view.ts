import type { ArrayPart, Constraints, Goal, Literal } from "./constraints.ts";
import type { Expander } from "./expander.ts";

/**
 * What constraints say of the items of an array. Where no schema says what follows a prefix, nothing does, unless there must be more items.
 */
export class ArrayView {
  readonly #constraints: Constraints;
  readonly #expander: Expander;
  /** How many items have a schema of their own. */
  readonly prefix: number;
  readonly min: number;
  /** May be Infinity. */
  readonly max: number;

  constructor(constraints: Constraints, expander: Expander) {
    this.#constraints = constraints;
    this.#expander = expander;
    const { arrays, items, restItems } = constraints;
    this.prefix = Math.max(0, ...arrays.map((part) => part.prefix.length));
    const open = this.prefix === 0 || items.min > this.prefix || arrays.some(({ rest }) => says(rest)) ||
      restItems.some(({ literal }) => says(literal));
    this.min = items.min;
    this.max = open ? items.max : Math.min(items.max, this.prefix);
  }

  /** What the item at a place must fit; from `prefix` on it is the same everywhere. */
  goalAt(place: number): Goal {
    const { arrays, restItems } = this.#constraints;
    const said = arrays.flatMap((part) => literalAt(part, place) ?? []);
    const unsaid = restItems.filter(({ scope }) =>
      !arrays.some((part) => part.path.includes(scope) && literalAt(part, place) !== undefined)
    );
    return this.#expander.simplify([...said, ...unsaid.map(({ literal }) => literal)]);
  }
}

function literalAt({ prefix, rest }: ArrayPart, place: number): Literal | undefined {
  return prefix[place] ?? rest;
}

function says(literal: Literal | undefined): boolean {
  return literal !== undefined && literal.schema !== false;
}

/** Whether items must be there that can be at no place. */
export function lacksContained(view: ArrayView, { contains }: Constraints, expander: Expander): boolean {
  const places = Array.from({ length: Math.min(view.prefix + 1, view.max) }, (_, place) => place);
  return contains.some(({ literal, min }) =>
    min > 0 && places.every((place) => expander.isEmpty([...view.goalAt(place), literal]))
  );
}
