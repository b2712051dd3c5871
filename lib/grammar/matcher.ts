import { EngineError } from "../errors.ts";
import type { Grammar } from "./grammar.ts";
import { GrammarNodes, type Node } from "./grammar_nodes.ts";

/** What is still to come may be so many different things at most; beyond that a grammar is refused. */
const MOST_STACKS = 4096;
/** Steps of stacks before somebody waits too long: half a second or so. Of what is known already none is made. */
const MOST_WORK = 10_000_000;
/** Longer ones are derived by rules that call themselves without end. */
const DEEPEST = 10_000;

/** Where the text so far may stand in the grammar: a set of stacks of nodes, of which each top one takes a byte or a token. */
interface State {
  stacks: readonly number[];
  /** Whether the text may end here. */
  ends: boolean;
  /** By byte; -1 where it was not asked for yet. */
  next: Int32Array | undefined;
}

type TokenNode = Extract<Node, { kind: "token" }>;

/** The stacks that a stack becomes when everything on it that takes nothing is replaced by what it stands for. */
type Closure = Pick<State, "stacks" | "ends">;

/**
 * Follows a text through a grammar byte by byte, in all ways at once. States are numbers which stay the same, and what follows each is found
 * once: a grammar in use becomes an automaton, as far as it is used. That is what makes it cheap to ask about the tokens of a whole vocabulary.
 */
export class Matcher {
  /** The state from which there is no way on. */
  static readonly DEAD = 0;
  readonly #nodes: GrammarNodes;
  /** By stack: its top node, and the stack below it. Stack 0 is empty. */
  readonly #tops: number[] = [0];
  readonly #rests: number[] = [0];
  readonly #depths: number[] = [0];
  readonly #stackIds = new Map<number, number>();
  readonly #closures: (Closure | undefined)[] = [{ stacks: [], ends: true }];
  readonly #states: State[] = [];
  readonly #stateIds = new Map<string, number>();
  /** Steps made since {@linkcode Matcher.beginWork}; without it nobody counts. */
  #work = -Infinity;
  /** The state at the beginning of a text. */
  readonly start: number;

  /** @param grammar One that `checkGrammar` has passed: every rule is there, and none begins with itself. */
  constructor(grammar: Grammar) {
    this.#nodes = new GrammarNodes(grammar);
    this.#state([], false);
    const { stacks, ends } = this.#closure(this.#push(this.#nodes.root, 0));
    this.start = this.#state(stacks, ends);
  }

  /** Has what follows be one piece of work, which throws where it takes too long: others wait for it. */
  beginWork(): void {
    this.#work = 0;
  }

  /** How many states were met so far. */
  get size(): number {
    return this.#states.length;
  }

  /** The state after another byte. */
  next(state: number, byte: number): number {
    const at = this.#at(state);
    const table = at.next ??= new Int32Array(256).fill(-1);
    const known = table[byte] ?? -1;
    if (known >= 0) return known;
    return table[byte] = this.#union(at.stacks, (stack) => this.#step(stack, byte));
  }

  /** Whether a text may end here. */
  ends(state: number): boolean {
    return this.#at(state).ends;
  }

  /** Whether nothing can follow. */
  isOver(state: number): boolean {
    return this.#at(state).stacks.length === 0;
  }

  /** The state after a control token. Where any text may stand it says nothing, unless it is one of those that are looked for. */
  control(state: number, token: number, text: string): number {
    return this.#union(this.#at(state).stacks, (stack) => this.#stepToken(stack, { token, text, controls: true }));
  }

  /** The state after a token as such, where the grammar asks for tokens instead of text. */
  element(state: number, token: number, text: string): number {
    return this.#union(this.#at(state).stacks, (stack) => this.#stepToken(stack, { token, text, controls: false }));
  }

  /** The state of which each is a part: whatever may follow one of them. */
  merge(first: number, second: number): number {
    if (first === Matcher.DEAD || first === second) return second;
    if (second === Matcher.DEAD) return first;
    const [a, b] = [this.#at(first), this.#at(second)];
    return this.#state([...new Set([...a.stacks, ...b.stacks])], a.ends || b.ends);
  }

  /** The tokens as such that may follow here. */
  tokens(state: number): TokenNode[] {
    return this.#at(state).stacks.map((stack) => this.#nodes.node(this.#tops[stack] ?? 0))
      .filter((node) => node.kind === "token");
  }

  /** Whether control tokens that the grammar does not name may follow here, and change nothing. */
  passesControl(state: number): boolean {
    return this.#at(state).stacks.some((stack) => this.#nodes.node(this.#tops[stack] ?? 0).kind === "finder");
  }

  /** The only byte that can follow, tokens as such apart; undefined where there are several, or the text may end. */
  sole(state: number): number | undefined {
    const { stacks, ends } = this.#at(state);
    if (ends) return undefined;
    let sole: number | undefined;
    for (const stack of stacks) {
      const node = this.#nodes.node(this.#tops[stack] ?? 0);
      if (node.kind === "token") continue;
      const byte = onlyByte(node);
      if (byte === undefined || (sole !== undefined && byte !== sole)) return undefined;
      sole = byte;
    }
    return sole;
  }

  /** The bytes that can follow, in ascending order. */
  bytes(state: number): number[] {
    return Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => this.next(state, byte) !== Matcher.DEAD);
  }

  /** The state after a whole text. */
  follow(text: string, from = this.start): number {
    let state = from;
    for (const byte of new TextEncoder().encode(text)) state = this.next(state, byte);
    return state;
  }

  /** Whether the grammar derives this text. */
  accepts(text: string): boolean {
    return this.ends(this.follow(text));
  }

