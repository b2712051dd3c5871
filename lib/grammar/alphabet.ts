import { type CharRange, joinRanges } from "./char_ranges.ts";

/** Code points from `first` to the next interval's; those of the same key are of the same class, those without one of none. */
export interface Interval {
  first: number;
  key: string | undefined;
}

/** Behind the last code point. */
const END = 0x110000;

/** Classes of characters between which an automaton makes no difference, so that a state has a few ways on instead of a million. */
export class Alphabet {
  /** The first code point of each interval, ascending, and its class; -1 is none. */
  readonly #firsts: number[] = [];
  readonly #classes: number[] = [];
  /** The keys of the classes, by their numbers. Classes are numbered in the order of their first code points. */
  readonly keys: string[] = [];

  /** @param intervals In ascending order. */
  constructor(intervals: readonly Interval[]) {
    const known = new Map<string, number>();
    let before: number | undefined;
    for (const { first, key } of intervals) {
      let id = -1;
      if (key !== undefined) {
        id = known.get(key) ?? this.keys.push(key) - 1;
        known.set(key, id);
      }
      if (id === before) continue;
      this.#firsts.push(first);
      this.#classes.push(id);
      before = id;
    }
  }

  /** The coarsest alphabet that tells these sets of characters apart, and the classes that each set is made of. */
  static of(sets: readonly (readonly CharRange[])[]): { alphabet: Alphabet; members: number[][] } {
    const changes = new Map<number, number[]>();
    const change = (at: number, set: number): void => {
      const known = changes.get(at);
      if (known === undefined) changes.set(at, [set]);
      else known.push(set);
    };
    sets.forEach((ranges, set) => {
      for (const [first, last] of joinRanges(ranges)) {
        change(first, set);
        change(last + 1, set);
      }
    });
    const active = new Set<number>();
    const intervals = [...changes.keys()].sort((a, b) => a - b).map((first): Interval => {
      for (const set of changes.get(first) ?? []) if (!active.delete(set)) active.add(set);
      return { first, key: active.size === 0 ? undefined : [...active].sort((a, b) => a - b).join() };
    });
    const alphabet = new Alphabet(intervals);
    const members: number[][] = sets.map(() => []);
    alphabet.keys.forEach((key, id) => key.split(",").forEach((set) => members[Number(set)]?.push(id)));
    return { alphabet, members };
  }

  /** How many classes there are. */
  get size(): number {
    return this.keys.length;
  }

  /** The first code points of neighbouring ones that are of the same class, ascending. */
  get firsts(): readonly number[] {
    return this.#firsts;
  }

  /** The class of a code point; -1 for none. */
  classOf(point: number): number {
    let [low, high] = [0, this.#firsts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#firsts[middle] ?? 0) <= point) low = middle + 1;
      else high = middle;
    }
    return this.#classes[low - 1] ?? -1;
  }

  /** The code points of each class. */
  ranges(): [number, number][][] {
    const ranges: [number, number][][] = this.keys.map(() => []);
    this.#firsts.forEach((first, i) => {
      ranges[this.#classes[i] ?? -1]?.push([first, (this.#firsts[i + 1] ?? END) - 1]);
    });
    return ranges;
  }

  /** The intervals with other keys: what `rename` makes of each class, -1 included. */
  renamed(rename: (id: number) => string | undefined): Alphabet {
    return new Alphabet(this.#firsts.map((first, i) => ({ first, key: rename(this.#classes[i] ?? -1) })));
  }

  /** An alphabet that makes the differences of both, and which classes of theirs its classes are: -1 where there is none. */
  static merge(a: Alphabet, b: Alphabet): { alphabet: Alphabet; pairs: [number, number][] } {
    const firsts = [...new Set([...a.#firsts, ...b.#firsts])].sort((x, y) => x - y);
    const alphabet = new Alphabet(firsts.map((first) => {
      const [x, y] = [a.classOf(first), b.classOf(first)];
      return { first, key: x < 0 && y < 0 ? undefined : `${x},${y}` };
    }));
    const pairs = alphabet.keys.map((key): [number, number] => {
      const [x = "-1", y = "-1"] = key.split(",");
      return [Number(x), Number(y)];
    });
    return { alphabet, pairs };
  }
}
