import { EngineError } from "../errors.ts";
import type { ChatTemplate } from "../text/chat_template.ts";
import { withoutDoubledTokens } from "../text/without_doubled_tokens.ts";
import type { Engine, EngineStatus, GenerateEvent, GenerateInput, ModelInfo, Prompt, Sampling } from "./engine.ts";
import { EventQueue } from "./event_queue.ts";
import type { ErrorData, FromWorker, LoadedModel, LoadOptions, ToWorker } from "./protocol.ts";

/** How a {@linkcode WorkerEngine} is made. */
export interface WorkerEngineOptions {
  /** The worker's module: `lib/engine/worker.ts`, or its bundle. */
  workerUrl: URL;
  /** The name that the API uses for the model. */
  modelId: string;
  /** What requests leave out. */
  sampling: Sampling;
  /** The most tokens of an answer when a request does not say; undefined up to the end of the context. */
  maxTokens?: number;
  /** Takes a line of llama.cpp's log; levels as ggml's: 2 info, 3 warning, 4 error. */
  log: (level: number, text: string) => void;
}

/** The engine in a worker of this process. Its thread starts at once, {@linkcode WorkerEngine.load} gives it a model. */
export class WorkerEngine implements Engine {
  readonly #worker: Worker;
  readonly #options: WorkerEngineOptions;
  readonly #counter = new SharedArrayBuffer(4);
  readonly #posted = new Int32Array(this.#counter);
  readonly #requests = new Map<number, EventQueue<GenerateEvent>>();
  readonly #ready = Promise.withResolvers<ModelInfo>();
  readonly #closed = Promise.withResolvers<void>();
  #status: EngineStatus = { state: "loading" };
  #loaded: LoadedModel | undefined;
  #template: Promise<ChatTemplate> | undefined;
  #lastId = 0;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#worker = new Worker(options.workerUrl, { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<FromWorker>): void => this.#receive(event.data);
    this.#worker.onerror = (event): void => {
      event.preventDefault();
      this.#fail(new EngineError("internal", `The engine's thread died: ${event.message}`));
      this.#closed.resolve();
    };
    // Whoever needs the outcome calls ready(); nobody having called it yet must not end the process.
    this.#ready.promise.catch(() => {});
  }

  get status(): EngineStatus {
    return this.#status;
  }

  ready(): Promise<ModelInfo> {
    return this.#ready.promise;
  }

  /** Has the worker load a model, whose file must have been checked. Called once. */
  load(options: LoadOptions): void {
    this.#post({ type: "load", options, counter: this.#counter });
  }

  async *generate(input: GenerateInput, signal?: AbortSignal): AsyncGenerator<GenerateEvent, void> {
    const text = await this.#render(input.prompt);
    // It may have failed or been closed meanwhile: a request registered now would never be answered.
    if (this.#status.state === "failed") throw this.#status.error;
    const sampling = { ...this.#options.sampling, ...input.sampling };
    const seed = sampling.seed ?? drawSeed();
    const maxTokens = input.maxTokens ?? this.#options.maxTokens;
    if (signal?.aborted) throw cancelled();
    const id = ++this.#lastId;
    const queue = new EventQueue<GenerateEvent>();
    const abort = (): void => queue.fail(cancelled());
    signal?.addEventListener("abort", abort, { once: true });
    this.#requests.set(id, queue);
    this.#post({
      type: "generate",
      id,
      text,
      sampling: { ...sampling, seed },
      stop: input.stop ?? [],
      ...(maxTokens === undefined ? {} : { maxTokens }),
    });
    try {
      yield* queue;
    } finally {
      signal?.removeEventListener("abort", abort);
      // Still known here means that the worker has not ended it: the caller left.
      if (this.#requests.delete(id)) this.#post({ type: "cancel", id });
    }
  }

  async close(): Promise<void> {
    this.#fail(new EngineError("cancelled", "The engine was closed"));
    this.#post({ type: "close" });
    await this.#closed.promise;
    this.#worker.terminate();
  }

  async #render(prompt: Prompt): Promise<string> {
    const loaded = this.#loaded;
    if (this.#status.state === "failed") throw this.#status.error;
    if (loaded === undefined) {
      throw new EngineError("loading", "The model is still being loaded; try again in a moment");
    }
    if (prompt.kind === "text") return prompt.text;
    const template = await (this.#template ??= makeTemplate(loaded));
    return withoutDoubledTokens(template.render(prompt.messages), loaded);
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case "loaded":
        this.#becomeReady(message.model);
        break;
      case "load_failed":
        this.#fail(fromData(message.error));
        break;
      case "log":
        this.#options.log(message.level, message.text);
        break;
      case "text":
        this.#requests.get(message.id)?.push({ type: "text", text: message.text });
        break;
      case "done": {
        const { id, finishReason, usage, prefillMs, decodeMs } = message;
        this.#take(id)?.push({ type: "done", finishReason, usage, prefillMs, decodeMs }).end();
        break;
      }
      case "failed":
        this.#take(message.id)?.fail(fromData(message.error));
        break;
      case "closed":
        this.#closed.resolve();
        break;
    }
  }

  #becomeReady(loaded: LoadedModel): void {
    if (this.#status.state !== "loading") return;
    this.#loaded = loaded;
    const model: ModelInfo = {
      id: this.#options.modelId,
      created: Math.floor(Date.now() / 1000),
      description: loaded.description,
      sizeBytes: loaded.sizeBytes,
      parameters: loaded.parameters,
      contextLength: loaded.contextLength,
      trainContextLength: loaded.trainContextLength,
      vocabularySize: loaded.vocabularySize,
      hasChatTemplate: loaded.chatTemplate !== undefined,
      threads: loaded.threads,
      backend: loaded.backend,
      cpuVariant: loaded.cpuVariant,
    };
    this.#status = { state: "ready", model };
    this.#ready.resolve(model);
  }

  #take(id: number): EventQueue<GenerateEvent> | undefined {
    const queue = this.#requests.get(id);
    this.#requests.delete(id);
    return queue;
  }

  #fail(error: EngineError): void {
    this.#status = { state: "failed", error };
    this.#ready.reject(error);
    for (const id of [...this.#requests.keys()]) this.#take(id)?.fail(error);
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
    Atomics.add(this.#posted, 0, 1);
  }
}

/** Imports Jinja when it is first needed, or as soon as the model is loaded: its evaluation would delay the loading itself. */
async function makeTemplate(loaded: LoadedModel): Promise<ChatTemplate> {
  const { ChatTemplate } = await import("../text/chat_template.ts");
  return new ChatTemplate(loaded.chatTemplate, loaded);
}

function drawSeed(): number {
  // 2³²-1 is llama.cpp's way to say "random", which could not be told to the client.
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % (2 ** 32 - 1);
}

function cancelled(): EngineError {
  return new EngineError("cancelled", "The request was cancelled");
}

function fromData({ code, message, param }: ErrorData): EngineError {
  return new EngineError(code, message, param === undefined ? {} : { param });
}
