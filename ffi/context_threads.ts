import type { ContextHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { type SharedThreadPool, shareThreadPool } from "./thread_pool.ts";

/** How many threads compute. */
export interface ThreadCounts {
  /** A decode of one token. */
  threads: number;
  /** A decode of several. */
  batchThreads: number;
}

/** The threads of a context: one pool, or two where a batch has another number of threads than a single token. Contexts share them. */
export class ContextThreads implements Disposable {
  readonly #library: Library;
  readonly #context: ContextHandle;
  readonly #poll: number | undefined;
  #pools: SharedThreadPool[] = [];
  #retired: SharedThreadPool[] = [];
  #counts: ThreadCounts;

  /** Makes the pools and has the context compute with them. The context must be freed before this is disposed. */
  constructor(library: Library, context: ContextHandle, options: ThreadCounts & { poll?: number | undefined }) {
    this.#library = library;
    this.#context = context;
    this.#poll = options.poll;
    this.#counts = options;
    this.#attach(options);
  }

  /** Computes with other numbers of threads from the next decode on. */
  set({ threads, batchThreads }: ThreadCounts): void {
    if (threads === this.#counts.threads && batchThreads === this.#counts.batchThreads) return;
    const before = this.#pools;
    this.#attach({ threads, batchThreads });
    this.#library.llama.llama_set_n_threads(this.#context, threads, batchThreads);
    this.#counts = { threads, batchThreads };
    this.#retired.push(...before);
  }

  /** Lets go of threads that are out of use. To be called after a decode: ggml lets go of a pool when it computes with another one, not before. */
  afterDecode(): void {
    if (this.#retired.length === 0) return;
    for (const pool of this.#retired) pool[Symbol.dispose]();
    this.#retired = [];
  }

  #attach({ threads, batchThreads }: ThreadCounts): void {
    using made = new DisposableStack();
    const make = (threads: number): SharedThreadPool =>
      made.use(
        shareThreadPool(this.#library, { threads, ...(this.#poll === undefined ? {} : { poll: this.#poll }) }),
      );
    const single = make(threads);
    const batch = batchThreads === threads ? single : make(batchThreads);
    this.#library.llama.llama_attach_threadpool(this.#context, single.handle, batch.handle);
    this.#pools = batch === single ? [single] : [single, batch];
    made.move();
  }

  [Symbol.dispose](): void {
    for (const pool of [...this.#pools, ...this.#retired]) pool[Symbol.dispose]();
    this.#pools = [];
    this.#retired = [];
  }
}
