import type { Alphabet } from "./alphabet.ts";
import { TooLarge } from "./too_large.ts";

/** A deterministic automaton as numbers. It begins in state 0. */
export interface Transitions {
  alphabet: Alphabet;
  /** 1 where a text may end, shape [states]. */
  ends: Uint8Array;
  /** Where each state's ways on begin in `classes` and `targets`, shape [states + 1]. */
  firsts: Int32Array;
  /** Ascending within a state. */
  classes: Int32Array;
  targets: Int32Array;
}

/** States of any kind, which are found by walking from the first. */
export interface Exploration<S> {
  alphabet: Alphabet;
  start: S;
  /** Equal for equal states. */
  key(state: S): string | number;
  ends(state: S): boolean;
  /** Tells where the classes lead; a class at most once. */
  steps(state: S, to: (id: number, next: S) => void): void;
}

/** An automaton may have so many states, unless it is told otherwise. */
export const MOST_STATES = 20_000;
const MOST_STEPS = 2_000_000;

/** @throws {TooLarge} when there are more states than `limit`. */
export function explore<S>(
  { alphabet, start, key, ends, steps }: Exploration<S>,
  limit: number = MOST_STATES,
): Transitions {
  const states = [start];
  const known = new Map<string | number, number>([[key(start), 0]]);
  const isEnd: number[] = [];
  const firsts: number[] = [];
  const classes: number[] = [];
  const targets: number[] = [];
  for (let i = 0; i < states.length; i++) {
    const state = states[i] ?? start;
    const found: [number, number][] = [];
    isEnd.push(ends(state) ? 1 : 0);
    firsts.push(targets.length);
    steps(state, (id, next) => {
      const name = key(next);
      let target = known.get(name);
      if (target === undefined) {
        target = states.push(next) - 1;
        known.set(name, target);
      }
      found.push([id, target]);
    });
    for (const [id, target] of found.sort(([a], [b]) => a - b)) {
      classes.push(id);
      targets.push(target);
    }
    if (states.length > limit) throw new TooLarge(`It would take more than ${limit} states`);
    if (targets.length > MOST_STEPS) throw new TooLarge(`It would take more than ${MOST_STEPS} transitions`);
  }
  firsts.push(targets.length);
  return {
    alphabet,
    ends: Uint8Array.from(isEnd),
    firsts: Int32Array.from(firsts),
    classes: Int32Array.from(classes),
    targets: Int32Array.from(targets),
  };
}
