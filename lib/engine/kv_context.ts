import {
  type Batch,
  Context,
  type DecodeResult,
  freeBytes,
  type LoraAdapter,
  type Model,
  NativeError,
} from "../../ffi/mod.ts";
import { makeCoreUse } from "../core_use.ts";
import type { AnswerLogprob } from "./engine.ts";
import type { Layout } from "./layout_policy.ts";
import { logProbabilities } from "./log_probabilities.ts";
import type { LoadOptions } from "./protocol.ts";
import type { Decoder } from "./scheduler.ts";
import type { Sequence } from "./sequence.ts";
import { LARGEST_GOVERNED, type Machine, ThreadGovernor } from "./thread_governor.ts";

/** A single token takes as long with fewer threads where memory is what bounds it, and less where the server needs a core; both are small gains. */
const AS_FAST = 0.98;
/** Small batches are bound by computing: fewer threads must be much faster, which they only are where others take the cores. */
const FASTER = 0.8;

/** A context as the scheduler sees it. Its KV cache can be made anew in another layout. */
export class KvContext implements Decoder, Disposable {
  readonly #model: Model;
  readonly #options: LoadOptions["context"];
  readonly #adapters: readonly LoraAdapter[];
  /** Undefined while there is no memory for it. */
  #made: Context | undefined;
  /** Threads for a decode of one token, which is bound by memory, and for larger ones. */
  readonly #single: ThreadGovernor;
  readonly #batch: ThreadGovernor;
  #variant: string | undefined;
  /** Whether the next decode has cells to copy first, which says nothing of threads. */
  #copying = false;
  /** Tokens of one sequence when all cells are in one pool. */
  readonly #pool: number;
  readonly splitLength: number | undefined;

