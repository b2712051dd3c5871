import { checkInteger, INT32_MAX } from "./check_number.ts";
import { STATE_FLAGS } from "./enums.ts";
import { freeBytes } from "./free_bytes.ts";
import type { ContextHandle, MemoryHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import type { Model } from "./model.ts";
import { NativeError } from "./native_error.ts";
import { STATE_MAGIC } from "./state_layout.ts";
import { withStreams } from "./state_streams.ts";

const STATE_HEADER_BYTES = 12;

/** What a context keeps of its sequences between two batches: cut, copied, shifted, saved and restored. */
export abstract class SequenceMemory {
  readonly model: Model;
  /** Whether all sequences share one pool of cells. */
  readonly unified: boolean;
  /** The most sequences at once; their ids are below it. */
  readonly sequences: number;
  /** Sequences whose cells the next decode copies to or shifts: until then their data is not what their positions say. */
  readonly #unreadable = new Set<number>();
  /** Sequences whose cells the next decode copies from or to: it would take what was restored meanwhile, or overwrite it. */
  readonly #unwritable = new Set<number>();

  constructor(model: Model, { unified, sequences }: { unified: boolean; sequences: number }) {
    this.model = model;
    this.unified = unified;
    this.sequences = sequences;
  }

  /** The `struct llama_context *`; throws after use. */
  abstract get handle(): ContextHandle;

  /** Absent where a model (BERT) keeps nothing; llama.cpp takes that for a memory without cells. */
  protected abstract get memory(): MemoryHandle | null;

  /** Frees the cells of a sequence from `position` on, all by default; false when a part cannot be removed (recurrent models). */
  removeSequence(sequence: number, position = 0): boolean {
    return this.removeRange(sequence, position, -1);
  }

  /** Frees the cells of a sequence from position `from` up to `to`, which is not included; -1 is the end. False as in {@linkcode removeSequence}. */
  removeRange(sequence: number, from: number, to: number): boolean {
    const memory = this.memory;
    checkInteger("from", from, { min: 0, max: INT32_MAX });
    checkInteger("to", to, { min: -1, max: INT32_MAX });
    return this.llama.llama_memory_seq_rm(memory, this.checked(sequence), from, to);
  }

  /** Makes `to` a whole copy of `from`: of the cells, or where all share one pool of the right to them. Computed in the next decode. */
  copySequence({ from, to }: { from: number; to: number }): void {
    const memory = this.memory;
    if (this.checked(from) === this.checked(to)) return;
    this.llama.llama_memory_seq_rm(memory, to, -1, -1);
    // Any other range is an assertion, and the end of the process, where each sequence has cells of its own.
    this.llama.llama_memory_seq_cp(memory, from, to, -1, -1);
    if (this.unified) return;
    this.#unreadable.add(to);
    this.#unwritable.add(from).add(to);
  }

  /**
   * Makes `to` share the cells of the first `length` tokens of `from`.
   *
   * @throws {NativeError} Where each sequence has cells of its own.
   */
  copyPrefix({ from, to, length }: { from: number; to: number; length: number }): void {
    const memory = this.memory;
    if (!this.unified) throw new NativeError("Only a unified KV cache can share a prefix; copy the sequence instead");
    checkInteger("length", length, { min: 0, max: INT32_MAX });
    if (this.checked(from) === this.checked(to)) throw new RangeError(`Sequence ${from} cannot be copied to itself`);
    this.llama.llama_memory_seq_rm(memory, to, -1, -1);
    if (length > 0) this.llama.llama_memory_seq_cp(memory, from, to, 0, length);
  }

  /** Whether {@linkcode shift} is possible. */
  get canShift(): boolean {
    return this.llama.llama_memory_can_shift(this.memory);
  }

  /**
   * Adds `delta` to the positions from `from` up to `to` (not included; -1 is the end) of a sequence. K is rotated in the next decode. Cells
   * that are shared with another sequence (`copyPrefix`, `copySequence` in a unified cache) move for that one too: save, remove and restore
   * the sequence before, so that its cells are its own.
   *
   * @throws {NativeError} When this model or cache cannot.
   */
  shift(sequence: number, from: number, to: number, delta: number): void {
    const memory = this.memory;
    if (!this.canShift) throw new NativeError("The positions of this KV cache cannot be shifted");
    checkInteger("from", from, { min: 0, max: INT32_MAX });
    checkInteger("to", to, { min: -1, max: INT32_MAX });
    checkInteger("delta", delta, { min: -from, max: INT32_MAX });
    this.llama.llama_memory_seq_add(memory, this.checked(sequence), from, to, delta);
    this.#unreadable.add(sequence);
  }

  /** The first and the last position of a sequence that have cells; -1 when there are none. */
  positions(sequence: number): { min: number; max: number } {
    const memory = this.memory;
    this.checked(sequence);
    return {
      min: this.llama.llama_memory_seq_pos_min(memory, sequence),
      max: this.llama.llama_memory_seq_pos_max(memory, sequence),
    };
  }

  /** Frees all cells. */
  clear(): void {
    this.llama.llama_memory_clear(this.memory, false);
  }

  /** Whether {@linkcode state} can be had: no copy to it and no shift of it awaits the next decode. */
  canSave(sequence: number): boolean {
    return !this.#unreadable.has(this.checked(sequence));
  }

  /** Whether {@linkcode restoreState} is possible: no copy from or to it awaits the next decode. */
  canRestore(sequence: number): boolean {
    return !this.#unwritable.has(this.checked(sequence));
  }

  /** Bytes of {@linkcode state}. */
  stateSize(sequence: number): number {
    return this.#stateSize(sequence, STATE_FLAGS.none);
  }

  /**
   * What the cache holds of a sequence, to be restored into a context of the same model and cache types. Where {@linkcode withStreams} does
   * not know the state's form, the context must also have the same `unified` and, where that is false, number of sequences.
   *
   * @throws {NativeError} Where {@linkcode canSave} is false.
   */
  state(sequence: number): Uint8Array<ArrayBuffer> {
    const state = this.#getState(sequence, STATE_FLAGS.none);
    const portable = withStreams(state, 1) ?? state;
    if (portable !== state) freeBytes(state);
    return portable;
  }

  /**
   * Puts a saved state in the place of what the cache holds of a sequence.
   *
   * llama.cpp v0.4.0 (`llama_kv_cache::state_read…`, `llama_io_read_host`) checks that it does not read behind the end of `bytes`, and that
   * the number of streams, layers, the type and the size of rows, and the layout of V are its own; it writes to cells that it chose itself.
   * It does not check positions (negative and repeated ones leave a cache that contradicts itself), allocates for a number of cells of up
   * to 2³² before it looks whether there are so many, and takes any numbers for K and V: NaN among them makes every sampler's outcome void.
   * Recurrent models assert, and end the process, on a number of cells that they cannot place. So bytes must come from {@linkcode state};
   * those from a file only after `stateFault` has found none in them.
   *
   * @returns False when llama.cpp refuses it, or it ends elsewhere than `bytes` do; the sequence is empty then.
   * @throws {NativeError} Where {@linkcode canRestore} is false.
   */
  restoreState(sequence: number, bytes: Uint8Array<ArrayBuffer>): boolean {
    this.removeSequence(this.#writable(sequence));
    this.#unreadable.delete(sequence);
    const own = withStreams(bytes, this.#streams) ?? bytes;
    const restored = this.#setState(sequence, own, STATE_FLAGS.none);
    if (own !== bytes) freeBytes(own);
    return restored;
  }

  get #streams(): number {
    return this.unified ? 1 : this.sequences;
  }

  /** As {@linkcode state}, of that part alone which cannot be cut at a position: sliding-window layers, recurrent state. All where there is none. */
  partialState(sequence: number): Uint8Array<ArrayBuffer> {
    return this.#getState(sequence, STATE_FLAGS.partialOnly);
  }

  /** As {@linkcode restoreState}, of what {@linkcode partialState} gave. */
  restorePartialState(sequence: number, bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#setState(this.#writable(sequence), bytes, STATE_FLAGS.partialOnly);
  }

  #stateSize(sequence: number, flags: number): number {
    return Number(this.llama.llama_state_seq_get_size_ext(this.handle, this.checked(sequence), flags));
  }

  #getState(sequence: number, flags: number): Uint8Array<ArrayBuffer> {
    const { handle } = this;
    const bytes = new Uint8Array(this.#stateSize(this.#readable(sequence), flags));
    const size = BigInt(bytes.length);
    const written = this.llama.llama_state_seq_get_data_ext(handle, bytes, size, sequence, flags);
    if (bytes.length > 0 && written === size) return bytes;
    throw new NativeError(`llama.cpp wrote ${written} of ${size} bytes of the state of sequence ${sequence}`);
  }

  #setState(sequence: number, bytes: Uint8Array<ArrayBuffer>, flags: number): boolean {
    const { handle } = this;
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < STATE_HEADER_BYTES || data.getUint32(0, true) !== STATE_MAGIC) return false;
    const size = BigInt(bytes.length);
    const read = this.llama.llama_state_seq_set_data_ext(handle, bytes, size, sequence, flags);
    if (read === size) return true;
    this.removeSequence(sequence);
    return false;
  }

  /** To be called when native code has done the copies and shifts that were put off. */
  protected settle(): void {
    this.#unreadable.clear();
    this.#unwritable.clear();
  }

  protected get llama(): Library["llama"] {
    return this.model.library.llama;
  }

  /** Native code asserts that a sequence is one of those that there are. */
  protected checked(sequence: number): number {
    return checkInteger("sequence", sequence, { min: 0, max: this.sequences - 1 });
  }

  #readable(sequence: number): number {
    if (this.canSave(sequence)) return sequence;
    throw new NativeError(
      `A copy or shift of sequence ${sequence} awaits the next decode; its state can be had after it`,
    );
  }

  #writable(sequence: number): number {
    if (this.canRestore(sequence)) return sequence;
    throw new NativeError(`A copy of sequence ${sequence} awaits the next decode; a state can be restored after it`);
  }
}
