import { checkInteger, INT32_MAX } from "./check_number.ts";
import { TOKEN_DATA, TOKEN_DATA_ARRAY } from "./structs.ts";

/** A token that samplers left, and its probability. */
export interface Candidate {
  id: number;
  p: number;
}

let applyTo: (candidates: Candidates, apply: (struct: Uint8Array<ArrayBuffer>) => void) => void;

/** Has native code change candidates through their `llama_token_data_array`; for this folder alone. */
export function applyToCandidates(candidates: Candidates, apply: (struct: Uint8Array<ArrayBuffer>) => void): void {
  applyTo(candidates, apply);
}

// A `struct llama_token_data` as words of four bytes.
const WORDS = TOKEN_DATA.size / 4;
const ID = 0;
const LOGIT = 1;
const P = 2;

/** Tokens to choose among, in memory that samplers work on: they drop, sort, reweigh, and at last select one. */
export class Candidates {
  /** The most tokens that it takes. */
  readonly capacity: number;
  readonly #ints: Int32Array<ArrayBuffer>;
  readonly #floats: Float32Array<ArrayBuffer>;
  readonly #struct = TOKEN_DATA_ARRAY.view(new Uint8Array(new ArrayBuffer(TOKEN_DATA_ARRAY.size)));
  readonly #data: Deno.PointerValue;

  static {
    applyTo = (candidates, apply) => {
      apply(candidates.#struct.bytes);
      candidates.#takeBack();
    };
  }

  /** @param capacity From 1 on; a vocabulary's size at most. */
  constructor(capacity: number) {
    this.capacity = checkInteger("capacity", capacity, { min: 1, max: INT32_MAX });
    const memory = new ArrayBuffer(capacity * TOKEN_DATA.size);
    this.#ints = new Int32Array(memory);
    this.#floats = new Float32Array(memory);
    this.#data = Deno.UnsafePointer.of(this.#ints);
    this.#write(0, false);
  }

  /**
   * Puts tokens in the place of those before.
   *
   * @param ids Their ids, shape [≥ count]; each once.
   * @param logits Their logits, shape [≥ count].
   * @param count How many, from 1 to `capacity`.
   * @param sorted Whether the logits go down from the first to the last.
   * @throws {RangeError} On a count that is out of range or more than there are ids or logits.
   */
  set(ids: Int32Array, logits: Float32Array, count: number, sorted: boolean): void {
    checkInteger("count", count, { min: 1, max: Math.min(this.capacity, ids.length, logits.length) });
    const [ints, floats] = [this.#ints, this.#floats];
    for (let i = 0; i < count; i++) {
      const at = i * WORDS;
      ints[at + ID] = ids[i] ?? 0;
      floats[at + LOGIT] = logits[i] ?? 0;
      floats[at + P] = 0;
    }
    this.#write(count, sorted);
  }

  /**
   * Puts all tokens of a vocabulary, whose ids count from 0, in the place of those before.
   *
   * @param logits Shape [vocabulary size], at most `capacity`.
   * @throws {RangeError} When there are none or too many.
   */
  setAll(logits: Float32Array): void {
    const count = checkInteger("count", logits.length, { min: 1, max: this.capacity });
    const [ints, floats] = [this.#ints, this.#floats];
    for (let i = 0; i < count; i++) {
      const at = i * WORDS;
      ints[at + ID] = i;
      floats[at + LOGIT] = logits[i] ?? 0;
      floats[at + P] = 0;
    }
    this.#write(count, false);
  }

  /** How many are left. */
  get size(): number {
    return Number(this.#struct.get("size"));
  }

  /** Whether samplers left them sorted by their logits, the largest first. */
  get sorted(): boolean {
    return this.#struct.get("sorted");
  }

  /** The id of the token that was selected, if one was. */
  get selected(): number | undefined {
    const index = Number(this.#struct.get("selected"));
    return index >= 0 && index < this.size ? this.#ints[index * WORDS + ID] : undefined;
  }

  /** What is left, with the probabilities that the last sampler to compute some gave: 0 when none did. In the samplers' order. */
  probabilities(): Candidate[] {
    const [ints, floats] = [this.#ints, this.#floats];
    return Array.from({ length: this.size }, (_, i) => ({
      id: ints[i * WORDS + ID] ?? 0,
      p: floats[i * WORDS + P] ?? 0,
    }));
  }

  /** The ids and logits of what is left, in the samplers' order. */
  logits(): { id: number; logit: number }[] {
    const [ints, floats] = [this.#ints, this.#floats];
    return Array.from({ length: this.size }, (_, i) => ({
      id: ints[i * WORDS + ID] ?? 0,
      logit: floats[i * WORDS + LOGIT] ?? 0,
    }));
  }

  #write(size: number, sorted: boolean): void {
    this.#struct.set("data", this.#data);
    this.#struct.set("size", BigInt(size));
    this.#struct.set("selected", -1n);
    this.#struct.set("sorted", sorted);
  }

  /** A sampler may put its own memory in the place of ours (in v0.4.0 none does), and free it: what is there is copied while it lives. */
  #takeBack(): void {
    const data = this.#struct.get("data");
    if (data === null || Deno.UnsafePointer.equals(data, this.#data)) return;
    const size = Math.min(this.size, this.capacity);
    Deno.UnsafePointerView.copyInto(data, this.#ints.subarray(0, size * WORDS));
    this.#struct.set("data", this.#data);
    this.#struct.set("size", BigInt(size));
  }
}
