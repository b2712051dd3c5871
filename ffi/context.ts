import type { Batch } from "./batch.ts";
import { checkFloat } from "./check_number.ts";
import { type ContextOptions, toContextParams } from "./context_options.ts";
import { ContextThreads } from "./context_threads.ts";
import { POOLING, type Pooling } from "./enums.ts";
import type { ContextHandle, MemoryHandle } from "./handles.ts";
import { adapterHandle, attachAdapter, detachAdapter, type LoraAdapter } from "./lora_adapter.ts";
import type { Model } from "./model.ts";
import { NativeError } from "./native_error.ts";
import { copyRow, RowViews } from "./row_views.ts";
import { SequenceMemory } from "./sequence_memory.ts";

/** How a decode ended, short of an error. */
export type DecodeResult = "ok" | "no_kv_slot";

/** An adapter in use, and how much of it: 1 is whole, 0 nothing, below 0 the opposite. */
export interface ScaledAdapter {
  adapter: LoraAdapter;
  scale: number;
}

/** A KV cache and the buffers to compute with, for one model. */
export class Context extends SequenceMemory implements Disposable {
  #handle: ContextHandle | undefined;
  readonly #memory: MemoryHandle | null;
  readonly #threads: ContextThreads;
  readonly #rows: RowViews;
  readonly #batchSize: number;
  readonly #outputsMax: number;
  /** 1 for each token of the last batch that has an output. */
  readonly #outputs: Uint8Array;
  #outputSize = 0;
  /** Rows that llama.cpp's output buffer has room for: it is made anew, elsewhere, for more. */
  #rowsReserved: number;
  #causal: boolean;
  #embeddings: boolean;
  #adapters: readonly ScaledAdapter[] = [];

  /**
   * @throws {RangeError} On options that llama.cpp would stop the process for.
   * @throws {NativeError} When llama.cpp cannot make it, most often for want of memory; its log says why.
   */
  constructor(model: Model, options: ContextOptions) {
    super(model, options);
    const { llama } = model.library;
    const params = toContextParams(options, new Uint8Array(llama.llama_context_default_params()));
    const handle = llama.llama_init_from_model(model.handle, params);
    if (handle === null) throw new NativeError(`llama.cpp cannot make a context of ${options.contextLength} tokens`);
    using made = new DisposableStack();
    made.defer(() => llama.llama_free(handle));
    this.#threads = new ContextThreads(model.library, handle, options);
    this.#handle = handle;
    this.#memory = llama.llama_get_memory(handle);
    this.#rows = new RowViews(model.vocabulary.size);
    this.#batchSize = llama.llama_n_batch(handle);
    this.#outputsMax = options.outputs === undefined || model.hasEncoder ? this.#batchSize : options.outputs;
    this.#outputs = new Uint8Array(this.#batchSize);
    this.#rowsReserved = options.sequences;
    this.#causal = model.isCausal;
    this.#embeddings = options.embeddings ?? false;
    made.move();
    model.adopt(this);
  }

