import { freeBytes } from "../../ffi/mod.ts";
import { commonPrefix } from "./common_prefix.ts";

/** The KV state of a sequence, with the tokens that it stands for. */
export interface SavedState {
  tokens: Int32Array<ArrayBuffer>;
  /** What llama.cpp wrote (`llama_state_seq_get_data`); empty once the cache has dropped it. */
  state: Uint8Array<ArrayBuffer>;
  /** What else the cells depend on: the LoRA adapters at work. */
  variant: string;
}

/** KV states of earlier sequences in RAM, the least recently used out first. */
export class StateCache {
  /** In the order of their last use. */
  readonly #entries = new Set<SavedState>();
  /** Held for good, whatever their size. */
  readonly #pinned = new Set<SavedState>();
  readonly #capacity: number;
  readonly #divisibleTo: number;
  #bytes = 0;

  /**
   * @param capacity The most bytes held; 0 holds nothing.
   * @param options `divisibleTo`: a state of up to so many tokens stands for each of its prefixes, too. None does of a recurrent model, and
   *   with sliding windows those that a window holds.
   */
  constructor(capacity: number, { divisibleTo }: { divisibleTo: number }) {
    this.#capacity = capacity;
    this.#divisibleTo = divisibleTo;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether anything is held at all. */
  get enabled(): boolean {
    return this.#capacity > 0;
  }

  /** Whether the state of these tokens, or of more that begin with them, is there. */
  holds(tokens: ArrayLike<number>, variant: string): boolean {
    for (const entry of this.#all()) {
      if (entry.variant === variant && this.#covers(entry.tokens, tokens)) return true;
    }
    return false;
  }

  /** Holds a state, in place of those that it goes on from. One that does not fit is passed over, unless `beyond` is set. */
  add(saved: SavedState, { beyond = false } = {}): void {
    const bytes = sizeOf(saved);
    if (bytes > this.#capacity && !beyond) return freeBytes(saved.state);
    for (const entry of this.#entries) {
      if (entry.variant === saved.variant && this.#covers(saved.tokens, entry.tokens)) this.#delete(entry);
    }
    this.#entries.add(saved);
    this.#bytes += bytes;
    if (!beyond) this.trim();
  }

  /** Drops what was held beyond the capacity, the least recently used first. */
  trim(): void {
    for (const oldest of this.#entries) {
      if (this.#bytes <= this.#capacity) break;
      this.#delete(oldest);
    }
  }

  /** Holds a state for good, beyond the capacity: one packed with the model. */
  pin(saved: SavedState): void {
    this.#pinned.add(saved);
  }

  /** The state that stands for the longest prefix of `tokens`, and how many tokens that is. */
  find(tokens: ArrayLike<number>, variant: string): { saved: SavedState; common: number } | undefined {
    let best: { saved: SavedState; common: number } | undefined;
    for (const saved of this.#all()) {
      if (saved.variant !== variant) continue;
      const common = commonPrefix(saved.tokens, tokens);
      if (common > (best?.common ?? 0) && this.#standsFor(saved.tokens.length, common)) best = { saved, common };
    }
    return best;
  }

  /** Marks a state as just used. */
  touch(saved: SavedState): void {
    if (this.#entries.delete(saved)) this.#entries.add(saved);
  }

  /** Drops a state that turned out to be of no use. */
  remove(saved: SavedState): void {
    if (this.#pinned.delete(saved)) freeBytes(saved.state);
    if (this.#entries.has(saved)) this.#delete(saved);
  }

  /** All states but those held for good, the least recently used first. */
  [Symbol.iterator](): Iterator<SavedState> {
    return this.#entries.values();
  }

  *#all(): Generator<SavedState> {
    yield* this.#pinned;
    yield* this.#entries;
  }

  #covers(tokens: ArrayLike<number>, others: ArrayLike<number>): boolean {
    return this.#standsFor(tokens.length, others.length) && commonPrefix(tokens, others) === others.length;
  }

  #standsFor(length: number, prefix: number): boolean {
    return prefix === length || length <= this.#divisibleTo;
  }

  #delete(entry: SavedState): void {
    this.#entries.delete(entry);
    this.#bytes -= sizeOf(entry);
    freeBytes(entry.state);
  }
}

function sizeOf({ tokens, state }: SavedState): number {
  return tokens.byteLength + state.byteLength;
}
