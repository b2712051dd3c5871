import { Alphabet } from "./alphabet.ts";
import { Automaton } from "./automaton.ts";
import type { CharRange } from "./char_ranges.ts";
import type { Assertion } from "./regular.ts";
import { RegularNodes } from "./regular_nodes.ts";
import { TooLarge } from "./too_large.ts";

/** What is next to a place in a text. */
type Side = "edge" | "word" | "other";

/** Nodes that take a character, assert something, or are the end; and what they stand behind. */
interface State {
  nodes: readonly number[];
  before: Side;
}

export interface Determination {
  /** From here on all texts fit: what else there is makes no difference. */
  all: number | undefined;
  word: readonly CharRange[];
  /** How many states there may be before they are merged. */
  limit?: number;
}

const MOST_WORK = 10_000_000;

/** The automaton of the texts that lead from a node to the end. @throws {TooLarge} */
export function determinize(graph: RegularNodes, start: number, { all, word, limit }: Determination): Automaton {
  return new Determinizer(graph, all, word).from(start, limit);
}

class Determinizer {
  readonly #graph: RegularNodes;
  readonly #all: number | undefined;
  readonly #closures = new Map<number, readonly number[]>();
  readonly #usesWords: boolean;
  readonly #alphabet: Alphabet;
  /** By set of the graph: the classes that it is made of, with their sides. */
  readonly #members: number[][];
  readonly #isWord: boolean[] = [];
  #work = 0;

  constructor(graph: RegularNodes, all: number | undefined, word: readonly CharRange[]) {
    this.#graph = graph;
    this.#all = all;
    this.#usesWords = graph.nodes.some((node) =>
      node.kind === "assertion" && (node.at === "boundary" || node.at === "inside")
    );
    const count = graph.sets.length;
    const { alphabet, members } = Alphabet.of(this.#usesWords ? [...graph.sets, word] : graph.sets);
    this.#alphabet = alphabet;
    this.#members = members.slice(0, count);
    for (const id of members[count] ?? []) this.#isWord[id] = true;
  }

  from(start: number, limit?: number): Automaton {
    return Automaton.explore<State>({
      alphabet: this.#alphabet,
      start: { nodes: this.#closure([start], "edge"), before: "edge" },
      key: ({ nodes, before }) => `${before} ${nodes.join(" ")}`,
      ends: ({ nodes, before }) => this.#pass(nodes, before, "edge").includes(RegularNodes.END),
      steps: (state, to) => this.#steps(state, to),
    }, limit);
  }

  #steps({ nodes, before }: State, to: (id: number, next: State) => void): void {
    const found = new Map<number, number[]>();
    for (const after of this.#usesWords ? ["word", "other"] as const : ["other"] as const) {
      for (const each of this.#pass(nodes, before, after)) {
        const node = this.#graph.nodes[each];
        if (node?.kind !== "chars") continue;
        for (const id of this.#members[node.set] ?? []) {
          if (this.#usesWords && (this.#isWord[id] ?? false) !== (after === "word")) continue;
          const known = found.get(id);
          if (known === undefined) found.set(id, [node.next]);
          else known.push(node.next);
        }
      }
    }
    const same = new Map<string, State>();
    for (const [id, nexts] of found) {
      const side = this.#usesWords && this.#isWord[id] ? "word" : "other";
      this.#spend(nexts.length);
      const key = `${side} ${nexts.join(" ")}`;
      const next = same.get(key) ?? { nodes: this.#closure(nexts, side), before: side };
      same.set(key, next);
      to(id, next);
    }
  }

  /** What nodes pass on to without a character and without an assertion, ascending. */
  #closure(from: readonly number[], before: Side): readonly number[] {
    const reached = new Set<number>();
    for (const node of from) for (const each of this.#closureOf(node)) reached.add(each);
    if (this.#all !== undefined && reached.has(this.#all)) return [this.#all];
    this.#spend(reached.size);
    return [...reached].filter((each) => {
      const node = this.#graph.nodes[each];
      return before === "edge" || node?.kind !== "assertion" || node.at !== "start";
    }).sort((a, b) => a - b);
  }

  #closureOf(start: number): readonly number[] {
    const known = this.#closures.get(start);
    if (known !== undefined) return known;
    const seen = new Set([start]);
    for (const each of seen) {
      const node = this.#graph.nodes[each];
      if (node?.kind === "pass") { for (const next of node.next) seen.add(next); }
    }
    this.#spend(seen.size);
    const closure = [...seen].filter((each) =>
      each === RegularNodes.END || each === this.#all || this.#graph.nodes[each]?.kind !== "pass"
    );
    this.#closures.set(start, closure);
    return closure;
  }

  /** The nodes with those behind the assertions that hold between two sides. */
  #pass(nodes: readonly number[], before: Side, after: Side): readonly number[] {
    if (this.#all !== undefined && nodes[0] === this.#all) return this.#closureOf(this.#all);
    if (!nodes.some((each) => this.#graph.nodes[each]?.kind === "assertion")) return nodes;
    const seen = new Set(nodes);
    for (const each of seen) {
      const node = this.#graph.nodes[each];
      if (node?.kind !== "assertion" || !holds(node.at, before, after)) continue;
      for (const next of this.#closureOf(node.next)) seen.add(next);
    }
    this.#spend(seen.size);
    return [...seen];
  }

  #spend(work: number): void {
    this.#work += work;
    if (this.#work > MOST_WORK) throw new TooLarge("It would take too much work to tell all of its states apart");
  }
}

function holds(at: Assertion, before: Side, after: Side): boolean {
  switch (at) {
    case "start":
      return before === "edge";
    case "end":
      return after === "edge";
    case "boundary":
      return (before === "word") !== (after === "word");
    case "inside":
      return (before === "word") === (after === "word");
  }
}