  /** @throws {NativeError} When llama.cpp cannot make the context. */
  constructor(model: Model, options: LoadOptions["context"], adapters: readonly LoraAdapter[] = []) {
    this.#model = model;
    this.#options = options;
    this.#adapters = adapters;
    const { layout } = options;
    this.#pool = layout === "auto" ? this.#context.length : this.#context.sequenceLength;
    this.splitLength = this.#partOf(this.#pool);
    const machine = (): Machine => ({ now: () => performance.now(), coreUse: makeCoreUse() });
    this.#single = new ThreadGovernor({ most: options.threads, tolerance: AS_FAST, curious: true, machine: machine() });
    this.#batch = new ThreadGovernor({
      most: options.batchThreads,
      tolerance: FASTER,
      curious: false,
      machine: machine(),
    });
  }

  /** Equal parts, where a sequence alone in its part is computed over no cells but its own, and prefixes are kept at no cost. */
  get #restingLayout(): Layout {
    const { layout } = this.#options;
    return layout === "split" || (layout === "auto" && this.#partOf(this.#options.contextLength) !== undefined)
      ? "split"
      : "unified";
  }

  #partOf(pool: number): number | undefined {
    const { layout, parallel } = this.#options;
    if (layout !== "auto" || parallel === 1 || !this.divisible || this.#choosesRopeByLength) return undefined;
    return Math.floor(pool / parallel / 256) * 256 || undefined;
  }

  #make(layout: Layout): Context {
    const { parallel, ...options } = this.#options;
    return new Context(this.#model, { ...options, sequences: parallel, unified: layout === "unified" });
  }

  get unified(): boolean {
    return this.#context.unified;
  }

  /** Tokens that one sequence may have, in the layout that gives it most. */
  get sequenceLength(): number {
    return this.#pool;
  }

  /** The most tokens that are computed at once. */
  get ubatchSize(): number {
    return this.#context.ubatchSize;
  }

  /** The most tokens of one decode. */
  get batchSize(): number {
    return this.#context.batchSize;
  }

  /** Threads that compute a single token. */
  get threads(): number {
    return this.#context.threads;
  }

  /** Whether text can be generated at all: models that only embed keep nothing from one batch to the next. */
  get hasCells(): boolean {
    return this.#context.hasMemory;
  }

  /** Whether a state can be cut anywhere: a recurrent one is whole or nothing. */
  get divisible(): boolean {
    return !this.#model.isRecurrent && !this.#model.isHybrid;
  }

  /** The most tokens of a state that still can be cut anywhere once it is restored: with sliding windows it holds no more than those. */
  get divisibleTo(): number {
    const { swaWindow } = this.#model;
    if (!this.divisible) return 0;
    return swaWindow === 0 || this.#options.fullSwa ? Infinity : swaWindow;
  }

  /** Whether tokens can be dropped from the middle of a sequence. */
  get canShift(): boolean {
    return this.divisible && this.#context.canShift;
  }

  /** LongRoPE has other factors for long contexts, chosen by the cells of a sequence: what was computed with one half is void in the other. */
  get #choosesRopeByLength(): boolean {
    const architecture = this.#model.metadataValue("general.architecture") ?? "";
    return this.#model.metadataValue(`${architecture}.rope.scaling.type`) === "longrope";
  }

  /** Where a change of layout has lost it, it is made anew as soon as there is memory for it. */
  get #context(): Context {
    return this.#made ??= this.#make(this.#restingLayout);
  }

  /** @throws {NativeError} When neither layout can be had any more; the next use tries again. */
  switchLayout(layout: Layout): void {
    const before: Layout = this.unified ? "unified" : "split";
    // Only one at a time fits memory for sure.
    this.#context[Symbol.dispose]();
    this.#made = undefined;
    this.#variant = undefined;
    try {
      this.#made = this.#make(layout);
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      this.#made = this.#make(before);
    }
  }

  /** Has the model's encoder read a batch, for the decodes that follow. */
  encode(batch: Batch): void {
    this.#context.encode(batch);
  }

  decode(batch: Batch, { allThreads }: { allThreads: boolean } = { allThreads: false }): DecodeResult {
    // From 512 cells on, ggml's attention adds up what each thread has summed: how many there are changes the last bits.
    if (allThreads) return this.#decodeWithAllThreads(batch);
    const governor = batch.size === 1 ? this.#single : this.#batch;
    const large = batch.size > LARGEST_GOVERNED;
    this.#batch.follow(this.#single);
    this.#context.setThreads(this.#single.next(), large ? this.#options.batchThreads : this.#batch.next());
    const before = performance.now();
    const result = this.#context.decode(batch);
    if (result === "ok" && !large && !this.#copying) governor.record(batch.size, performance.now() - before);
    this.#copying = false;
    return result;
  }

  #decodeWithAllThreads(batch: Batch): DecodeResult {
    this.#context.setThreads(this.#options.threads, this.#options.batchThreads);
    this.#copying = false;
    return this.#context.decode(batch);
  }

  sample(sequence: Sequence, index: number): { token: number; logprob?: AnswerLogprob } {
    if (sequence.logprobs === undefined) return { token: sequence.sampler.sample(this.#context, index) };
    // Before sampling, so that the view of the logits is surely theirs.
    const logits = this.#context.logits(index);
    const token = sequence.sampler.sample(this.#context, index);
    return { token, logprob: this.#toLogprob(logits, token, sequence.logprobs) };
  }

  logprob({ logprobs = 0 }: Sequence, index: number, token: number): AnswerLogprob {
    return this.#toLogprob(this.#context.logits(index), token, logprobs);
  }

  #toLogprob(logits: Float32Array, token: number, count: number): AnswerLogprob {
    const { logprob, top } = logProbabilities(logits, token, count);
    const { vocabulary } = this.#model;
    const bytesOf = (id: number): Uint8Array => vocabulary.piece(id, true).slice();
    return {
      token,
      bytes: bytesOf(token),
      logprob,
      top: top.map((each) => ({ ...each, bytes: bytesOf(each.token) })),
    };
  }

  copy(from: number, to: number, length: number): void {
    const context = this.#context;
    this.#copying = true;
    if (!this.divisible) return context.copySequence({ from, to });
    if (context.unified) return context.copyPrefix({ from, to, length });
    // Between split parts llama.cpp copies whole ones, used or not: its state, which is what is used, is the lesser half of them.
    const used = context.positions(from).max + 1;
    const byState = used * 2 < context.sequenceLength && context.canSave(from) && context.canRestore(to);
    if (!byState || !restoreOnce(context, to, context.state(from))) context.copySequence({ from, to });
    context.removeSequence(to, length);
  }

  truncate(slot: number, length: number): boolean {
    return this.#context.removeSequence(slot, length);
  }

  canContinue(slot: number, cached: number, length: number): boolean {
    if (length === 0 || length === cached) return true;
    if (!this.divisible) return false;
    const { swaWindow } = this.#model;
    if (swaWindow === 0 || this.#options.fullSwa) return true;
    // The window before `length` must still be there.
    const { min } = this.#context.positions(slot);
    return min === 0 || min < length - swaWindow;
  }

  save(slot: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#context.canSave(slot) ? this.#context.state(slot) : undefined;
  }

  canRestore(slot: number): boolean {
    return this.#context.canRestore(slot);
  }

  restore(slot: number, state: Uint8Array<ArrayBuffer>): boolean {
    return this.#context.restoreState(slot, state);
  }

  shift(slot: number, from: number, count: number): boolean {
    const context = this.#context;
    // Cells that another sequence shares would move for that one, too: this one gets cells of its own.
    if (context.unified && !(context.canSave(slot) && restoreOnce(context, slot, context.state(slot)))) {
      context.removeSequence(slot);
      return false;
    }
    context.removeRange(slot, from, from + count);
    context.shift(slot, from + count, -1, -count);
    return true;
  }

  useVariant(variant: string): void {
    if (variant === this.#variant) return;
    this.#variant = variant;
    const scales = variant === "" ? [] : variant.split(",").map(Number);
    this.#context.setAdapters(this.#adapters.map((adapter, i) => ({ adapter, scale: scales[i] ?? 0 })));
  }

  /**
   * Frees all cells, after a failure.
   *
   * @throws {NativeError} When the context was lost and cannot be made anew.
   */
  clear(): void {
    this.#context.clear();
  }

  [Symbol.dispose](): void {
    this.#made?.[Symbol.dispose]();
    this.#made = undefined;
  }
}

/** Restores a state that is of no use any more after that. */
function restoreOnce(context: Context, slot: number, state: Uint8Array<ArrayBuffer>): boolean {
  const restored = context.restoreState(slot, state);
  freeBytes(state);
  return restored;
}
