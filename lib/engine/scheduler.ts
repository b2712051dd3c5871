import type { Batch, DecodeResult } from "../../ffi/mod.ts";
import type { Advance, Sequence } from "./sequence.ts";

/** What the scheduler asks of a context. */
export interface Decoder {
  /** Computes the batch; on `no_kv_slot` nothing has changed. */
  decode(batch: Batch): DecodeResult;
  /** Frees a sequence's cells. */
  removeSequence(slot: number): void;
  /** Samples the next token from the logits at `index` of the batch just decoded. */
  sample(sequence: Sequence, index: number): number;
}

/** What happened to a sequence in a step. */
export type OnAdvance = (sequence: Sequence, advance: Advance) => void;

/** What a scheduler works with. */
export interface SchedulerOptions {
  decoder: Decoder;
  batch: Batch;
  /** Sequences at once. */
  slots: number;
  /** The most prompt tokens of one step: it bounds how long the others wait, and a cancelled request's last decode. */
  prefillLimit: number;
  onAdvance: OnAdvance;
}

/** Tokens of one sequence in the batch at hand. */
interface Share {
  sequence: Sequence;
  count: number;
  /** Index of its last token in the batch. */
  last: number;
}

/**
 * Continuous batching: each step decodes the next token of every running sequence and a piece of the prompts still to be read, together.
 *
 * Sequences share one pool of KV cells. When it runs out the youngest gives its cells back and waits at the head of the queue; it is then
 * computed anew from its tokens, so that nothing is lost.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  /** In the order of their arrival. */
  readonly #waiting: Sequence[] = [];
  readonly #running: Sequence[] = [];
  readonly #freeSlots: number[];
  /** Set after running out of cells: nobody new is let in before somebody has left. */
  #full = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#freeSlots = Array.from({ length: options.slots }, (_, slot) => slot);
  }

  /** Whether there is nothing to do. */
  get idle(): boolean {
    return this.#running.length === 0 && this.#waiting.length === 0;
  }

  /** Takes a sequence in; it runs as soon as a slot is free. */
  submit(sequence: Sequence): void {
    this.#waiting.push(sequence);
  }

  /** Drops a sequence, whatever it was doing, and says whether it was there: it may just have ended. */
  cancel(id: number): boolean {
    const sequence = [...this.#running, ...this.#waiting].find((candidate) => candidate.id === id);
    if (sequence !== undefined) this.#remove(sequence);
    return sequence !== undefined;
  }

  /** Takes out every sequence, for a failure that ends them all, and gives them back in the order of their arrival. */
  drain(): Sequence[] {
    const all = [...this.#running, ...this.#waiting];
    for (const sequence of all) this.#remove(sequence);
    return all;
  }

  /**
   * Does one decode.
   *
   * @throws What the decoder throws; the sequences then still are in the scheduler.
   */
  step(): void {
    this.#admit();
    const shares = this.#fillBatch();
    if (shares.length === 0) return;
    const { decoder, batch } = this.#options;
    if (decoder.decode(batch) === "no_kv_slot") {
      this.#preemptYoungest();
      return;
    }
    for (const { sequence, count, last } of shares) {
      sequence.cached += count;
      if (sequence.remaining > 0) continue;
      const advance = sequence.advance(decoder.sample(sequence, last));
      if (advance.finishReason !== undefined) this.#release(sequence);
      this.#options.onAdvance(sequence, advance);
      if (advance.finishReason !== undefined) sequence[Symbol.dispose]();
    }
  }

  #admit(): void {
    while (this.#waiting.length > 0 && !this.#full) {
      const slot = this.#freeSlots.shift();
      if (slot === undefined) return;
      const sequence = this.#waiting.shift();
      if (sequence === undefined) return;
      sequence.slot = slot;
      sequence.begin();
      this.#running.push(sequence);
    }
  }

  #fillBatch(): Share[] {
    const { batch, prefillLimit } = this.#options;
    batch.clear();
    const shares: Share[] = [];
    // Decoding sequences first: they wait for one token only, and a prompt's piece beside them costs them little.
    for (const sequence of this.#running) {
      if (sequence.remaining === 1 && batch.size < batch.capacity) shares.push(this.#addShare(sequence, 1));
    }
    let budget = Math.min(prefillLimit, batch.capacity - batch.size);
    for (const sequence of this.#running) {
      if (sequence.remaining === 1 || budget === 0) continue;
      const count = Math.min(sequence.remaining, budget);
      budget -= count;
      shares.push(this.#addShare(sequence, count));
    }
    return shares;
  }

  #addShare(sequence: Sequence, count: number): Share {
    const { slot, cached, length } = sequence;
    if (slot === undefined) throw new RangeError(`Sequence ${sequence.id} runs without a slot`);
    let last = -1;
    for (let position = cached; position < cached + count; position++) {
      const output = position === length - 1;
      last = this.#options.batch.add(sequence.tokenAt(position), { sequence: slot, position, output });
    }
    return { sequence, count, last };
  }

  #preemptYoungest(): void {
    const youngest = this.#running.at(-1);
    if (youngest === undefined || this.#running.length === 1) {
      throw new Error(`The KV cache has no room for one sequence of ${youngest?.length ?? 0} tokens`);
    }
    this.#release(youngest);
    youngest.cached = 0;
    this.#waiting.unshift(youngest);
    this.#full = true;
  }

  #release(sequence: Sequence): void {
    const at = this.#running.indexOf(sequence);
    if (at < 0 || sequence.slot === undefined) return;
    this.#running.splice(at, 1);
    this.#options.decoder.removeSequence(sequence.slot);
    this.#freeSlots.push(sequence.slot);
    sequence.slot = undefined;
    this.#full = false;
  }

  #remove(sequence: Sequence): void {
    this.#release(sequence);
    const at = this.#waiting.indexOf(sequence);
    if (at >= 0) this.#waiting.splice(at, 1);
    sequence[Symbol.dispose]();
  }
}
