import type { Batch } from "./batch.ts";
import { type ContextHandle, expectHandle, type MemoryHandle } from "./handles.ts";
import type { Model } from "./model.ts";
import { NativeError } from "./native_error.ts";
import { CONTEXT_PARAMS } from "./structs.ts";
import { ThreadPool } from "./thread_pool.ts";

/** How a context is made. */
export interface ContextOptions {
  /** Cells of the KV cache, shared by all sequences. */
  contextLength: number;
  /** The most tokens of one decode. */
  batchSize: number;
  /** The most tokens computed at once inside a decode. */
  ubatchSize: number;
  /** The most sequences at once. */
  sequences: number;
  threads: number;
  /** Flash attention; undefined lets llama.cpp choose. */
  flashAttention?: boolean;
}

/** How a decode ended, short of an error. */
export type DecodeResult = "ok" | "no_kv_slot";

/** `enum llama_flash_attn_type` of llama.h. */
const FLASH_ATTENTION = { auto: -1, off: 0, on: 1 } as const;

/** A KV cache and the buffers to compute with, for one model. */
export class Context implements Disposable {
  readonly model: Model;
  #handle: ContextHandle | undefined;
  readonly #memory: MemoryHandle;
  readonly #threads: ThreadPool;

  /** @throws {NativeError} When llama.cpp cannot make it, most often for want of memory; its log says why. */
  constructor(model: Model, options: ContextOptions) {
    const { llama } = model.library;
    const params = CONTEXT_PARAMS.view(new Uint8Array(llama.llama_context_default_params()));
    params.set("n_ctx", options.contextLength);
    params.set("n_batch", options.batchSize);
    params.set("n_ubatch", options.ubatchSize);
    params.set("n_seq_max", options.sequences);
    params.set("n_threads", options.threads);
    params.set("n_threads_batch", options.threads);
    params.set("kv_unified", true);
    const { auto, on, off } = FLASH_ATTENTION;
    params.set("flash_attn_type", options.flashAttention === undefined ? auto : options.flashAttention ? on : off);
    const handle = llama.llama_init_from_model(model.handle, params.bytes);
    if (handle === null) throw new NativeError(`llama.cpp cannot make a context of ${options.contextLength} tokens`);
    this.model = model;
    this.#handle = handle;
    this.#memory = expectHandle(llama.llama_get_memory(handle), "memory of a context");
    this.#threads = new ThreadPool(model.library, options.threads);
    llama.llama_attach_threadpool(handle, this.#threads.handle, this.#threads.handle);
    model.adopt(this);
  }

  /** The `struct llama_context *`; throws after use. */
  get handle(): ContextHandle {
    if (this.#handle === undefined) throw new NativeError("This context was disposed");
    return this.#handle;
  }

  /** Cells of the KV cache, which llama.cpp may have rounded up. */
  get length(): number {
    return this.model.library.llama.llama_n_ctx(this.handle);
  }

  /** Tokens that one sequence may have. */
  get sequenceLength(): number {
    return this.model.library.llama.llama_n_ctx_seq(this.handle);
  }

  /** The most tokens that are computed at once. */
  get ubatchSize(): number {
    return this.model.library.llama.llama_n_ubatch(this.handle);
  }

  /** Threads that compute. */
  get threads(): number {
    return this.model.library.llama.llama_n_threads(this.handle);
  }

  /**
   * Computes a batch, blocking until it is done.
   *
   * @returns `no_kv_slot` when the KV cache has no room; nothing has changed then.
   * @throws {NativeError} On an invalid batch or a failed computation.
   */
  decode(batch: Batch): DecodeResult {
    const code = this.model.library.llama.llama_decode(this.handle, batch.bytes);
    if (code === 0) return "ok";
    if (code === 1) return "no_kv_slot";
    throw new NativeError(`llama_decode of ${batch.size} tokens returned ${code}`);
  }

  /** Frees the cells of a sequence from `position` on, all by default. */
  removeSequence(sequence: number, position = 0): boolean {
    return this.model.library.llama.llama_memory_seq_rm(this.#liveMemory(), sequence, position, -1);
  }

  /** Frees all cells. */
  clear(): void {
    this.model.library.llama.llama_memory_clear(this.#liveMemory(), false);
  }

  #liveMemory(): MemoryHandle {
    void this.handle; // Throws once disposed: the memory ends with its context.
    return this.#memory;
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.model.library.llama.llama_free(this.#handle);
    this.#threads[Symbol.dispose]();
    this.#handle = undefined;
    this.model.release(this);
  }
}
