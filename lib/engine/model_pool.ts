import { EngineError } from "../errors.ts";
import type { Chat } from "./conversation.ts";
import type {
  Embeddings,
  EmbedInput,
  Engine,
  EngineStatus,
  GenerateEvent,
  GenerateInput,
  ModelInfo,
  Ranking,
  RerankInput,
  SlotAction,
  SlotChange,
  SlotInfo,
  TokenizeInput,
} from "./engine.ts";
import type { LoadOptions } from "./protocol.ts";
import { WorkerEngine, type WorkerEngineOptions } from "./worker_engine.ts";
import { WorkerThread } from "./worker_thread.ts";

/** A model that a {@linkcode ModelPool} can load. */
export interface PoolModel {
  /** The name that the API uses. */
  id: string;
  /**
   * Checks its file and says how it is loaded.
   *
   * @param reserved Bytes of memory that the weights of other models take.
   * @throws {EngineError} `out_of_memory` when it does not fit beside them, and whatever is wrong with the file.
   */
  prepare(reserved: number): LoadOptions;
}

/** A model of a pool, and where it stands. */
export interface ServedModel {
  id: string;
  state: "unloaded" | "loading" | "loaded";
  /** What is known of it since it was loaded for the first time. */
  info: ModelInfo | undefined;
}

/** One request's use of a model, which stays loaded until it ends. */
interface Use {
  engine: WorkerEngine;
  /** Ends it; again does nothing. */
  end(): void;
}

/** How a {@linkcode ModelPool} is made. */
export interface ModelPoolOptions {
  /** At least one; their ids differ. */
  models: PoolModel[];
  engine: Omit<WorkerEngineOptions, "modelId" | "thread">;
  /** Models loaded at once at most; fewer where memory is short. From 1 on. */
  max: number;
  /** Milliseconds after its last request at which a model is unloaded; 0 never. */
  idleMs: number;
}

/**
 * Several models in one thread, each loaded when it is first asked for. Where there is no room for one more, the least recently used goes
 * that nobody uses; where all are in use the request waits, and those that come later wait behind it. As an engine it is its first model.
 */
export class ModelPool implements Engine {
  readonly #options: ModelPoolOptions;
  readonly #thread: WorkerThread;
  readonly #models: PooledModel[];
  readonly #first: PooledModel;
  /** Loading and unloading, one after the other. */
  #queue: Promise<void> = Promise.resolve();
  /** Resolved when a model is no longer in use; set while somebody waits for that. */
  #waiting: PromiseWithResolvers<void> | undefined;
  /** Requests that wait for their turn. */
  #queued = 0;
  #clock = 0;

  /** Its thread starts at once. */
  constructor(options: ModelPoolOptions) {
    this.#options = options;
    this.#thread = new WorkerThread(options.engine);
    this.#models = options.models.map((model) => new PooledModel(this, model));
    const [first] = this.#models;
    if (first === undefined) throw new RangeError("A pool has at least one model");
    this.#first = first;
  }

  get status(): EngineStatus {
    return this.#first.status;
  }

  /** Why no model can be used any more, once that is so. */
  get died(): EngineError | undefined {
    return this.#thread.died;
  }

  ready(): Promise<ModelInfo> {
    return this.#first.ready();
  }

  generate(input: GenerateInput, signal?: AbortSignal): AsyncIterable<GenerateEvent> {
    return this.#first.generate(input, signal);
  }

  embed(input: EmbedInput, signal?: AbortSignal): Promise<Embeddings> {
    return this.#first.embed(input, signal);
  }

  rerank(input: RerankInput, signal?: AbortSignal): Promise<Ranking> {
    return this.#first.rerank(input, signal);
  }

  tokenize(input: TokenizeInput): Promise<Int32Array> {
    return this.#first.tokenize(input);
  }

  pieces(tokens: ArrayLike<number>): Promise<Uint8Array[]> {
    return this.#first.pieces(tokens);
  }

  detokenize(tokens: ArrayLike<number>): Promise<string> {
    return this.#first.detokenize(tokens);
  }

