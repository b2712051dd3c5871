import { EngineError } from "../errors.ts";
import { LOG_LEVEL } from "./log_level.ts";
import type { FromEngine, FromWorker, LoadOptions, ToEngine, ToWorker } from "./protocol.ts";

/** Who a thread tells what comes of a model. */
export interface ThreadUser {
  receive(message: FromWorker): void;
  /** The thread has ended by an error. */
  fail(error: EngineError): void;
}

/** How a {@linkcode WorkerThread} is made. */
export interface WorkerThreadOptions {
  /** The worker's module: `lib/engine/worker.ts`, or its bundle. */
  workerUrl: URL;
  /** Takes a line of llama.cpp's log; levels as ggml's: 2 info, 3 warning, 4 error. */
  log: (level: number, text: string) => void;
}

/** The host's end of the engine's thread, which may hold several models: ggml's backends are one in a process. It starts at once. */
export class WorkerThread {
  readonly #worker: Worker;
  readonly #counter = new SharedArrayBuffer(4);
  readonly #posted = new Int32Array(this.#counter);
  readonly #users = new Map<number, ThreadUser>();
  readonly #closed = Promise.withResolvers<void>();
  #lastEngine = 0;
  /** Why nothing more can be sent. */
  #died: EngineError | undefined;

  constructor({ workerUrl, log }: WorkerThreadOptions) {
    this.#worker = new Worker(workerUrl, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromEngine>): void => {
      if (data.type === "closed") this.#closed.resolve();
      else if (data.type === "log") log(data.level, data.text);
      else this.#users.get(data.engine)?.receive(data);
    };
    this.#worker.onerror = (event): void => {
      event.preventDefault();
      this.#died = new EngineError("internal", `The engine's thread died: ${event.message}; restart the program`);
      log(LOG_LEVEL.error, this.#died.message);
      for (const user of this.#users.values()) {
        user.fail(this.#died);
        user.receive({ type: "unloaded" });
      }
      this.#closed.resolve();
    };
  }

  /** Why nothing more can be computed, once it has ended. */
  get died(): EngineError | undefined {
    return this.#died;
  }

  /** Takes in who is to be told of one more model, and gives the number that messages about it bear. */
  join(user: ThreadUser): number {
    const engine = ++this.#lastEngine;
    this.#users.set(engine, user);
    return engine;
  }

  /** Tells a user nothing more. */
  leave(engine: number): void {
    this.#users.delete(engine);
  }

  /** Has the thread load a model. */
  load(engine: number, options: LoadOptions): void {
    if (this.#died !== undefined) this.#users.get(engine)?.fail(this.#died);
    else this.#send({ type: "load", engine, options, counter: this.#counter });
  }

  /** Sends a message about a model. */
  post(engine: number, message: ToEngine): void {
    if (this.#died !== undefined) this.#users.get(engine)?.receive({ type: "unloaded" });
    else this.#send({ ...message, engine });
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
    Atomics.add(this.#posted, 0, 1);
  }

  /** Frees all models and ends the thread. */
  async close(): Promise<void> {
    if (this.#died === undefined) this.#send({ type: "close" });
    this.#died ??= new EngineError("cancelled", "The engine was closed");
    for (const user of this.#users.values()) user.fail(this.#died);
    await this.#closed.promise;
    this.#worker.terminate();
  }
}
