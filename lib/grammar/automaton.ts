import { Alphabet } from "./alphabet.ts";
import { joinRanges } from "./char_ranges.ts";
import { minimize } from "./minimize.ts";
import { type Exploration, explore, MOST_STATES, type Transitions } from "./transitions.ts";
import { TooLarge } from "./too_large.ts";

/** A way from a state: these code points, ascending and without overlap, lead to that state. */
export interface Way {
  ranges: [number, number][];
  target: number;
}

/** A state of each of two automata; -1 where one of them has no way on. */
type Pair = readonly [number, number];

/**
 * A set of texts that can be told by reading them once, character by character, without a memory but the number of a state: a regular language.
 * It never changes, and is the smallest that there is: each state can be reached, and leads to an end. State 0 is the first.
 */
export class Automaton {
  readonly #table: Transitions;
  #ranges: [number, number][][] | undefined;

  private constructor(table: Transitions) {
    this.#table = minimize(table);
    if (this.size > MOST_STATES) {
      throw new TooLarge(`It would take ${this.size} states; at most ${MOST_STATES} are allowed`);
    }
  }

  /** @throws {TooLarge} when it has more than `limit` states before, or more than {@linkcode MOST_STATES} after they are merged. */
  static explore<S>(exploration: Exploration<S>, limit: number = MOST_STATES): Automaton {
    return new Automaton(explore(exploration, limit));
  }

  /** How many states there are, at least one. */
  get size(): number {
    return this.#table.ends.length;
  }

  /** Classes of characters between which it makes no difference. */
  get alphabet(): Alphabet {
    return this.#table.alphabet;
  }

  /** Whether there is no text at all. */
  get isEmpty(): boolean {
    return this.size === 1 && this.#table.targets.length === 0 && !this.ends(0);
  }

  /** Whether a text may end in this state. */
  ends(state: number): boolean {
    return this.#table.ends[state] === 1;
  }

  /** The ways from a state in the order of their first code points, each to another state. */
  ways(state: number): Way[] {
    const all = this.#ranges ??= this.alphabet.ranges();
    const byTarget = Map.groupBy(this.#edges(state), ([, target]) => target);
    const ways = [...byTarget].map(([target, edges]) => ({
      target,
      ranges: joinRanges(edges.flatMap(([id]) => all[id] ?? [])),
    }));
    return ways.sort((a, b) => (a.ranges[0]?.[0] ?? 0) - (b.ranges[0]?.[0] ?? 0));
  }

  /** The state behind a character of this class; -1 if there is none. */
  step(state: number, id: number): number {
    const { firsts, classes, targets } = this.#table;
    const end = firsts[state + 1] ?? 0;
    for (let i = firsts[state] ?? end; i < end; i++) if (classes[i] === id) return targets[i] ?? -1;
    return -1;
  }

  /** Whether this is one of the texts. */
  accepts(text: string): boolean {
    let state = 0;
    for (const character of text) {
      state = this.step(state, this.alphabet.classOf(character.codePointAt(0) ?? -1));
      if (state < 0) return false;
    }
    return this.ends(state);
  }

  /** The texts, shorter ones first, when there are at most `limit`; undefined when there are more. */
  texts(limit: number): string[] | undefined {
    const found: string[] = [];
    let open = [{ text: "", state: 0 }];
    if (this.isEmpty) return [];
    // Each beginning leads to a text, and one longer than there are states has been round in a circle.
    for (let length = 0; open.length > 0; length++) {
      if (length >= this.size || found.length + open.length > limit) return undefined;
      found.push(...open.filter(({ state }) => this.ends(state)).map(({ text }) => text));
      const next: typeof open = [];
      for (const { text, state } of open) {
        for (const { ranges, target } of this.ways(state)) {
          for (const [first, last] of ranges) {
            if (found.length + next.length + last - first + 1 > limit) return undefined;
            for (let point = first; point <= last; point++) {
              next.push({ text: text + String.fromCodePoint(point), state: target });
            }
          }
        }
      }
      open = next;
    }
    return found;
  }

  /** The texts that are in both. @throws {TooLarge} */
  intersect(other: Automaton): Automaton {
    return this.#combine(other, ([a, b]) => a >= 0 && b >= 0, (a, b) => a && b);
  }

  /** The texts that are in one of them at least. @throws {TooLarge} */
  union(other: Automaton): Automaton {
    return this.#combine(other, () => true, (a, b) => a || b);
  }

  /** The texts that are not in the other one. @throws {TooLarge} */
  subtract(other: Automaton): Automaton {
    return this.#combine(other, ([a]) => a >= 0, (a, b) => a && !b);
  }

  #combine(other: Automaton, leads: (pair: Pair) => boolean, ends: (a: boolean, b: boolean) => boolean): Automaton {
    const { alphabet, pairs } = Alphabet.merge(this.alphabet, other.alphabet);
    return Automaton.explore<Pair>({
      alphabet,
      start: [0, 0],
      key: ([a, b]) => (a + 1) * (other.size + 1) + b + 1,
      ends: ([a, b]) => ends(a >= 0 && this.ends(a), b >= 0 && other.ends(b)),
      steps: ([a, b], to) => {
        const [mine, theirs] = [new Map(a < 0 ? [] : this.#edges(a)), new Map(b < 0 ? [] : other.#edges(b))];
        pairs.forEach(([x, y], id) => {
          const next: Pair = [mine.get(x) ?? -1, theirs.get(y) ?? -1];
          if ((next[0] >= 0 || next[1] >= 0) && leads(next)) to(id, next);
        });
      },
    });
  }

  /** Classes of characters, and where they lead. */
  #edges(state: number): [number, number][] {
    const { firsts, classes, targets } = this.#table;
    const edges: [number, number][] = [];
    for (let i = firsts[state] ?? 0; i < (firsts[state + 1] ?? 0); i++) edges.push([classes[i] ?? 0, targets[i] ?? 0]);
    return edges;
  }
}
