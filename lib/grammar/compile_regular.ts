import type { Automaton } from "./automaton.ts";
import { determinize } from "./determinize.ts";
import type { Regular, Search } from "./regular.ts";
import { type Ahead, RegularNodes } from "./regular_nodes.ts";
import { TooLarge } from "./too_large.ts";

/** What is told of a part that an automaton can't hold. */
type Refuse = (part: Ahead, why: string) => Error;

const MOST_AHEADS = 8;
/** Long lists of texts have many states before they are merged. */
const MOST_UNMERGED = 150_000;

/** The automaton of the texts that fit from their beginning to their end. @throws {TooLarge} */
export function compileRegular(regular: Regular): Automaton {
  const graph = new RegularNodes(() => {
    throw new TypeError("Only patterns look ahead");
  });
  return determinize(graph, graph.add(regular, RegularNodes.END), {
    all: undefined,
    word: [],
    limit: MOST_UNMERGED,
  });
}

/**
 * The automaton of the texts in which a pattern is found.
 *
 * @throws {TooLarge}, and what `refuse` makes of a part that looks ahead where that can't be told.
 */
export function compileSearch(regular: Regular, { any, word }: Search, refuse: Refuse): Automaton {
  let aheads = 0;
  const graph: RegularNodes = new RegularNodes((ahead, next): number => {
    // Each makes two automata, and one within a repetition is there for each time.
    if (++aheads > MOST_AHEADS) throw new TooLarge(`It looks ahead at more than ${MOST_AHEADS} places`);
    if (next === undefined) throw refuse(ahead, "inside of a repetition without end");
    const seen = graph.add(ahead.item, all);
    if (looksBack(graph, [seen, next])) throw refuse(ahead, "together with a ^ or \\b behind it");
    const [wanted, rest] = [determinize(graph, seen, { all, word }), determinize(graph, next, { all, word })];
    const automaton = ahead.negated ? rest.subtract(wanted) : rest.intersect(wanted);
    return graph.add({ kind: "automaton", automaton }, RegularNodes.END);
  });
  const character: Regular = { kind: "chars", ranges: any };
  const all: number = graph.loop(character, RegularNodes.END);
  return determinize(graph, graph.loop(character, graph.add(regular, all)), { all, word });
}

/** Whether what follows depends on what is before it. */
function looksBack({ nodes }: RegularNodes, from: readonly number[]): boolean {
  const seen = new Set(from);
  for (const each of seen) {
    const node = nodes[each];
    if (node?.kind === "assertion" && node.at !== "end") return true;
    if (node?.kind === "pass") { for (const next of node.next) seen.add(next); }
    else if (node !== undefined) seen.add(node.next);
  }
  return false;
}