  slots(): Promise<SlotInfo[]> {
    return this.#first.slots();
  }

  changeSlot(index: number, action: SlotAction): Promise<SlotChange> {
    return this.#first.changeSlot(index, action);
  }

  endTokens(): Promise<number[]> {
    return this.#first.endTokens();
  }

  render(chat: Chat): Promise<string> {
    return this.#first.render(chat);
  }

  /**
   * The model that a request names: as an engine, which loads it when it is used. Without a name it is the first, as it is by any name where
   * there is just one.
   *
   * @throws {EngineError} `not_found` for a name that none of several models has.
   */
  select(name: string | undefined): Engine {
    const found = this.#models.find(({ id }) => id === name);
    if (found !== undefined) return found;
    if (!name || this.#models.length === 1) return this.#first;
    const names = this.#models.map(({ id }) => `"${id}"`).join(", ");
    throw new EngineError("not_found", `There is no model "${name}"; this server has ${names}`, { param: "model" });
  }

  /** All models, in the order of the options. */
  list(): ServedModel[] {
    return this.#models.map(({ id, state, info }) => ({ id, state, info }));
  }

  /** Ends every request and frees all models. */
  async close(): Promise<void> {
    // First of all, so that whoever waits for room has nothing more loaded.
    const closed = this.#thread.close();
    await Promise.all(this.#models.map((model) => model.unload()));
    await closed;
  }

  /**
   * Loads a model unless it is loaded, and keeps it so until the use ends.
   *
   * @throws {EngineError} `overloaded` when too many wait already; what loading throws; why the thread has ended.
   */
  async acquire(model: PooledModel): Promise<Use> {
    if (this.died !== undefined) throw this.died;
    if (model.engine !== undefined && this.#waiting === undefined) return this.#use(model, model.engine);
    const { queue } = this.#options.engine;
    if (this.#queued > queue) {
      throw new EngineError("overloaded", `${queue} requests wait for a model already (--queue); try again soon`);
    }
    this.#queued++;
    try {
      return await this.#inTurn(async () => this.#use(model, model.engine ?? await this.#load(model)));
    } finally {
      this.#queued--;
    }
  }

  #use(model: PooledModel, engine: WorkerEngine): Use {
    model.users++;
    model.lastUse = ++this.#clock;
    clearTimeout(model.timer);
    let ended = false;
    const end = (): void => {
      if (!ended) this.#release(model);
      ended = true;
    };
    return { engine, end };
  }

  #release(model: PooledModel): void {
    if (--model.users > 0) return;
    this.#waiting?.resolve();
    const { idleMs } = this.#options;
    if (idleMs === 0) return;
    model.timer = setTimeout(() => {
      this.#inTurn(() => model.users === 0 ? model.unload() : Promise.resolve());
    }, idleMs);
    Deno.unrefTimer(model.timer);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.then(() => {}, () => {}); // Whoever asked for it is told.
    return result;
  }

  async #load(model: PooledModel): Promise<WorkerEngine> {
    while (this.#loaded().length >= this.#options.max) await this.#makeRoom();
    for (;;) {
      if (this.died !== undefined) throw this.died;
      try {
        const reserved = this.#loaded().reduce((sum, { info }) => sum + (info?.sizeBytes ?? 0), 0);
        return await model.load(model.prepare(reserved), { ...this.#options.engine, thread: this.#thread });
      } catch (error) {
        const short = error instanceof EngineError && error.code === "out_of_memory";
        if (!short || this.#loaded().length === 0) throw error;
        await this.#makeRoom();
      }
    }
  }

  #loaded(): PooledModel[] {
    return this.#models.filter(({ engine }) => engine !== undefined);
  }

  /** Unloads the least recently used of those that nobody uses, as soon as there is one; in a closing pool there may be none. */
  async #makeRoom(): Promise<void> {
    const idle = (): PooledModel[] => this.#loaded().filter(({ users }) => users === 0);
    while (idle().length === 0 && this.#loaded().length > 0) {
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
      this.#waiting = undefined;
    }
    const [oldest] = idle().sort((a, b) => a.lastUse - b.lastUse);
    await oldest?.unload();
  }
}

/** One model of a pool, loaded or not. */
class PooledModel implements Engine {
  readonly id: string;
  readonly prepare: PoolModel["prepare"];
  /** Set once it is loaded. */
  engine: WorkerEngine | undefined;
  info: ModelInfo | undefined;
  state: ServedModel["state"] = "unloaded";
  /** Requests that the thread still works on, whoever reads their answers. */
  users = 0;
  lastUse = 0;
  timer: number | undefined;
  readonly #pool: ModelPool;
  #failure: EngineError | undefined;

  constructor(pool: ModelPool, { id, prepare }: PoolModel) {
    this.#pool = pool;
    this.id = id;
    this.prepare = prepare;
  }

  /** Ready once it was loaded, as long as the thread lives: what was unloaded is loaded again when it is used. */
  get status(): EngineStatus {
    const { died } = this.#pool;
    if (died !== undefined) return { state: "failed", error: died };
    const model = this.info;
    if (model !== undefined) return { state: "ready", model };
    return this.#failure === undefined ? { state: "loading" } : { state: "failed", error: this.#failure };
  }

  /** Loads it only the first time: what is known of it stays true, and a request that computes takes a turn of its own. */
  async ready(): Promise<ModelInfo> {
    const { status } = this;
    if (status.state === "ready") return status.model;
    return await this.#with((engine) => engine.ready());
  }

  async *generate(input: GenerateInput, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    const { engine, end } = await this.#pool.acquire(this);
    try {
      yield* engine.generate(input, signal, { onWorkDone: end });
    } finally {
      end();
    }
  }

  embed(input: EmbedInput, signal?: AbortSignal): Promise<Embeddings> {
    return this.#with((engine) => engine.embed(input, signal));
  }

  rerank(input: RerankInput, signal?: AbortSignal): Promise<Ranking> {
    return this.#with((engine) => engine.rerank(input, signal));
  }

  tokenize(input: TokenizeInput): Promise<Int32Array> {
    return this.#with((engine) => engine.tokenize(input));
  }

  pieces(tokens: ArrayLike<number>): Promise<Uint8Array[]> {
    return this.#with((engine) => engine.pieces(tokens));
  }

  detokenize(tokens: ArrayLike<number>): Promise<string> {
    return this.#with((engine) => engine.detokenize(tokens));
  }

  slots(): Promise<SlotInfo[]> {
    // Whoever only looks does not have it loaded, or kept.
    return this.engine?.slots() ?? Promise.resolve([]);
  }

  changeSlot(index: number, action: SlotAction): Promise<SlotChange> {
    return this.#with((engine) => engine.changeSlot(index, action));
  }

  endTokens(): Promise<number[]> {
    return this.#with((engine) => engine.endTokens());
  }

  render(chat: Chat): Promise<string> {
    return this.#with((engine) => engine.render(chat));
  }

  close(): Promise<void> {
    return this.unload();
  }

  async #with<T>(use: (engine: WorkerEngine) => Promise<T>): Promise<T> {
    const { engine, end } = await this.#pool.acquire(this);
    try {
      return await use(engine);
    } finally {
      end();
    }
  }

  /** Loads it into a thread. */
  async load(load: LoadOptions, options: Omit<WorkerEngineOptions, "modelId">): Promise<WorkerEngine> {
    const engine = new WorkerEngine({ ...options, modelId: this.id });
    this.state = "loading";
    try {
      engine.load(load);
      this.info = await engine.ready();
      this.state = "loaded";
      return this.engine = engine;
    } catch (error) {
      this.state = "unloaded";
      if (error instanceof EngineError) this.#failure = error;
      await engine.close();
      throw error;
    }
  }

  /** Frees it; its requests end as cancelled. */
  async unload(): Promise<void> {
    clearTimeout(this.timer);
    const { engine } = this;
    this.engine = undefined;
    if (engine === undefined) return;
    await engine.close();
    this.state = "unloaded";
  }
}
