import { EngineError } from "../errors.ts";
import { commonPrefix } from "./common_prefix.ts";
import type { SlotInfo } from "./engine.ts";
import type { Sequence } from "./sequence.ts";
import type { SavedState, StateCache } from "./state_cache.ts";

/** What slots ask of a context's memory. */
export interface KvMemory {
  /** Whether all sequences share one pool of cells: a copied prefix then shares them. */
  readonly unified: boolean;
  /** Gives `to` the first `length` tokens of `from`; `to` is empty before. */
  copy(from: number, to: number, length: number): void;
  /** Frees a sequence's cells behind its first `length` tokens; false when that cannot be done. */
  truncate(slot: number, length: number): boolean;
  /** Whether a sequence of `cached` tokens in the cache can go on from its first `length`. */
  canContinue(slot: number, cached: number, length: number): boolean;
  /** The state of a sequence; undefined while its cells wait for the next decode to become what they are to be. */
  save(slot: number): Uint8Array<ArrayBuffer> | undefined;
  /** Whether {@linkcode restore} can be tried. */
  canRestore(slot: number): boolean;
  /** Fills an empty sequence; false when there is no room. */
  restore(slot: number, state: Uint8Array<ArrayBuffer>): boolean;
}

/** One sequence of the KV cache. */
interface Slot {
  readonly index: number;
  /** Who holds it. */
  holder: Sequence | undefined;
  /** The tokens whose cells an idle slot still has. */
  tokens: readonly number[];
  variant: string;
  lastUse: number;
}

/** Where the beginning of a prompt can be had from. */
type Source = { common: number } & ({ slot: Slot } | { saved: SavedState });

/** Fewer tokens than this are recomputed sooner than copied or saved. */
const WORTH_KEEPING = 16;
/** A running prefill is waited for when it will save so many tokens. */
const WORTH_WAITING = 64;

/**
 * The sequences of the KV cache. Those that nobody holds keep their cells: a prompt that begins with the same tokens goes on from them, in
 * place or by a copy. What must make room goes to the {@linkcode StateCache}.
 */
export class KvSlots {
  readonly #memory: KvMemory;
  readonly #saved: StateCache;
  readonly #slots: Slot[];
  #clock = 0;

