import type { Batch, DecodeResult } from "../../ffi/mod.ts";
import { EngineError } from "../errors.ts";
import type { AnswerLogprob } from "./engine.ts";
import { FairQueue } from "./fair_queue.ts";
import { type KvMemory, KvSlots } from "./kv_slots.ts";
import { LayoutPolicy, type SwitchableLayout } from "./layout_policy.ts";
import { prefillBudget, sharePrefill } from "./prefill.ts";
import type { Advance, Sequence } from "./sequence.ts";
import { type Guess, LONGEST_DRAFT, planDrafts } from "./speculation.ts";
import type { StateCache } from "./state_cache.ts";
import { StepCost } from "./step_cost.ts";

/** What the scheduler asks of a context. */
export interface Decoder extends KvMemory, SwitchableLayout {
  /** Computes the batch, with `allThreads` in any case with as many as there may be; on `no_kv_slot` nothing has changed. */
  decode(batch: Batch, options: { allThreads: boolean }): DecodeResult;
  /** Samples the next token from the logits at `index` of the batch just decoded. */
  sample(sequence: Sequence, index: number): { token: number; logprob?: AnswerLogprob };
  /** How probable a token is by the logits at `index` of that batch, and what is likeliest there. */
  logprob(sequence: Sequence, index: number, token: number): AnswerLogprob;
  /** Drops `count` tokens behind the first `from`, and moves those after them down; false when there was no room for that, and none are left. */
  shift(slot: number, from: number, count: number): boolean;
  /** Has the following decodes use the LoRA adapters that a variant stands for. */
  useVariant(variant: string): void;
}

/** Guesses tokens ahead where the text itself holds no guess. */
export interface Drafter {
  /** What a guess of a sequence's next tokens would be worth, before it is made. */
  outlook(sequence: Sequence): Guess;
  /** Guesses the next tokens of a sequence that holds a slot. */
  guess(sequence: Sequence, limit: number): number[];
  /** Takes how many tokens of a guess came true. */
  judge(drafted: number, accepted: number): void;
}

/** What happened to a sequence in a step. */
export type OnAdvance = (sequence: Sequence, advance: Advance) => void;

/** A request that cannot go on; its sequences are gone. */
export type OnFailure = (id: number, error: unknown) => void;

/** What a scheduler works with. */
export interface SchedulerOptions {
  decoder: Decoder;
  batch: Batch;
  /** Sequences at once. */
  slots: number;
  /** The most prompt tokens of one step. */
  prefillLimit: number;
  /** KV states of earlier sequences. */
  saved: StateCache;
  onAdvance: OnAdvance;
  onFailure: OnFailure;
  drafter?: Drafter;
  /** Sees what each decode held and took: tests and the log. */
  cost?: StepCost;
}

/** What is guessed of one sequence. */
interface Draft {
  /** Tokens guessed to follow, which are in the batch behind the others. */
  draft: readonly number[];
  /** Whether the drafter guessed them. */
  drafted: boolean;
}

/** Tokens of one sequence in the batch at hand. */
interface Share extends Draft {
  sequence: Sequence;
  count: number;
  /** Index in the batch of its last known token. */
  last: number;
}

/** Prompt tokens of one step at most where each has a row of logits, which for a large vocabulary is a megabyte. */
const MOST_ROWS = 64;

const NO_DRAFT: Draft = { draft: [], drafted: false };

