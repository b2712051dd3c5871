import { Partition } from "./partition.ts";
import type { Transitions } from "./transitions.ts";

/** A way from a state to another. */
interface Edge {
  from: number;
  id: number;
  to: number;
}

/**
 * The smallest automaton of the same texts: every state leads to an end (but for the first, where there is no text), no two mean the same, and no
 * two classes of characters either. States are numbered in the order in which they are first reached.
 *
 * After A. Valmari, "Fast brief practical DFA minimization" (2012): states and edges are parted in turn, each by the other's parts.
 */
export function minimize(table: Transitions): Transitions {
  const edges = livingEdges(table);
  const states = statePartition(table, edges);
  const merged = new Map<string, Edge>();
  for (const { from, id, to } of edges) {
    const edge = { from: states.part(from), id, to: states.part(to) };
    merged.set(`${edge.from},${id}`, edge);
  }
  const ends = new Set<number>();
  table.ends.forEach((isEnd, state) => isEnd === 1 && ends.add(states.part(state)));
  return numbered(withFewerClasses(table, [...merged.values()]), { start: states.part(0), ends });
}

/** The edges that can be on the way to an end. */
function livingEdges({ ends, firsts, classes, targets }: Transitions): Edge[] {
  const edges: Edge[] = [];
  const into = Array.from(ends, (): number[] => []);
  for (let from = 0; from < ends.length; from++) {
    for (let i = firsts[from] ?? 0; i < (firsts[from + 1] ?? 0); i++) {
      const to = targets[i] ?? 0;
      edges.push({ from, id: classes[i] ?? 0, to });
      into[to]?.push(from);
    }
  }
  const living = ends.slice();
  const open = [...ends.keys()].filter((state) => ends[state] === 1);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const from of into[state] ?? []) {
      if (living[from] === 1) continue;
      living[from] = 1;
      open.push(from);
    }
  }
  return edges.filter(({ to }) => living[to] === 1);
}

/** States in parts of the same meaning. */
function statePartition({ ends }: Transitions, edges: readonly Edge[]): Partition {
  const states = new Partition(ends.length);
  ends.forEach((isEnd, state) => isEnd === 1 && states.mark(state));
  states.split();
  const parts = new Partition(edges.length);
  for (const same of Map.groupBy(edges.keys(), (i) => edges[i]?.id).values()) {
    for (const i of same) parts.mark(i);
    parts.split();
  }
  const into = Array.from(ends, (): number[] => []);
  edges.forEach(({ to }, i) => into[to]?.push(i));
  let seen = 1;
  for (let part = 0; part < parts.count && edges.length > 0; part++) {
    for (const i of parts.elements(part)) states.mark(edges[i]?.from ?? 0);
    states.split();
    for (; seen < states.count; seen++) {
      for (const state of states.elements(seen)) for (const i of into[state] ?? []) parts.mark(i);
      parts.split();
    }
  }
  return states;
}

/** Classes that lead to the same places everywhere become one. */
function withFewerClasses(
  { alphabet }: Transitions,
  edges: readonly Edge[],
): { alphabet: typeof alphabet; edges: Edge[] } {
  const columns: string[][] = alphabet.keys.map(() => []);
  for (const { from, id, to } of edges) columns[id]?.push(`${from}>${to}`);
  const keys = columns.map((column) => column.length === 0 ? undefined : column.sort().join());
  const fewer = alphabet.renamed((id) => keys[id]);
  const ids = new Map(fewer.keys.map((key, id) => [key, id]));
  const kept = new Map<string, Edge>();
  for (const { from, id, to } of edges) {
    const fresh = ids.get(keys[id] ?? "") ?? 0;
    kept.set(`${from},${fresh}`, { from, id: fresh, to });
  }
  return { alphabet: fewer, edges: [...kept.values()] };
}

function numbered(
  { alphabet, edges }: Pick<Transitions, "alphabet"> & { edges: readonly Edge[] },
  { start, ends }: { start: number; ends: ReadonlySet<number> },
): Transitions {
  const ways = Map.groupBy(edges, ({ from }) => from);
  const order = [start];
  const numbers = new Map([[start, 0]]);
  const [firsts, classes, targets] = [[0], new Array<number>(), new Array<number>()];
  for (let i = 0; i < order.length; i++) {
    for (const { id, to } of (ways.get(order[i] ?? start) ?? []).sort((a, b) => a.id - b.id)) {
      const number = numbers.get(to) ?? order.push(to) - 1;
      numbers.set(to, number);
      classes.push(id);
      targets.push(number);
    }
    firsts.push(targets.length);
  }
  return {
    alphabet,
    ends: Uint8Array.from(order, (state) => ends.has(state) ? 1 : 0),
    firsts: Int32Array.from(firsts),
    classes: Int32Array.from(classes),
    targets: Int32Array.from(targets),
  };
}
