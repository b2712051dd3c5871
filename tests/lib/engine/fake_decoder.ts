import assert from "node:assert/strict";
import type { Batch, DecodeResult } from "../../../ffi/mod.ts";
import type { AnswerLogprob } from "../../../lib/engine/mod.ts";
import type { Layout } from "../../../lib/engine/layout_policy.ts";
import type { KvLayout } from "../../../lib/engine/protocol.ts";
import type { Decoder } from "../../../lib/engine/scheduler.ts";
import type { Sequence } from "../../../lib/engine/sequence.ts";
import { type BatchToken, readBatch } from "../../ffi/read_batch.ts";
import { BEGINNING, cellValue, fakeLogprob, MEMORY, nextToken } from "./fake_model.ts";

/** What a fake context is like. */
export interface FakeDecoderOptions {
  /** Cells of the one pool; of each sequence's part where the layout is `split`. */
  cells: number;
  slots: number;
  layout?: KvLayout;
  /** False: as a recurrent model, whose state is whole or nothing. */
  divisible?: boolean;
  /** Tokens of a sliding window, beyond which cells are dropped; 0 is none. At least {@linkcode MEMORY}. */
  window?: number;
  /** False: a state can be restored in the layout alone in which it was saved. */
  portable?: boolean;
  /** Each so-manieth restore fails although there would be room; 0 none. */
  restoreFails?: number;
  /** Whether a split context cannot be made. */
  staysUnified?: boolean;
}

interface Cell {
  position: number;
  token: number;
  value: number;
  /** The sequences that it is one of. */
  owners: Set<number>;
}

interface Output extends BatchToken {
  value: number;
  recent: number[];
  /** The token that was sampled, and whose it is. */
  sampled?: { token: number; sequence: Sequence };
}

/**
 * A KV cache with real cells and a model that computes from what they hold ({@linkcode nextToken}): whatever is in the wrong cell changes
 * the text. It fails a test that uses it otherwise than llama.cpp can be used.
 */
export class FakeDecoder implements Decoder {
  readonly options: Required<FakeDecoderOptions>;
  unified: boolean;
  /** Sizes of the batches that were computed. */
  readonly sizes: number[] = [];
  /** Of each decode, whether it was to use all threads. */
  readonly allThreads: boolean[] = [];
  readonly counts = { refused: 0, copied: 0, saved: 0, restored: 0, switched: 0, shifted: 0, drafted: 0 };
  /** Set to have the next decode throw. */
  broken = false;
  /** Set to have what concerns one sequence throw: the next sample, restore, save, or shift. */
  readonly failing = { sample: false, restore: false, save: false, shift: false };
  #streams: Cell[][];
  #variant = "";
  #outputs = new Map<number, Output>();
  /** As of `ffi/sequence_memory.ts`: what waits for the next decode. */
  readonly #unreadable = new Set<number>();
  readonly #unwritable = new Set<number>();
  #restores = 0;
  /** Whether a request failed after the last batch: its other choices are not sampled then. */
  #requestFailed = false;

  constructor(options: FakeDecoderOptions) {
    this.options = {
      layout: "unified",
      divisible: true,
      window: 0,
      portable: true,
      restoreFails: 0,
      staysUnified: false,
      ...options,
    };
    this.unified = this.options.layout !== "split";
    this.#streams = this.#emptyStreams();
  }

  /** Cells in use. */
  get used(): number {
    return this.#streams.reduce((sum, cells) => sum + cells.length, 0);
  }

  get splitLength(): number | undefined {
    const { layout, slots, cells, divisible } = this.options;
    return layout === "auto" && slots > 1 && divisible ? Math.floor(cells / slots) || undefined : undefined;
  }