  #at(state: number): State {
    const found = this.#states[state];
    if (found === undefined) throw new RangeError(`There is no state ${state}`);
    return found;
  }

  /** The state of what a step makes of each stack; -1 where it does not take it. */
  #union(stacks: readonly number[], step: (stack: number) => number): number {
    let first: Closure | undefined;
    let all: Set<number> | undefined;
    let ends = false;
    this.#work += stacks.length;
    if (this.#work > MOST_WORK) throw tooComplex("it takes too long to find what may come next");
    for (const stack of stacks) {
      const after = step(stack);
      if (after < 0) continue;
      const closure = this.#closure(after);
      ends ||= closure.ends;
      if (first === undefined) first = closure;
      else {
        all ??= new Set(first.stacks);
        for (const each of closure.stacks) all.add(each);
      }
    }
    return first === undefined ? Matcher.DEAD : this.#state(all === undefined ? first.stacks : [...all], ends);
  }

  #state(stacks: readonly number[], ends: boolean): number {
    if (stacks.length > MOST_STACKS) {
      throw tooComplex(`more than ${MOST_STACKS} different things may stand at one place`);
    }
    const key = `${stacks.toSorted((a, b) => a - b).join()}${ends ? "." : ""}`;
    const known = this.#stateIds.get(key);
    if (known !== undefined) return known;
    const id = this.#states.push({ stacks, ends, next: undefined }) - 1;
    this.#stateIds.set(key, id);
    return id;
  }

  #push(node: number, rest: number): number {
    if (node === 0) return rest;
    const key = node * 2 ** 26 + rest;
    const known = this.#stackIds.get(key);
    if (known !== undefined) return known;
    const depth = (this.#depths[rest] ?? 0) + 1;
    if (depth > DEEPEST) throw tooComplex(`what is begun and not ended is more than ${DEEPEST} parts deep`);
    const id = this.#tops.push(node) - 1;
    this.#rests.push(rest);
    this.#depths.push(depth);
    this.#stackIds.set(key, id);
    return id;
  }

  #closure(stack: number): Closure {
    return this.#closures[stack] ??= this.#close(stack);
  }

  #close(stack: number): Closure {
    const found: number[] = [];
    let ends = false;
    const seen = new Set([stack]);
    const open = [stack];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === 0) {
        ends = true;
        continue;
      }
      const node = this.#nodes.node(this.#tops[at] ?? 0);
      const successors = this.#expand(node, this.#rests[at] ?? 0);
      if (takes(node)) found.push(at);
      for (const next of successors) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
      if (seen.size > MOST_STACKS) throw tooComplex(`more than ${MOST_STACKS} ways lead on from one place`);
    }
    return { stacks: found, ends };
  }

  /** The stacks that one becomes where its top takes nothing; none where it must take something. */
  #expand(node: Node, rest: number): number[] {
    switch (node.kind) {
      case "nothing":
        return [rest];
      case "pair":
        return [this.#push(node.first, this.#push(node.second, rest))];
      case "choice":
        return node.options.map((option) => this.#push(option, rest));
      case "rule":
        return [this.#push(this.#nodes.rule(node.name), rest)];
      case "repeat": {
        const { item, min, max } = node;
        const again = this.#nodes.repeat(item, Math.max(0, min - 1), max - 1);
        const more = this.#push(item, this.#push(again, rest));
        return min === 0 ? [more, rest] : [more];
      }
      case "finder":
        return node.ends ? [] : [rest];
      default:
        return [];
    }
  }

  /** The stack after a byte; -1 where its top does not take it. */
  #step(stack: number, byte: number): number {
    const top = this.#tops[stack] ?? 0;
    const rest = this.#rests[stack] ?? 0;
    const node = this.#nodes.node(top);
    switch (node.kind) {
      case "letter":
        if (node.byte !== byte) return -1;
        return node.last ? rest : this.#push(top + 1, rest);
      case "bytes":
        return node.ranges.some(([first, last]) => first <= byte && byte <= last) ? rest : -1;
      case "finder": {
        const next = node.finder.next(node.state, byte);
        if (next !== undefined) return this.#push(node.base + next, rest);
        return node.ends ? rest : -1;
      }
      default:
        return -1;
    }
  }

  #stepToken(stack: number, { token, text, controls }: { token: number; text: string; controls: boolean }): number {
    const rest = this.#rests[stack] ?? 0;
    const node = this.#nodes.node(this.#tops[stack] ?? 0);
    if (node.kind === "token") return (node.tokens.has(token) || node.tokens.has(text)) !== node.except ? rest : -1;
    if (node.kind !== "finder" || !controls) return -1;
    if (node.finder.texts.includes(text)) return node.ends ? rest : -1;
    if (!node.finder.texts.some((each) => each.includes(text))) return this.#push(node.base, rest);
    // A part of what is looked for counts by its letters.
    const bytes = new TextEncoder().encode(text);
    let state = node.state;
    for (const [index, byte] of bytes.entries()) {
      const next = node.finder.next(state, byte);
      if (next === undefined) return node.ends && index === bytes.length - 1 ? rest : -1;
      state = next;
    }
    return this.#push(node.base + state, rest);
  }
}

function takes({ kind }: Node): boolean {
  return kind === "letter" || kind === "bytes" || kind === "finder" || kind === "token";
}

function onlyByte(node: Node): number | undefined {
  if (node.kind === "letter") return node.byte;
  const [range, ...others] = node.kind === "bytes" ? node.ranges : [];
  return range !== undefined && range[0] === range[1] && others.length === 0 ? range[0] : undefined;
}

function tooComplex(reason: string): EngineError {
  return new EngineError("invalid_value", `The grammar is too complex: ${reason}; simplify it`, { param: "grammar" });
}