  /** The `struct llama_context *`; throws after use. */
  override get handle(): ContextHandle {
    if (this.#handle === undefined) throw new NativeError("This context was disposed");
    return this.#handle;
  }

  protected override get memory(): MemoryHandle | null {
    void this.handle; // Throws once disposed: the memory ends with its context.
    return this.#memory;
  }

  /** Cells of the KV cache, which llama.cpp may have rounded up. */
  get length(): number {
    return this.llama.llama_n_ctx(this.handle);
  }

  /** Tokens that one sequence may have. */
  get sequenceLength(): number {
    return this.llama.llama_n_ctx_seq(this.handle);
  }

  /** The most tokens of one decode, which llama.cpp may have cut down to the context's length. */
  get batchSize(): number {
    return this.llama.llama_n_batch(this.handle);
  }

  /** The most tokens that are computed at once. */
  get ubatchSize(): number {
    return this.llama.llama_n_ubatch(this.handle);
  }

  /** Threads that compute a single token. */
  get threads(): number {
    return this.llama.llama_n_threads(this.handle);
  }

  /** Threads that compute several tokens. */
  get batchThreads(): number {
    return this.llama.llama_n_threads_batch(this.handle);
  }

  /** Whether it keeps anything between two batches: only then can text be generated. */
  get hasMemory(): boolean {
    return this.memory !== null;
  }

  /** How embeddings of a sequence become one. */
  get poolingType(): Pooling {
    const type = this.llama.llama_pooling_type(this.handle);
    const found = Object.entries(POOLING).find(([, value]) => value === type)?.[0];
    // The names of POOLING are those of the type; a model that says nothing does not pool.
    return found === undefined ? "none" : found as Pooling;
  }

  /**
   * Computes a batch, blocking until it is done.
   *
   * @returns `no_kv_slot` when the KV cache has no room; nothing has changed then, and the outputs before can still be read.
   * @throws {RangeError} When the batch is larger, or has more outputs, than the context was made for.
   * @throws {NativeError} On an invalid batch or a failed computation.
   */
  decode(batch: Batch): DecodeResult {
    const { handle } = this;
    const limit = this.#memory !== null && this.#causal ? this.#batchSize : this.ubatchSize;
    const outputs = this.#expectFit(batch, { limit, all: this.#embeddings || this.#memory === null });
    const code = this.llama.llama_decode(handle, batch.bytes);
    // An invalid batch (-1) is refused before anything is done.
    if (code !== -1) this.settle();
    if (code === 1) return "no_kv_slot";
    this.#finish(batch, { code, all: outputs === batch.size, call: "llama_decode" });
    return "ok";
  }

  /**
   * Computes a batch with the model's encoder, blocking until it is done: of an encoder-decoder model for the decodes that follow, of an
   * embedding model for its embeddings. Each token has an output.
   *
   * @throws {RangeError} When the batch has more tokens than are computed at once.
   * @throws {NativeError} On an invalid batch or a failed computation.
   */
  encode(batch: Batch): void {
    const { handle } = this;
    this.#expectFit(batch, { limit: this.ubatchSize, all: true });
    const code = this.llama.llama_encode(handle, batch.bytes);
    this.#finish(batch, { code, all: true, call: "llama_encode" });
  }

  /** llama.cpp aborts the process where a batch is too large. */
  #expectFit(batch: Batch, { limit, all }: { limit: number; all: boolean }): number {
    if (batch.size > limit) throw new RangeError(`A batch of ${batch.size} tokens; this context computes ${limit}`);
    const outputs = all ? batch.size : batch.outputs;
    if (outputs > this.#outputsMax) {
      throw new RangeError(`A batch of ${outputs} outputs; this context has room for ${this.#outputsMax}`);
    }
    // The buffer of outputs is about to be made anew: nobody may go on reading the old one.
    if (outputs > this.#rowsReserved) this.#rows.detach();
    return outputs;
  }

  #finish(batch: Batch, { code, all, call }: { code: number; all: boolean; call: string }): void {
    if (code !== 0) {
      this.#outputSize = 0;
      throw new NativeError(`${call} of ${batch.size} tokens returned ${code}`);
    }
    this.#outputSize = batch.size;
    // Not before: a batch that is refused leaves the buffer as it is.
    this.#rowsReserved = Math.max(this.#rowsReserved, all ? batch.size : batch.outputs);
    if (all) this.#outputs.fill(1, 0, batch.size);
    else batch.copyOutputs(this.#outputs);
    this.#threads.afterDecode();
  }

  /**
   * Checks that the last batch has an output for a token; llama.cpp aborts the process where a sampler asks for one that it has not.
   *
   * @throws {RangeError} When it has not.
   */
  expectOutput(index: number): void {
    if (index < this.#outputSize && this.#outputs[index] === 1) return;
    throw new RangeError(`Token ${index} of the last batch, which had ${this.#outputSize}, has no output`);
  }

  /**
   * The logits after a token of the last batch, shape [vocabulary size], as a view of llama.cpp's memory: the next decode writes over it or
   * empties it. Not to be written to.
   *
   * @param index Its index in the batch, added with `output`.
   * @throws {RangeError} When it has no output.
   */
  logits(index: number): Float32Array<ArrayBuffer> {
    const { handle } = this;
    this.expectOutput(index);
    const pointer = this.llama.llama_get_logits_ith(handle, index);
    if (pointer === null) throw new NativeError(`llama.cpp has no logits of token ${index}`);
    return this.#rows.at(pointer);
  }

  /**
   * The embedding of a token of the last batch, shape [`model.embeddingSize`], as a copy.
   *
   * @throws {RangeError} When it has no output.
   * @throws {NativeError} When the context computes none, or pools them.
   */
  embeddings(index: number): Float32Array<ArrayBuffer> {
    const { handle } = this;
    this.expectOutput(index);
    const pointer = this.#embeddings || this.model.hasEncoder
      ? this.llama.llama_get_embeddings_ith(handle, index)
      : null;
    if (pointer === null) throw new NativeError(`llama.cpp has no embedding of token ${index}`);
    return copyRow(pointer, this.model.embeddingSize);
  }

  /** The pooled embedding of a sequence of the last batch as a copy: shape [`model.embeddingSize`], for `rank` [`model.classifierOutputs`]. */
  sequenceEmbedding(sequence: number): Float32Array<ArrayBuffer> | undefined {
    const pointer = this.llama.llama_get_embeddings_seq(this.handle, this.checked(sequence));
    if (pointer === null) return undefined;
    return copyRow(pointer, this.poolingType === "rank" ? this.model.classifierOutputs : this.model.embeddingSize);
  }

  /** Computes with other numbers of threads, each from 1 to 512, from the next decode on. */
  setThreads(threads: number, batchThreads: number): void {
    void this.handle;
    this.#threads.set({ threads, batchThreads });
  }

  /**
   * Computes with these adapters, and no others, from the next decode on. What the cache holds was computed with those before.
   *
   * @throws {TypeError} On an adapter of another model.
   */
  setAdapters(list: readonly ScaledAdapter[]): void {
    const { handle } = this;
    for (const { adapter, scale } of list) {
      if (adapter.model !== this.model) throw new TypeError(`The adapter "${adapter.path}" is one of another model`);
      checkFloat("scale", scale);
    }
    const pointers = new BigUint64Array(list.map(({ adapter }) => Deno.UnsafePointer.value(adapterHandle(adapter))));
    const scales = new Float32Array(list.map(({ scale }) => scale));
    const code = this.llama.llama_set_adapters_lora(handle, pointers, BigInt(list.length), scales);
    if (code !== 0) throw new NativeError(`llama_set_adapters_lora of ${list.length} adapters returned ${code}`);
    for (const { adapter } of this.#adapters) detachAdapter(adapter, this);
    this.#adapters = list.map((scaled) => ({ ...scaled }));
    for (const { adapter } of list) attachAdapter(adapter, this);
  }

  /** Stops computing with an adapter, which is about to be freed. */
  dropAdapter(dropped: LoraAdapter): void {
    this.setAdapters(this.#adapters.filter(({ adapter }) => adapter !== dropped));
  }

  /** Whether each token sees those before it alone, as in text generation, or all of its batch. */
  setCausalAttention(causal: boolean): void {
    this.llama.llama_set_causal_attn(this.handle, causal);
    this.#causal = causal;
  }

  /** Whether decodes compute embeddings, of every token, or not. */
  setEmbeddings(embeddings: boolean): void {
    this.llama.llama_set_embeddings(this.handle, embeddings);
    this.#embeddings = embeddings;
    // A row is longer with an embedding: the next decode may make the buffer of outputs anew.
    this.#rowsReserved = 0;
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    const { llama } = this.model.library; // Throws when the library was closed, before anything is done.
    for (const { adapter } of this.#adapters) detachAdapter(adapter, this);
    this.#adapters = [];
    this.#rows.detach();
    llama.llama_free(this.#handle);
    this.#threads[Symbol.dispose]();
    this.#handle = undefined;
    this.model.release(this);
  }
}
