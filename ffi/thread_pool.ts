import { checkInteger } from "./check_number.ts";
import { PRIORITY, type ThreadPriority } from "./enums.ts";
import { expectHandle, type ThreadPoolHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { NativeError } from "./native_error.ts";
import { defineStruct } from "./struct.ts";

/** Bytes of `cpumask`, the first field of `struct ggml_threadpool_params` of ggml.h; zeros leave the choice of cores to the OS. */
export const CPU_MASK_BYTES = 512;

/** The fields of `struct ggml_threadpool_params` behind `cpumask`; never passed by value. */
export const THREADPOOL_PARAMS_TAIL = defineStruct("ggml_threadpool_params", {
  n_threads: "i32",
  prio: "i32",
  poll: "u32",
  strict_cpu: "bool",
  paused: "bool",
});

/** How {@linkcode ThreadPool} is made. */
export interface ThreadPoolOptions {
  /** From 1 to 512, that of the caller included. */
  threads: number;
  /** How long a thread looks for work before it sleeps: 0 (not at all) to 100; ggml's own (50) unless set. */
  poll?: number;
  /** `normal` unless set. Above that the OS asks for privileges. */
  priority?: ThreadPriority;
}

/** Threads that wait for the next decode. Without them ggml starts and ends its threads in each one. */
export class ThreadPool implements Disposable {
  readonly #library: Library;
  #handle: ThreadPoolHandle | undefined;

  /** @throws {RangeError} On a number of threads or a polling level that ggml does not have. */
  constructor(library: Library, { threads, poll, priority = "normal" }: ThreadPoolOptions) {
    checkInteger("threads", threads, { min: 1, max: 512 });
    if (poll !== undefined) checkInteger("poll", poll, { min: 0, max: 100 });
    this.#library = library;
    const params = new Uint8Array(CPU_MASK_BYTES + THREADPOOL_PARAMS_TAIL.size);
    library.base.ggml_threadpool_params_init(params, threads);
    const tail = THREADPOOL_PARAMS_TAIL.view(params.subarray(CPU_MASK_BYTES));
    if (poll !== undefined) tail.set("poll", poll);
    tail.set("prio", PRIORITY[priority]);
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

/** A pool that others may use, too; it ends with its last user. */
export interface SharedThreadPool extends Disposable {
  readonly handle: ThreadPoolHandle;
}

const SHARED = new WeakMap<Library, Map<string, { pool: ThreadPool; users: number }>>();

/**
 * The one pool of a library with these options. Contexts compute in turn, so they need no more; and the threads of one that is not computing
 * would take the cores away from those of one that is, for as long as they look for work.
 */
export function shareThreadPool(library: Library, options: ThreadPoolOptions): SharedThreadPool {
  const pools = SHARED.get(library) ?? new Map<string, { pool: ThreadPool; users: number }>();
  SHARED.set(library, pools);
  const key = JSON.stringify([options.threads, options.poll, options.priority]);
  const shared = pools.get(key) ?? { pool: new ThreadPool(library, options), users: 0 };
  pools.set(key, shared);
  shared.users++;
  let used = true;
  return {
    handle: shared.pool.handle,
    [Symbol.dispose](): void {
      if (!used) return;
      used = false;
      if (--shared.users > 0) return;
      pools.delete(key);
      shared.pool[Symbol.dispose]();
    },
  };
}