  constructor(memory: KvMemory, { count, saved }: { count: number; saved: StateCache }) {
    this.#memory = memory;
    this.#saved = saved;
    this.#slots = Array.from({ length: count }, (_, index) => ({
      index,
      holder: undefined,
      tokens: [],
      variant: "",
      lastUse: 0,
    }));
  }

  /** Whether a sequence can be let in. */
  get hasFree(): boolean {
    return this.#slots.some(({ holder }) => holder === undefined);
  }

  /** Whether a slot that nobody holds still has cells. */
  get hasIdleCells(): boolean {
    return this.#slots.some(({ holder, tokens }) => holder === undefined && tokens.length > 0);
  }

  /** Whether a running prefill will soon have much of this prompt: then waiting for it saves computing the same twice. */
  worthWaiting(sequence: Sequence): boolean {
    if (!sequence.cachePrompt) return false;
    const had = this.#bestSource(sequence)?.common ?? 0;
    return this.#slots.some(({ index, holder, variant }) => {
      if (holder === undefined || variant !== sequence.variant || holder.remaining <= 1 || holder.shifted) return false;
      const common = Math.min(commonPrefix(holder.tokens, sequence.tokens), sequence.length - 1);
      return common >= had + WORTH_WAITING && this.#memory.canContinue(index, holder.length, common);
    });
  }

  /** Gives a sequence a slot, with as much of its tokens in the cells as can be had from elsewhere. There must be a free one. */
  acquire(sequence: Sequence): void {
    const source = sequence.cachePrompt || sequence.completionTokens > 0 ? this.#bestSource(sequence) : undefined;
    const slot = this.#choose(source);
    const common = this.#tryToFill(slot, source);
    slot.holder = sequence;
    slot.variant = sequence.variant;
    slot.tokens = [];
    slot.lastUse = ++this.#clock;
    sequence.slot = slot.index;
    sequence.cached = common;
  }

  /** Takes the slot back; its cells stay for those who come after. */
  release(sequence: Sequence): void {
    const slot = this.#slots.find(({ holder }) => holder === sequence);
    if (slot === undefined) return;
    slot.holder = undefined;
    slot.tokens = sequence.tokens.slice(0, sequence.cached);
    slot.lastUse = ++this.#clock;
    sequence.slot = undefined;
    sequence.cached = 0;
    // Also where cells are in doubt, of which none counts.
    if (sequence.shifted || slot.tokens.length === 0) this.#empty(slot);
  }

  /** Frees the cells of the idle slot used least recently, saving what is worth it. False when no idle slot has any. */
  evict(): boolean {
    const oldest = this.#idle().filter(({ tokens }) => tokens.length > 0).at(0);
    if (oldest === undefined) return false;
    this.#save(oldest);
    this.#empty(oldest);
    return true;
  }

  /** Saves and frees all idle slots; `beyond` also where the saved states then exceed their room. */
  evictAll({ beyond }: { beyond: boolean }): void {
    for (const slot of this.#idle()) {
      this.#save(slot, beyond);
      this.#empty(slot);
    }
  }

  /** What each slot holds, in their order. */
  describe(): SlotInfo[] {
    return this.#slots.map(({ index, holder, tokens }) =>
      holder === undefined
        ? { index, tokens: tokens.length }
        : { index, tokens: holder.cached, sequence: describeSequence(holder) }
    );
  }

  /**
   * The state of what a slot holds.
   *
   * @throws {EngineError} `invalid_value` where there is no such slot, or nothing in it; `overloaded` where it cannot be had just now.
   */
  stateOf(index: number): SavedState {
    const slot = this.#existing(index);
    const { holder, variant } = slot;
    const tokens = holder?.tokens.slice(0, holder.cached) ?? slot.tokens;
    if (tokens.length === 0) {
      throw new EngineError("invalid_value", `Slot ${index} holds nothing`, { param: "id_slot" });
    }
    const state = holder?.shifted ? undefined : this.#memory.save(index);
    if (state === undefined) throw busy(index);
    return { tokens: Int32Array.from(tokens), state, variant };
  }

  /**
   * Fills a slot from a state.
   *
   * @throws {EngineError} `invalid_value` where there is no such slot or no room; `overloaded` while it is at work.
   */
  fill(index: number, { tokens, state, variant }: SavedState): void {
    const slot = this.#waiting(index);
    this.#save(slot);
    this.#empty(slot);
    if (!this.#memory.canRestore(index)) throw busy(index);
    if (!this.#memory.restore(index, state)) {
      const message =
        `Slot ${index} has no room for a state of ${tokens.length} tokens as the KV cache is shared out now`;
      throw new EngineError("invalid_value", message, { param: "id_slot" });
    }
    slot.tokens = [...tokens];
    slot.variant = variant;
    slot.lastUse = ++this.#clock;
  }

  /**
   * Frees a slot's cells, which are kept nowhere.
   *
   * @returns How many tokens it held.
   * @throws {EngineError} `invalid_value` where there is no such slot; `overloaded` while it is at work.
   */
  erase(index: number): number {
    const slot = this.#waiting(index);
    const { length } = slot.tokens;
    this.#empty(slot);
    return length;
  }

  #existing(index: number): Slot {
    const slot = this.#slots[index];
    if (slot !== undefined) return slot;
    const message = `There is no slot ${index}, there are 0 to ${this.#slots.length - 1}`;
    throw new EngineError("invalid_value", message, { param: "id_slot" });
  }

  #waiting(index: number): Slot {
    const slot = this.#existing(index);
    if (slot.holder !== undefined) throw busy(index);
    return slot;
  }

  /** Forgets all cells, after a failure that leaves them in doubt; whoever calls it frees them. Nobody may hold a slot. */
  forget(): void {
    for (const slot of this.#slots) slot.tokens = [];
  }

  /** Idle slots, the least recently used first. */
  #idle(): Slot[] {
    return this.#slots.filter(({ holder }) => holder === undefined).sort((a, b) => a.lastUse - b.lastUse);
  }

  #bestSource({ tokens, variant }: Sequence): Source | undefined {
    // The last token is computed in any case: its logits are what comes next.
    const most = tokens.length - 1;
    let best: Source | undefined;
    for (const slot of this.#slots) {
      const { holder } = slot;
      if (slot.variant !== variant || holder?.shifted) continue;
      const cached = holder === undefined ? slot.tokens.length : holder.cached;
      const common = Math.min(commonPrefix(holder?.tokens ?? slot.tokens, tokens), cached, most);
      // An idle one is preferred: it may go on in place.
      const better = common > (best?.common ?? 0) || (common > 0 && common === best?.common && holder === undefined);
      if (better && this.#memory.canContinue(slot.index, cached, common)) best = { common, slot };
    }
    const found = this.#saved.find(tokens.slice(0, most), variant);
    return found !== undefined && found.common >= (best?.common ?? 0) + WORTH_KEEPING ? found : best;
  }

  #choose(source: Source | undefined): Slot {
    const idle = this.#idle();
    const empty = idle.filter(({ tokens }) => tokens.length === 0).sort((a, b) => a.index - b.index).at(0);
    const oldest = idle.at(0);
    if (source !== undefined && "slot" in source && source.slot.holder === undefined) {
      const lost = source.slot.tokens.length - source.common;
      // A copy is free where cells are shared; elsewhere it costs about what computing some tokens does.
      const few = this.#memory.unified ? 0 : Math.max(WORTH_KEEPING, source.common / 2);
      if (lost <= few || empty === undefined) return source.slot;
    }
    const chosen = empty ?? oldest;
    if (chosen === undefined) throw new RangeError("No slot is free");
    return chosen;
  }

  /** @throws What the memory throws; the slot is empty then. */
  #tryToFill(slot: Slot, source: Source | undefined): number {
    try {
      return this.#fill(slot, source);
    } catch (error) {
      this.#empty(slot);
      throw error;
    }
  }

  /** Brings the source's cells into the slot, and says how many tokens that are. */
  #fill(slot: Slot, source: Source | undefined): number {
    // What is saved below takes the room of the state used least recently, which is not to be this one.
    if (source !== undefined && "saved" in source) this.#saved.touch(source.saved);
    if (source !== undefined && "slot" in source && source.slot === slot) {
      // Saving takes as long as computing some dozens of tokens, and the prompt waits for it: not for a short end of a long text.
      const lost = slot.tokens.length - source.common;
      if (lost >= Math.max(WORTH_WAITING, source.common / 4)) this.#save(slot);
      if (this.#memory.truncate(slot.index, source.common)) return source.common;
    } else this.#save(slot);
    this.#empty(slot);
    if (source === undefined) return 0;
    if ("slot" in source) {
      if (source.slot === slot || source.common < WORTH_KEEPING) return 0;
      this.#memory.copy(source.slot.index, slot.index, source.common);
      return source.common;
    }
    return this.#restore(slot, source);
  }

  #restore(slot: Slot, { saved, common }: { saved: SavedState; common: number }): number {
    const { length } = saved.tokens;
    // A cache that has room for one state alone has dropped it all the same.
    const gone = (): boolean => saved.state.length === 0;
    if (gone() || !this.#memory.canRestore(slot.index)) return 0;
    let restored = this.#memory.restore(slot.index, saved.state);
    while (!restored && this.evict() && !gone()) restored = this.#memory.restore(slot.index, saved.state);
    // Where nobody else has cells it is not room that is missing.
    if (!restored && this.#slots.every(({ holder }) => holder === undefined)) this.#saved.remove(saved);
    if (
      restored && this.#memory.canContinue(slot.index, length, common) && this.#memory.truncate(slot.index, common)
    ) return common;
    this.#empty(slot);
    return 0;
  }

  #save(slot: Slot, beyond = false): void {
    const { tokens, variant } = slot;
    if (tokens.length < WORTH_KEEPING || this.#saved.holds(tokens, variant)) return;
    if (!beyond && !this.#saved.enabled) return;
    const state = this.#stateOf(slot);
    if (state !== undefined) this.#saved.add({ tokens: Int32Array.from(tokens), state, variant }, { beyond });
  }

  /** Undefined also where there is no memory for it: what is not saved is computed anew. */
  #stateOf({ index }: Slot): Uint8Array<ArrayBuffer> | undefined {
    try {
      return this.#memory.save(index);
    } catch {
      return undefined;
    }
  }

  #empty(slot: Slot): void {
    slot.tokens = [];
    this.#memory.truncate(slot.index, 0);
  }
}

function describeSequence(sequence: Sequence): NonNullable<SlotInfo["sequence"]> {
  const { id: request, promptLength: promptTokens, reused, completionTokens, tokensLeft, speculates } = sequence;
  return {
    request,
    promptTokens,
    ...(reused === undefined ? {} : { cachedTokens: reused }),
    completionTokens,
    tokensLeft,
    speculates,
  };
}

function busy(index: number): EngineError {
  return new EngineError("overloaded", `Slot ${index} is at work; try again soon`);
}
