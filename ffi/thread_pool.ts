import { expectHandle, type ThreadPoolHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { NativeError } from "./native_error.ts";

/**
 * Room for a `struct ggml_threadpool_params`, of which we read and write no field: ggml fills in its defaults. The header test holds it
 * against the struct's size.
 */
export const THREADPOOL_PARAMS_BYTES = 1024;

/** Threads that wait for the next decode. Without them ggml starts and ends its threads in each one. */
export class ThreadPool implements Disposable {
  readonly #library: Library;
  #handle: ThreadPoolHandle | undefined;

  /** @param threads From 1 to 512, that of the caller included. */
  constructor(library: Library, threads: number) {
    if (!Number.isInteger(threads) || threads < 1 || threads > 512) {
      throw new RangeError(`No pool of ${threads} threads`);
    }
    this.#library = library;
    const params = new Uint8Array(THREADPOOL_PARAMS_BYTES);
    library.base.ggml_threadpool_params_init(params, threads);
    this.#handle = expectHandle(library.cpu.ggml_threadpool_new(params), "pool of threads");
  }

  /** The `struct ggml_threadpool *`; throws after use. */
  get handle(): ThreadPoolHandle {
    if (this.#handle === undefined) throw new NativeError("This pool of threads was disposed");
    return this.#handle;
  }

  /** Ends the threads; no context may use them any more. */
  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.#library.cpu.ggml_threadpool_free(this.#handle);
    this.#handle = undefined;
  }
}
