import assert from "node:assert/strict";
import type { Batch, DecodeResult } from "../../../ffi/mod.ts";
import type { Decoder } from "../../../lib/engine/scheduler.ts";
import { Sequence } from "../../../lib/engine/sequence.ts";
import { type BatchToken, readBatch } from "../../ffi/read_batch.ts";

/** Token `position` of sequence `id`, prompt or answer: each is known, so that the decoder can tell whether it is given the right ones. */
export function tokenOf(id: number, position: number): number {
  return id * 1000 + position;
}

/** A sequence of known tokens and how it is to go. */
export interface FakeRequest {
  id: number;
  promptLength: number;
  /** Its answer ends by itself with this token, counted from 1, … */
  endsAfter: number;
  /** … unless it has this many before. */
  maxTokens: number;
}

/** A {@linkcode Sequence} whose sampler counts how often it was disposed. */
export class FakeSequence {
  disposed = 0;
  readonly sequence: Sequence;

  constructor(readonly request: FakeRequest) {
    const { id, promptLength, endsAfter, maxTokens } = request;
    this.sequence = new Sequence({
      id,
      prompt: Int32Array.from({ length: promptLength }, (_, position) => tokenOf(id, position)),
      sampler: { sample: () => -1, [Symbol.dispose]: () => void this.disposed++ },
      vocabulary: {
        isEndOfGeneration: (token) => token === tokenOf(id, promptLength + endsAfter - 1),
        piece: (token) => new TextEncoder().encode(`${token % 1000},`),
      },
      stop: [],
      limit: promptLength + maxTokens,
    });
  }

  /** What it must say and how it must end, if it is left alone. */
  get expected(): { text: string; finishReason: "stop" | "length"; completionTokens: number } {
    const { promptLength, endsAfter, maxTokens } = this.request;
    const ends = endsAfter <= maxTokens;
    const said = ends ? endsAfter - 1 : maxTokens;
    return {
      text: Array.from({ length: said }, (_, index) => `${promptLength + index},`).join(""),
      finishReason: ends ? "stop" : "length",
      completionTokens: ends ? endsAfter : maxTokens,
    };
  }
}

/** A KV cache of so many cells and a model that continues each sequence with its known tokens. It fails a test that feeds it wrongly. */
export class FakeDecoder implements Decoder {
  /** Which sequence holds a slot, and how many of its tokens. */
  readonly slots = new Map<number, { id: number; length: number }>();
  decodes = 0;
  refusals = 0;
  /** Sizes of the batches that were computed. */
  readonly sizes: number[] = [];
  #outputs: (BatchToken | undefined)[] = [];
  #unsampled = 0;

  constructor(readonly cells: number, readonly slotCount: number) {}

  get used(): number {
    return [...this.slots.values()].reduce((sum, { length }) => sum + length, 0);
  }

  decode(batch: Batch): DecodeResult {
    const tokens = readBatch(batch);
    assert.ok(tokens.length > 0, "an empty batch");
    assert.equal(this.#unsampled, 0, "logits that nobody wanted: each costs a product with the whole vocabulary");
    if (this.used + tokens.length > this.cells) {
      this.refusals++;
      return "no_kv_slot";
    }
    this.decodes++;
    this.sizes.push(tokens.length);
    for (const token of tokens) this.#take(token);
    this.#outputs = tokens.map((token) => token.output ? token : undefined);
    this.#unsampled = tokens.filter(({ output }) => output).length;
    return "ok";
  }

  #take({ token, sequence, position }: BatchToken): void {
    assert.ok(sequence >= 0 && sequence < this.slotCount, `slot ${sequence} of ${this.slotCount}`);
    const held = this.slots.get(sequence) ?? { id: Math.floor(token / 1000), length: 0 };
    assert.equal(position, held.length, `slot ${sequence}: positions without a gap`);
    assert.equal(token, tokenOf(held.id, position), `slot ${sequence} of sequence ${held.id} at position ${position}`);
    this.slots.set(sequence, { ...held, length: position + 1 });
  }

  removeSequence(slot: number): void {
    this.slots.delete(slot);
  }

  sample(sequence: Sequence, index: number): number {
    const output = this.#outputs[index];
    assert.ok(output, `no logits at index ${index}`);
    this.#unsampled--;
    assert.equal(output.token, tokenOf(sequence.id, sequence.length - 1), "sampled after another token than the last");
    return tokenOf(sequence.id, sequence.length);
  }
}
