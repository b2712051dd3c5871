import type { CharRange } from "./char_ranges.ts";
import { joinRanges } from "./char_ranges.ts";
import type { Assertion, Regular } from "./regular.ts";
import { TooLarge } from "./too_large.ts";

/** A node takes a character of a set, or passes on to others, or where an assertion holds. */
export type RegularNode =
  | { kind: "chars"; set: number; next: number }
  | { kind: "pass"; next: number[] }
  | { kind: "assertion"; at: Assertion; next: number };

/** A part that looks ahead. */
export type Ahead = Extract<Regular, { kind: "ahead" }>;

/** Makes the nodes of what must follow, and says which is the first. */
export type MakeAhead = (ahead: Ahead, next: number | undefined) => number;

const MOST_NODES = 200_000;
/** Of nested parts; more would not fit the stack. */
const DEEPEST = 1000;

/** The nodes of an automaton that is in many states at once. Texts end at node {@linkcode RegularNodes.END}. */
export class RegularNodes {
  static readonly END = 0;
  readonly nodes: RegularNode[] = [{ kind: "pass", next: [] }];
  readonly sets: (readonly CharRange[])[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #ahead: MakeAhead;
  #depth = 0;
  #loops = 0;

  /** @param ahead Makes the nodes of what must follow before `next`; `next` is undefined inside of a loop, where that can't be told. */
  constructor(ahead: MakeAhead) {
    this.#ahead = ahead;
  }

  /** The first node of a part that `next` follows. @throws {TooLarge} */
  add(regular: Regular, next: number): number {
    if (this.#depth > DEEPEST) throw new TooLarge(`It is nested deeper than ${DEEPEST}`);
    this.#depth++;
    try {
      return this.#add(regular, next);
    } finally {
      this.#depth--;
    }
  }

  #add(regular: Regular, next: number): number {
    switch (regular.kind) {
      case "text":
        return [...regular.text].reduceRight((rest, character) => {
          const point = character.codePointAt(0) ?? 0;
          return this.chars([[point, point]], rest);
        }, next);
      case "chars":
        return this.chars(regular.ranges, next);
      case "sequence":
        return regular.items.reduceRight((rest, item) => this.add(item, rest), next);
      case "choice":
        return this.pass(regular.options.map((option) => this.add(option, next)));
      case "repeat":
        return this.#repeat(regular, next);
      case "assertion":
        return this.#node({ kind: "assertion", at: regular.at, next });
      case "ahead":
        return this.#ahead(regular, this.#loops > 0 ? undefined : next);
      case "automaton":
        return this.#automaton(regular, next);
    }
  }

  chars(ranges: readonly CharRange[], next: number): number {
    const joined = joinRanges(ranges);
    const key = joined.join();
    const known = this.#setIds.get(key);
    const set = known ?? this.sets.push(joined) - 1;
    this.#setIds.set(key, set);
    return this.#node({ kind: "chars", set, next });
  }

  pass(next: number[]): number {
    const [only] = next;
    return next.length === 1 && only !== undefined ? only : this.#node({ kind: "pass", next });
  }

  /** A node from which `item` is taken any number of times before `next`. */
  loop(item: Regular, next: number): number {
    const ways: number[] = [];
    const loop = this.#node({ kind: "pass", next: ways });
    this.#loops++;
    ways.push(this.add(item, loop), next);
    this.#loops--;
    return loop;
  }

  #repeat({ item, min, max = Infinity }: Extract<Regular, { kind: "repeat" }>, next: number): number {
    let first = max === Infinity ? this.loop(item, next) : next;
    for (let i = min; i < max && max !== Infinity; i++) {
      const once = this.add(item, first);
      // What takes nothing may be there as often as it likes.
      if (once === first) break;
      first = this.pass([once, next]);
    }
    for (let i = 0; i < min; i++) {
      const once = this.add(item, first);
      if (once === first) break;
      first = once;
    }
    return first;
  }

  #automaton({ automaton }: Extract<Regular, { kind: "automaton" }>, next: number): number {
    const ways = Array.from({ length: automaton.size }, (): number[] => []);
    const states = ways.map((way) => this.#node({ kind: "pass", next: way }));
    ways.forEach((way, state) => {
      for (const { ranges, target } of automaton.ways(state)) way.push(this.chars(ranges, states[target] ?? 0));
      if (automaton.ends(state)) way.push(next);
    });
    return states[0] ?? next;
  }

  #node(node: RegularNode): number {
    if (this.nodes.length >= MOST_NODES) throw new TooLarge(`It would take more than ${MOST_NODES} nodes`);
    return this.nodes.push(node) - 1;
  }
}