  /** Cells of one stream. */
  get #room(): number {
    return this.unified ? this.options.cells : this.splitLength ?? this.options.cells;
  }

  #emptyStreams(): Cell[][] {
    return Array.from({ length: this.unified ? 1 : this.options.slots }, () => []);
  }

  #stream(slot: number): Cell[] {
    assert.ok(Number.isInteger(slot) && slot >= 0 && slot < this.options.slots, `slot ${slot}`);
    const stream = this.#streams[this.unified ? 0 : slot];
    assert.ok(stream);
    return stream;
  }

  /** A sequence's cells in the order of their positions. */
  #cellsOf(slot: number): Cell[] {
    return this.#stream(slot).filter(({ owners }) => owners.has(slot)).sort((a, b) => a.position - b.position);
  }

  /** The tokens that a sequence has cells of, from `first` on. */
  held(slot: number): { first: number; tokens: number[] } {
    const cells = this.#cellsOf(slot);
    const first = cells[0]?.position ?? 0;
    cells.forEach(({ position }, i) => assert.equal(position, first + i, `slot ${slot}: positions without a gap`));
    return { first, tokens: cells.map(({ token }) => token) };
  }

  decode(batch: Batch, { allThreads }: { allThreads: boolean }): DecodeResult {
    this.allThreads.push(allThreads);
    this.expectSampled();
    this.#requestFailed = false;
    this.#outputs.clear();
    const tokens = readBatch(batch);
    assert.ok(tokens.length > 0, "an empty batch");
    this.#unreadable.clear();
    this.#unwritable.clear();
    if (this.broken) {
      this.broken = false;
      tokens.slice(0, 3).forEach((token) => this.#compute(token, this.#cellsOf(token.sequence)));
      throw new Error("The decode failed");
    }
    for (const [slot, count] of this.#perStream(tokens)) {
      if (this.#stream(slot).length + count <= this.#room) continue;
      this.counts.refused++;
      return "no_kv_slot";
    }
    this.sizes.push(tokens.length);
    const before = new Map([...new Set(tokens.map(({ sequence }) => sequence))]
      .map((slot) => [slot, this.#cellsOf(slot)]));
    const lasts = new Map([...before].map(([slot, cells]) => [slot, cells.at(-1)?.position ?? -1]));
    tokens.forEach((token, index) => {
      const cells = before.get(token.sequence) ?? [];
      const value = this.#compute(token, cells);
      const recent = cells.slice(-MEMORY).map(({ token }) => token);
      if (token.output) this.#outputs.set(index, { ...token, value, recent });
    });
    const { window } = this.options;
    if (window > 0) {
      for (const [slot, last] of lasts) this.#disown(slot, ({ position }) => last - position >= window);
    }
    return "ok";
  }

  #perStream(tokens: readonly BatchToken[]): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { sequence } of tokens) {
      const stream = this.unified ? 0 : sequence;
      counts.set(stream, (counts.get(stream) ?? 0) + 1);
    }
    return counts;
  }

  /** @param cells Those of the sequence; the new one is added. */
  #compute({ token, sequence, position }: BatchToken, cells: Cell[]): number {
    const last = cells.at(-1);
    assert.equal(position, (last?.position ?? -1) + 1, `slot ${sequence}: positions without a gap`);
    const { window } = this.options;
    const oldest = window === 0 ? 0 : Math.max(0, position - window + 1);
    const inWindow = cells.filter((cell) => cell.position >= oldest);
    assert.equal(inWindow.length, position - oldest, `slot ${sequence}: the tokens before ${position} are all there`);
    const value = cellValue(last?.value ?? BEGINNING, token, this.#variant);
    const cell = { position, token, value, owners: new Set([sequence]) };
    cells.push(cell);
    this.#stream(sequence).push(cell);
    return value;
  }

  /** Whether of the last batch was sampled what was asked for: each costs a product with the whole vocabulary. */
  expectSampled(): void {
    if (this.#requestFailed) return;
    for (const [index, { sequence: slot, position, token: guess, sampled }] of this.#outputs) {
      if (sampled !== undefined) continue;
      // Only a guess behind one that failed, or behind the end, may be left.
      const before = this.#outputs.get(index - 1);
      assert.ok(before?.sequence === slot && before.position === position - 1, `nobody sampled at index ${index}`);
      if (before.sampled === undefined) continue;
      const { token, sequence } = before.sampled;
      assert.ok(
        token !== guess || sequence.slot === undefined,
        `the guess at index ${index} came true, but nothing was sampled after it`,
      );
    }
  }

  /** To be told when a request fails after a decode. */
  noteFailure(): void {
    this.#requestFailed = true;
  }

  sample(sequence: Sequence, index: number): { token: number; logprob?: AnswerLogprob } {
    const output = this.#outputs.get(index);
    assert.ok(output, `no logits at index ${index}`);
    assert.equal(output.sampled, undefined, "sampled twice");
    assert.equal(output.sequence, sequence.slot);
    assert.equal(output.position, sequence.length - 1, "sampled after another token than the last");
    assert.equal(output.token, sequence.tokens.at(-1));
    assert.equal(this.#variant, sequence.variant);
    if (this.failing.sample) this.noteFailure();
    this.#failIf("sample");
    if (this.#outputs.get(index - 1)?.sequence === output.sequence) this.counts.drafted++;
    const token = nextToken(output.value, output.recent, saltOf(sequence));
    output.sampled = { token, sequence };
    return sequence.logprobs === undefined ? { token } : { token, logprob: fakeLogprob(token, output.value) };
  }

  logprob(sequence: Sequence, index: number, token: number): AnswerLogprob {
    const output = this.#outputs.get(index);
    assert.ok(output, `no logits at index ${index}`);
    assert.equal(output.sequence, sequence.slot);
    assert.equal(token, sequence.tokens[output.position + 1], "asked for another token than the one that follows");
    output.sampled = { token, sequence };
    return fakeLogprob(token, output.value);
  }

  copy(from: number, to: number, length: number): void {
    assert.notEqual(from, to);
    assert.equal(this.#cellsOf(to).length, 0, `slot ${to} is empty before something is copied there`);
    const cells = this.#cellsOf(from);
    const last = cells.at(-1)?.position ?? -1;
    assert.ok(length > 0 && length <= last + 1, `${length} tokens of ${last + 1}`);
    if (!this.options.divisible) assert.equal(length, last + 1, "a part of a whole");
    this.counts.copied++;
    const copied = cells.filter(({ position }) => position < length);
    if (this.unified) {
      for (const { owners } of copied) owners.add(to);
      return;
    }
    this.#stream(to).push(...copied.map((cell) => ({ ...cell, owners: new Set([to]) })));
    this.#unreadable.add(to);
    this.#unwritable.add(from).add(to);
  }

  truncate(slot: number, length: number): boolean {
    const last = this.#cellsOf(slot).at(-1)?.position ?? -1;
    if (!this.options.divisible && length > 0 && length <= last) return false;
    this.#disown(slot, ({ position }) => position >= length);
    return true;
  }

  /** Takes cells from a sequence; those of nobody are free. */
  #disown(slot: number, which: (cell: Cell) => boolean): void {
    const stream = this.#stream(slot);
    for (const cell of stream) if (cell.owners.has(slot) && which(cell)) cell.owners.delete(slot);
    const left = stream.filter(({ owners }) => owners.size > 0);
    stream.splice(0, stream.length, ...left);
  }

  canContinue(slot: number, cached: number, length: number): boolean {
    if (length === 0 || length === cached) return true;
    const { divisible, window } = this.options;
    if (!divisible) return false;
    const first = this.#cellsOf(slot)[0]?.position ?? 0;
    return window === 0 || first <= Math.max(0, length - window + 1);
  }

  #failIf(what: keyof FakeDecoder["failing"]): void {
    if (!this.failing[what]) return;
    this.failing[what] = false;
    throw new RangeError(`The ${what} failed`);
  }

  save(slot: number): Uint8Array<ArrayBuffer> | undefined {
    this.#failIf("save");
    if (this.#unreadable.has(slot)) return undefined;
    this.counts.saved++;
    const cells = this.#cellsOf(slot).flatMap(({ position, token, value }) => [position, token, value]);
    return new Uint8Array(Int32Array.from([this.unified ? 1 : 0, ...cells]).buffer);
  }

  canRestore(slot: number): boolean {
    return !this.#unwritable.has(slot);
  }

  restore(slot: number, state: Uint8Array<ArrayBuffer>): boolean {
    assert.ok(this.canRestore(slot), `a copy of slot ${slot} awaits the next decode`);
    assert.equal(this.#cellsOf(slot).length, 0, `slot ${slot} is empty before something is restored there`);
    this.#failIf("restore");
    this.#unreadable.delete(slot);
    // As the real one: a view of memory that was given back throws.
    new DataView(state.buffer);
    const { portable, restoreFails } = this.options;
    const [unified, ...numbers] = new Int32Array(state.buffer);
    if (!portable && (unified === 1) !== this.unified) return false;
    if (restoreFails > 0 && ++this.#restores % restoreFails === 0) return false;
    const stream = this.#stream(slot);
    if (stream.length + numbers.length / 3 > this.#room) return false;
    this.counts.restored++;
    for (let i = 0; i < numbers.length; i += 3) {
      const [position = 0, token = 0, value = 0] = numbers.slice(i, i + 3);
      stream.push({ position, token, value, owners: new Set([slot]) });
    }
    return true;
  }

  shift(slot: number, from: number, count: number): boolean {
    assert.ok(this.options.divisible && this.options.window === 0);
    const cells = this.#cellsOf(slot);
    assert.ok(count > 0 && from >= 0 && from + count <= cells.length, `${from} + ${count} of ${cells.length} tokens`);
    if (this.failing.shift) this.#disown(slot, ({ position }) => position === from);
    this.#failIf("shift");
    this.counts.shifted++;
    const shared = cells.filter(({ owners }) => owners.size > 1);
    const readable = !this.#unreadable.has(slot) || !this.unified;
    if (!readable || this.#stream(slot).length + shared.length > this.#room) {
      this.truncate(slot, 0);
      return false;
    }
    for (const cell of shared) {
      cell.owners.delete(slot);
      this.#stream(slot).push({ ...cell, owners: new Set([slot]) });
    }
    this.#disown(slot, ({ position }) => position >= from && position < from + count);
    for (const cell of this.#cellsOf(slot)) if (cell.position >= from + count) cell.position -= count;
    this.#unreadable.add(slot);
    return true;
  }

  switchLayout(layout: Layout): void {
    assert.ok(this.splitLength !== undefined, "this layout is to stay as it is");
    assert.notEqual(layout === "unified", this.unified);
    assert.equal(this.used, 0, "a context with cells is made anew");
    this.counts.switched++;
    this.#variant = "none is set in a new context";
    this.unified = layout === "unified" || this.options.staysUnified;
    this.clear();
  }

  useVariant(variant: string): void {
    this.#variant = variant;
  }

  /** Frees all cells, after a failure. */
  clear(): void {
    this.#streams = this.#emptyStreams();
    this.#outputs.clear();
    this.#unreadable.clear();
    this.#unwritable.clear();
  }
}

/** Samplers of the fake model add something of their own to the hash. */
function saltOf({ sampler }: Sequence): number {
  assert.ok("salt" in sampler && typeof sampler.salt === "number");
  return sampler.salt;
}
