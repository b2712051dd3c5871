import { Matcher } from "./matcher.ts";

/** What the tokens of a vocabulary stand for, by their ids: bytes one after another, and where each token's end. */
export interface TokenBytes {
  bytes: Uint8Array;
  /** Shape [tokens]. */
  ends: Uint32Array;
}

/** The tokens of a vocabulary as a tree by their bytes, in which those that a grammar allows are found by walking only where it goes on. */
export class TokenTrie {
  /** By node, each followed by its descendants: its byte, how many bytes lead to it, and the node behind its descendants. */
  readonly #bytes: Uint8Array;
  readonly #depths: Uint16Array;
  readonly #ends: Int32Array;
  /** Tokens in the order of their nodes, and how many belong to the nodes before one. */
  readonly #tokens: Int32Array;
  readonly #firsts: Int32Array;
  readonly #states: Int32Array;
  readonly #found: Int32Array;

  /** @param tokens Those that stand for nothing, such as control tokens, are left out. */
  constructor(tokens: TokenBytes) {
    const linked = link(tokens);
    const size = linked.bytes.length;
    this.#bytes = new Uint8Array(size);
    this.#depths = new Uint16Array(size);
    this.#ends = new Int32Array(size);
    this.#firsts = new Int32Array(size + 1);
    this.#tokens = new Int32Array(tokens.ends.length);
    this.#states = new Int32Array(this.#order(linked) + 1);
    this.#found = new Int32Array(tokens.ends.length);
  }

  /** All tokens that stand for something, in no order. */
  get tokens(): Int32Array {
    return this.#tokens.subarray(0, this.#firsts.at(-1));
  }

  /** Puts the nodes into their order, and says how deep the deepest is. */
  #order({ bytes, child, sibling, token, same }: LinkedTrie): number {
    let [at, count, deepest] = [0, 0, 0];
    const open: { node: number; place: number }[] = [];
    for (let node = child[0] ?? 0; node !== 0 || open.length > 0;) {
      if (node === 0) {
        const parent = open.pop();
        if (parent === undefined) break;
        this.#ends[parent.place] = at;
        node = sibling[parent.node] ?? 0;
        continue;
      }
      this.#bytes[at] = bytes[node] ?? 0;
      this.#firsts[at] = count;
      for (let each = token[node] ?? -1; each >= 0; each = same[each] ?? -1) this.#tokens[count++] = each;
      open.push({ node, place: at++ });
      this.#depths[at - 1] = open.length;
      deepest = Math.max(deepest, open.length);
      node = child[node] ?? 0;
    }
    this.#firsts.fill(count, at);
    return deepest;
  }

  /**
   * The tokens whose bytes lead on from a state, in ascending order.
   *
   * @returns Token ids, shape [n].
   */
  allowed(matcher: Matcher, state: number): Int32Array<ArrayBuffer> {
    const [bytes, depths, ends, states] = [this.#bytes, this.#depths, this.#ends, this.#states];
    states[0] = state;
    let count = 0;
    const size = bytes.length - 1;
    for (let node = 0; node < size;) {
      const depth = depths[node] ?? 1;
      const next = matcher.next(states[depth - 1] ?? 0, bytes[node] ?? 0);
      if (next === Matcher.DEAD) {
        node = ends[node] ?? size;
        continue;
      }
      states[depth] = next;
      const last = this.#firsts[node + 1] ?? 0;
      for (let i = this.#firsts[node] ?? 0; i < last; i++) this.#found[count++] = this.#tokens[i] ?? 0;
      node++;
    }
    return this.#found.slice(0, count).sort();
  }
}

/** A trie whose nodes know their first child and their next sibling; 0 is the root, and stands for none. */
interface LinkedTrie {
  bytes: Uint8Array;
  child: Int32Array;
  sibling: Int32Array;
  /** By node a token, and by token another one of the same bytes; -1 where there is none. */
  token: Int32Array;
  same: Int32Array;
}

function link({ bytes: all, ends }: TokenBytes): LinkedTrie {
  const most = all.length + 1;
  const [bytes, child, sibling] = [new Uint8Array(most), new Int32Array(most), new Int32Array(most)];
  const token = new Int32Array(most).fill(-1);
  const same = new Int32Array(ends.length).fill(-1);
  // The nodes of one and of two bytes have too many children to look through: by those bytes.
  const roots = new Int32Array(256);
  const seconds = new Int32Array(256 * 256);
  let size = 1;
  const add = (parent: number, byte: number): number => {
    bytes[size] = byte;
    sibling[size] = child[parent] ?? 0;
    child[parent] = size;
    return size++;
  };
  let start = 0;
  for (const [id, end] of ends.entries()) {
    let node = 0;
    for (let i = start; i < end; i++) {
      const byte = all[i] ?? 0;
      if (i === start) node = roots[byte] ||= add(0, byte);
      else if (i === start + 1) node = seconds[(all[start] ?? 0) * 256 + byte] ||= add(node, byte);
      else {
        let found = child[node] ?? 0;
        while (found !== 0 && bytes[found] !== byte) found = sibling[found] ?? 0;
        node = found === 0 ? add(node, byte) : found;
      }
    }
    if (node !== 0) {
      same[id] = token[node] ?? -1;
      token[node] = id;
    }
    start = end;
  }
  return { bytes: bytes.subarray(0, size), child, sibling, token, same };
}