/**
 * Continuous batching: each step decodes the next token of every running sequence, what is guessed to follow it, and a piece of the prompts
 * still to be read, together.
 *
 * When the KV cache runs out, idle cells go first; then the youngest sequence gives its cells back and waits. They are saved, or else
 * computed anew from its tokens: nothing is lost.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #slots: KvSlots;
  readonly #layout: LayoutPolicy;
  readonly #cost: StepCost;
  readonly #waiting = new FairQueue<Sequence>();
  /** Those that gave their cells back, in the order of their arrival. */
  readonly #preempted: Sequence[] = [];
  /** In the order of their arrival. */
  readonly #running: Sequence[] = [];
  /** Set after running out of cells: nobody new is let in before somebody has left. */
  #full = false;
  /** Whether the batch just refused held guesses: the next one does without. */
  #withoutDrafts = false;
  #turn = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = new KvSlots(options.decoder, { count: options.slots, saved: options.saved });
    this.#layout = new LayoutPolicy(options.decoder);
    this.#cost = options.cost ?? new StepCost();
  }

  /** The slots that sequences are computed in. Between two steps only idle ones may be changed. */
  get slots(): KvSlots {
    return this.#slots;
  }

  /** Whether there is nothing to do. */
  get idle(): boolean {
    return this.#running.length === 0 && this.#preempted.length === 0 && this.#waiting.empty;
  }

  /** Takes a sequence in; it runs as soon as a slot is free. */
  submit(sequence: Sequence): void {
    const { address = "", user = "" } = sequence.client;
    this.#waiting.push(sequence, [address, user]);
  }

  /** Drops the sequences of a request, whatever they were doing, and says whether there were any: they may just have ended. */
  cancel(id: number): boolean {
    const found = this.#all().filter((sequence) => sequence.id === id);
    for (const sequence of found) this.#remove(sequence);
    return found.length > 0;
  }

  /**
   * Takes out the requests that a failed step concerns: those with a running sequence, or all where none runs. Every cell is forgotten: they
   * must be freed before the next step, in which those that waited go on.
   *
   * @returns Their ids.
   */
  dropFailed(): number[] {
    return this.#drop(this.#running.length > 0 ? this.#running : this.#all());
  }

  /** Takes out every request, and forgets every cell as {@linkcode Scheduler.dropFailed} does. */
  drain(): number[] {
    return this.#drop(this.#all());
  }

  #drop(sequences: readonly Sequence[]): number[] {
    const ids = [...new Set(sequences.map(({ id }) => id))];
    for (const id of ids) this.cancel(id);
    this.#slots.forget();
    return ids;
  }

  /** Saves the cells of every idle slot. */
  saveIdle(): void {
    this.#slots.evictAll({ beyond: false });
  }

  #all(): Sequence[] {
    return [...this.#running, ...this.#preempted, ...this.#waiting];
  }

  /**
   * Does one decode. What goes wrong with one sequence ends its request alone.
   *
   * @throws What the decoder throws; the sequences then still are in the scheduler.
   */
  step(): void {
    this.#admit();
    // Before cells are moved: none of those to be dropped may be missing.
    this.#shift();
    this.#changeLayout();
    const shares = this.#fillBatch();
    if (shares.length === 0) return;
    const { decoder, batch } = this.#options;
    this.#noteNeighbours();
    const allThreads = shares.some(({ sequence }) => sequence.reproducible);
    const before = performance.now();
    if (decoder.decode(batch, { allThreads }) === "no_kv_slot") return this.#makeRoom(shares);
    this.#withoutDrafts = false;
    this.#record(shares, performance.now() - before);
    // Of all before any goes on: what goes wrong with one may end others, whose cells must be known.
    for (const { sequence, count } of shares) {
      sequence.reused ??= sequence.cached;
      sequence.cached += count;
    }
    for (const share of shares) this.#guard(share.sequence, () => this.#advance(share));
  }

  /** Other sequences, and in one pool also cells that nobody holds, change how a sequence's numbers are rounded. */
  #noteNeighbours(): void {
    const { unified } = this.#options.decoder;
    if (this.#running.length === 1 && !(unified && this.#slots.hasIdleCells)) return;
    for (const sequence of this.#running) sequence.alone = false;
  }

  /** Does something for a running sequence; an error ends its request, whose cells may hold what was guessed, and more. */
  #guard(sequence: Sequence, task: () => void): void {
    // Another choice of its request may just have failed.
    if (!this.#running.includes(sequence)) return;
    try {
      task();
    } catch (error) {
      for (const each of this.#running) if (each.id === sequence.id) each.cached = 0;
      this.cancel(sequence.id);
      this.#options.onFailure(sequence.id, error);
    }
  }

  #record(shares: Share[], ms: number): void {
    let [decoded, prefilled] = [0, 0];
    for (const { count, draft } of shares) {
      if (count === 1) decoded += 1 + draft.length;
      else prefilled += count;
    }
    this.#cost.record(decoded, prefilled, ms);
  }

  /** Samples what follows a sequence's tokens, as far as its guesses hold. */
  #advance(share: Share): void {
    const { sequence, draft, drafted, last } = share;
    const { decoder, onAdvance, drafter } = this.#options;
    if (sequence.promptLogprobs) this.#readPrompt(share);
    if (sequence.remaining > 0) return;
    const whole: Advance = { text: "", logprobs: [] };
    let accepted = 0;
    for (;;) {
      const { token, logprob } = decoder.sample(sequence, last + accepted);
      const { text, logprobs, ...end } = sequence.advance(token, logprob);
      whole.text += text;
      whole.logprobs.push(...logprobs);
      Object.assign(whole, end);
      if (end.finishReason !== undefined || draft[accepted] !== token) break;
      accepted++;
    }
    const prompt = sequence.takePrompt();
    if (prompt !== undefined) whole.prompt = prompt;
    sequence.cached += accepted;
    sequence.judge(draft.length, accepted);
    if (drafted) drafter?.judge(draft.length, accepted);
    if (draft.length > accepted && sequence.slot !== undefined) decoder.truncate(sequence.slot, sequence.cached);
    if (whole.finishReason === undefined) return onAdvance(sequence, whole);
    using _ended = sequence;
    this.#release(sequence);
    onAdvance(sequence, whole);
  }

  /** Has a sequence note how probable its prompt's next tokens were behind those just computed. */
  #readPrompt({ sequence, count, last }: Share): void {
    const { cached, tokens, promptLength } = sequence;
    for (let i = 1; i <= count; i++) {
      const position = cached - count + i;
      const token = tokens[position];
      if (token === undefined || position >= promptLength) return;
      sequence.notePrompt(position, this.#options.decoder.logprob(sequence, last - count + i, token));
    }
  }

  #admit(): void {
    while (this.#preempted.length > 0 && !this.#full && this.#slots.hasFree) {
      const sequence = this.#preempted.shift();
      if (sequence !== undefined) this.#run(sequence);
    }
    if (this.#full || this.#preempted.length > 0 || this.#waiting.empty) return;
    for (const sequence of this.#waiting) {
      if (!this.#slots.hasFree) return;
      // Another one is just computing what this one needs.
      if (this.#slots.worthWaiting(sequence)) continue;
      // It is gone where another choice of its request has failed.
      if (this.#waiting.take(sequence)) this.#run(sequence);
    }
    this.#clearPool();
  }

  /** In one pool every sequence is computed over all cells, those of idle slots too: they are kept elsewhere. */
  #clearPool(): void {
    const { decoder, saved } = this.#options;
    if (decoder.unified && saved.enabled) this.#slots.evictAll({ beyond: false });
  }

  #run(sequence: Sequence): void {
    this.#running.push(sequence);
    this.#guard(sequence, () => {
      sequence.begin();
      this.#slots.acquire(sequence);
    });
  }

  /** Moves everything into the layout that suits the load. */
  #changeLayout(): void {
    const layout = this.#layout.wanted(this.#running);
    if (layout === undefined) return;
    for (const sequence of this.#running) this.#slots.release(sequence);
    this.#slots.evictAll({ beyond: true });
    this.#options.decoder.switchLayout(layout);
    for (const sequence of [...this.#running]) this.#guard(sequence, () => this.#slots.acquire(sequence));
    this.#options.saved.trim();
  }

  /** Makes room in sequences that have reached their end and are to go on. */
  #shift(): void {
    for (const sequence of [...this.#running]) {
      this.#guard(sequence, () => {
        const { slot, kept, shiftLength } = sequence;
        if (slot === undefined || shiftLength === 0) return;
        const shifted = this.#options.decoder.shift(slot, kept, shiftLength);
        sequence.drop(shiftLength);
        if (!shifted) sequence.cached = 0;
      });
    }
  }

  #fillBatch(): Share[] {
    const { batch, decoder, prefillLimit } = this.#options;
    batch.clear();
    const group = this.#nextGroup();
    const decoding = group.filter(({ remaining }) => remaining === 1);
    const prefilling = group.filter(({ remaining }) => remaining > 1);
    const drafts = prefilling.length === 0 ? this.#drafts(decoding) : new Map<Sequence, Draft>();
    const budget = prefillBudget({
      decoding: decoding.length,
      prefilling: prefilling.length,
      cost: this.#cost,
      limit: Math.min(prefillLimit, batch.capacity - decoding.length),
    });
    const shares = [
      ...decoding.map((sequence) => ({ sequence, count: 1, ...NO_DRAFT, ...drafts.get(sequence), last: -1 })),
      ...sharePrefill(prefilling, budget).map(({ sequence, count }) => ({
        sequence,
        count: sequence.promptLogprobs ? Math.min(count, MOST_ROWS) : count,
        ...NO_DRAFT,
        last: -1,
      })),
      // Guessing may have ended one.
    ].filter(({ sequence }) => sequence.slot !== undefined);
    // A split cache computes neighbouring sequences together.
    if (!decoder.unified) shares.sort((a, b) => (a.sequence.slot ?? 0) - (b.sequence.slot ?? 0));
    for (const share of shares) this.#add(share);
    return shares;
  }

  /** The running sequences that can share a batch: those with the same adapters, group after group. */
  #nextGroup(): Sequence[] {
    const variants = [...new Set(this.#running.map(({ variant }) => variant))];
    const variant = variants[this.#turn++ % variants.length];
    if (variant === undefined) return [];
    this.#options.decoder.useVariant(variant);
    return variants.length === 1 ? this.#running : this.#running.filter((sequence) => sequence.variant === variant);
  }

  /** What is decoded along of the sequences' guesses. */
  #drafts(decoding: readonly Sequence[]): Map<Sequence, Draft> {
    const { batch, prefillLimit, drafter } = this.#options;
    const drafts = new Map<Sequence, Draft>();
    const found = decoding.map((sequence) => {
      let guess: ReturnType<Sequence["guess"]>;
      // What its grammar cannot say ends it alone.
      this.#guard(sequence, () => guess = sequence.guess(LONGEST_DRAFT));
      return guess;
    });
    if (this.#withoutDrafts) return drafts;
    const guesses = found.map((guess, i): Guess => {
      if (guess !== undefined) return { available: guess.tokens.length, probability: guess.probability };
      const sequence = decoding[i];
      return sequence?.speculates && drafter?.outlook(sequence) || { available: 0, probability: 0 };
    });
    if (guesses.every(({ available }) => available === 0)) return drafts;
    const lengths = planDrafts(guesses, {
      tokens: Math.min(batch.capacity, prefillLimit) - decoding.length,
      cost: this.#cost,
    });
    for (const [i, sequence] of decoding.entries()) {
      const length = lengths[i] ?? 0;
      if (length === 0) continue;
      const known = found[i]?.tokens;
      if (known !== undefined) drafts.set(sequence, { draft: known.slice(0, length), drafted: false });
      else {
        this.#guard(sequence, () => {
          drafts.set(sequence, { draft: drafter?.guess(sequence, length) ?? [], drafted: true });
        });
      }
    }
    return drafts;
  }

  #add(share: Share): void {
    const { batch } = this.#options;
    const { sequence, count, draft } = share;
    const { slot } = sequence;
    if (slot === undefined) throw new RangeError(`Sequence ${sequence.id} runs without a slot`);
    const { cached, length, tokens } = sequence;
    for (let position = cached; position < cached + count; position++) {
      const token = tokens[position];
      if (token === undefined) throw new RangeError(`Sequence ${sequence.id} has no token ${position}`);
      const output = position === length - 1 || (sequence.promptLogprobs && position < sequence.promptLength);
      share.last = batch.add(token, { sequence: slot, position, output });
    }
    draft.forEach((token, i) => batch.add(token, { sequence: slot, position: length + i, output: true }));
  }

  #makeRoom(shares: readonly Share[]): void {
    // What another sequence gives up is of use to one that has cells in the same pool alone.
    if (this.#options.decoder.unified && this.#slots.evict()) return;
    if (shares.some(({ draft }) => draft.length > 0)) this.#withoutDrafts = true;
    else this.#preemptYoungest();
  }

  #preemptYoungest(): void {
    const youngest = this.#running.at(-1);
    if (youngest === undefined || this.#running.length === 1) {
      throw new EngineError("internal", `The KV cache has no room for one sequence of ${youngest?.length ?? 0} tokens`);
    }
    this.#release(youngest);
    this.#slots.evict();
    this.#preempted.unshift(youngest);
    this.#full = true;
  }

  #release(sequence: Sequence): void {
    const at = this.#running.indexOf(sequence);
    if (at < 0) return;
    this.#running.splice(at, 1);
    this.#slots.release(sequence);
    this.#full = false;
  }

  #remove(sequence: Sequence): void {
    this.#release(sequence);
    const at = this.#preempted.indexOf(sequence);
    if (at >= 0) this.#preempted.splice(at, 1);
    this.#waiting.remove(sequence);
    sequence[Symbol.dispose]();
  }
}
