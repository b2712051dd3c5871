import { BATCH } from "./structs.ts";

/** Tokens for one decode, of one or several sequences, in memory that llama.cpp reads directly. */
export class Batch {
  /** The most tokens that it takes. */
  readonly capacity: number;
  readonly #tokens: Int32Array<ArrayBuffer>;
  readonly #positions: Int32Array<ArrayBuffer>;
  readonly #sequences: Int32Array<ArrayBuffer>;
  readonly #outputs: Int8Array<ArrayBuffer>;
  // Held so that the memory that #struct points to stays.
  readonly #sequenceCounts: Int32Array<ArrayBuffer>;
  readonly #sequencePointers: BigUint64Array<ArrayBuffer>;
  readonly #struct = BATCH.view();
  #size = 0;
  #outputCount = 0;

  /** @param capacity From 1 to 2³¹-1 tokens. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity >= 2 ** 31) {
      throw new RangeError(`No batch of ${capacity} tokens`);
    }
    this.capacity = capacity;
    const int32 = (): Int32Array<ArrayBuffer> => new Int32Array(new ArrayBuffer(capacity * 4));
    this.#tokens = int32();
    this.#positions = int32();
    this.#sequences = int32();
    this.#sequenceCounts = int32().fill(1);
    this.#outputs = new Int8Array(new ArrayBuffer(capacity));
    // Each token belongs to one sequence: its list of sequences is one element of #sequences.
    const first = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#sequences));
    this.#sequencePointers = new BigUint64Array(new ArrayBuffer(capacity * 8)).map((_, i) => first + BigInt(i * 4));
    this.#struct.set("token", Deno.UnsafePointer.of(this.#tokens));
    this.#struct.set("pos", Deno.UnsafePointer.of(this.#positions));
    this.#struct.set("n_seq_id", Deno.UnsafePointer.of(this.#sequenceCounts));
    this.#struct.set("seq_id", Deno.UnsafePointer.of(this.#sequencePointers));
    this.#struct.set("logits", Deno.UnsafePointer.of(this.#outputs));
  }

  /** Tokens added since the last {@linkcode clear}. */
  get size(): number {
    return this.#size;
  }

  /** How many of them were added with `output`. */
  get outputs(): number {
    return this.#outputCount;
  }

  /** Writes 1 for each token with an output and 0 for each other to the start of `into`. */
  copyOutputs(into: Uint8Array): void {
    for (let i = 0; i < this.#size; i++) into[i] = this.#outputs[i] ?? 0;
  }

  /** The `llama_batch`, by value. */
  get bytes(): Uint8Array<ArrayBuffer> {
    this.#struct.set("n_tokens", this.#size);
    return this.#struct.bytes;
  }

  /** Takes all tokens out. */
  clear(): void {
    this.#size = 0;
    this.#outputCount = 0;
  }

  /**
   * Adds one token of a sequence.
   *
   * @param token Its id in the vocabulary; the caller has it from there.
   * @param at Its sequence, its position in it, and whether its logits are wanted.
   * @returns Its index in the batch, by which its logits are found after the decode.
   * @throws {RangeError} When the batch is full.
   */
  add(token: number, at: { sequence: number; position: number; output: boolean }): number {
    if (this.#size === this.capacity) throw new RangeError(`The batch is full with ${this.capacity} tokens`);
    const index = this.#size++;
    this.#tokens[index] = token;
    this.#positions[index] = at.position;
    this.#sequences[index] = at.sequence;
    this.#outputs[index] = at.output ? 1 : 0;
    if (at.output) this.#outputCount++;
    return index;
  }
}
