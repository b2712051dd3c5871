import { EngineError } from "../errors.ts";
import type { AnswerParser } from "../text/answer_parser.ts";
import type { AnswerPlan } from "../text/answer_plan.ts";
import type { TemplateSettings } from "../text/template_settings.ts";
import type { Conversations } from "./conversations.ts";
import type { Chat } from "./conversation.ts";
import type {
  ComputeSettings,
  Embeddings,
  EmbedInput,
  Engine,
  EngineStatus,
  GenerateEvent,
  GenerateInput,
  ModelInfo,
  Prompt,
  Ranking,
  RerankInput,
  Sampling,
  SlotAction,
  SlotChange,
  SlotInfo,
  TokenizeInput,
} from "./engine.ts";
import { drawSeed } from "./draw_seed.ts";
import { EventQueue } from "./event_queue.ts";
import { expectTokens } from "./expect_tokens.ts";
import type {
  EmbedRequest,
  ErrorData,
  FromWorker,
  GenerateRequest,
  LoadedModel,
  LoadOptions,
  Query,
  QueryAnswers,
  RawPrompt,
  RequestEvent,
  ToEngine,
} from "./protocol.ts";
import { ParsedAnswer } from "./parsed_answer.ts";
import { settingsOf } from "./settings_of.ts";
import { WorkerThread } from "./worker_thread.ts";

/** How a {@linkcode WorkerEngine} is made. */
export interface WorkerEngineOptions {
  /** The worker's module: `lib/engine/worker.ts`, or its bundle. */
  workerUrl: URL;
  /** A thread that holds other models, too; one of its own when absent. */
  thread?: WorkerThread;
  /** The name that the API uses for the model. */
  modelId: string;
  /** What requests leave out. */
  sampling: Sampling;
  /** The most tokens of an answer when a request does not say; undefined up to the end of the context. */
  maxTokens?: number;
  /** Requests that may wait for a free sequence; more are refused. */
  queue: number;
  /** Guess tokens ahead unless a request says otherwise. */
  speculation: boolean;
  /** Prompt tokens that a context shift keeps unless a request says otherwise; -1 all. */
  keep: number;
  /** How conversations become prompts, where not as the model says. */
  template?: TemplateSettings;
  /** Takes a line of llama.cpp's log; levels as ggml's: 2 info, 3 warning, 4 error. */
  log: (level: number, text: string) => void;
}

/** What more a {@linkcode WorkerEngine} takes with a request. */
export interface GenerateOptions {
  /** Called once the worker has nothing more to do for it: what is still to be read then lies in this process. */
  onWorkDone?: () => void;
}

/** A request that the worker has not ended. */
interface Running extends GenerateOptions {
  queue: EventQueue<GenerateEvent>;
  choices: number;
}

/** Tokens can be asked about that are so many times what fits into the context. */
const LONG_TEXT = 16;

type Embedded = Omit<Extract<RequestEvent, { type: "embedded" }>, "id">;

/** The engine in a worker of this process. Its thread starts at once, {@linkcode WorkerEngine.load} gives it a model. */
export class WorkerEngine implements Engine {
  readonly #thread: WorkerThread;
  /** Its number in the thread. */
  readonly #number: number;
  readonly #options: WorkerEngineOptions;
  readonly #requests = new Map<number, Running>();
  readonly #embeddings = new Map<number, PromiseWithResolvers<Embedded>>();
  readonly #queries = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ready = Promise.withResolvers<ModelInfo>();
  readonly #unloaded = Promise.withResolvers<void>();
  #status: EngineStatus = { state: "loading" };
  #loaded: LoadedModel | undefined;
  #settings: ComputeSettings | undefined;
  #conversations: Promise<Conversations> | undefined;
  #endTokens: number[] | undefined;
  #lastId = 0;
  #parallel = 1;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#thread = options.thread ?? new WorkerThread(options);
    this.#number = this.#thread.join({
      receive: (message) => this.#receive(message),
      fail: (error) => this.#fail(error),
    });
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
    this.#parallel = options.context.parallel;
    this.#settings = settingsOf(options, this.#options.keep);
    this.#thread.load(this.#number, options);
  }

  async *generate(
    input: GenerateInput,
    signal?: AbortSignal,
    options: GenerateOptions = {},
  ): AsyncGenerator<GenerateEvent, void> {
    const { prompt, plan } = await this.#plan(input);
    // It may have failed or been closed meanwhile: a request registered now would never be answered.
    if (this.#status.state === "failed") throw this.#status.error;
    if (signal?.aborted) throw cancelled();
    this.#expectRoom();
    const id = ++this.#lastId;
    const queue = new EventQueue<GenerateEvent>();
    // At once: whoever reads may rest.
    const abort = (): void => this.#leave(id);
    signal?.addEventListener("abort", abort, { once: true });
    this.#requests.set(id, { ...options, queue, choices: input.choices ?? 1 });
    try {
      this.#post({ type: "generate", ...this.#toRequest(id, { ...input, prompt }, plan) });
      yield* plan.parser === undefined ? queue : readAnswer(queue, plan.parser);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#leave(id);
    }
  }

  /** Cancels a request, unless the worker has ended it. */
  #leave(id: number): void {
    const queue = this.#take(id);
    if (queue === undefined) return;
    this.#post({ type: "cancel", id });
    queue.fail(cancelled());
  }

  async embed({ inputs }: EmbedInput, signal?: AbortSignal): Promise<Embeddings> {
    const { vectors, size, promptTokens } = await this.#embed({ kind: "embed", inputs }, signal);
    return { embeddings: vectors, size, promptTokens };
  }

  async rerank({ query, documents }: RerankInput, signal?: AbortSignal): Promise<Ranking> {
    const { vectors, promptTokens } = await this.#embed({ kind: "rerank", query, documents }, signal);
    // A classifier of several outputs has the score first, as llama-server takes it.
    return { scores: vectors.map(([score = 0]) => score), promptTokens };
  }

  async #embed(task: EmbedRequest["task"], signal?: AbortSignal): Promise<Embedded> {
    this.#expectLoaded();
    if (signal?.aborted) throw cancelled();
    this.#expectRoom();
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<Embedded>();
    const abort = (): void => waiting.reject(cancelled());
    signal?.addEventListener("abort", abort, { once: true });
    this.#embeddings.set(id, waiting);
    try {
      this.#post({ type: "embed", id, task });
      return await waiting.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      if (this.#embeddings.delete(id)) this.#post({ type: "cancel", id });
    }
  }

  async tokenize({ prompt, addSpecial = true, parseSpecial = true }: TokenizeInput): Promise<Int32Array> {
    return await this.#ask({ kind: "tokenize", prompt: await this.#render(prompt), addSpecial, parseSpecial });
  }

  async pieces(tokens: ArrayLike<number>): Promise<Uint8Array[]> {
    const { bytes, ends } = await this.#askPieces(tokens);
    return Array.from(ends, (end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  }

  async detokenize(tokens: ArrayLike<number>): Promise<string> {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode((await this.#askPieces(tokens)).bytes);
  }

  async slots(): Promise<SlotInfo[]> {
    return await this.#ask({ kind: "slots" });
  }

  async changeSlot(index: number, action: SlotAction): Promise<SlotChange> {
    return await this.#ask({ kind: "changeSlot", index, action });
  }

  async #askPieces(tokens: ArrayLike<number>): Promise<QueryAnswers["pieces"]> {
    const { vocabularySize, contextLength } = this.#expectLoaded();
    expectTokens(tokens, { size: vocabularySize, param: "tokens", most: contextLength * LONG_TEXT });
    return await this.#ask({ kind: "pieces", tokens: Int32Array.from(tokens) });
  }

  async endTokens(): Promise<number[]> {
    this.#expectLoaded();
    return this.#endTokens ??= await this.#ask({ kind: "endTokens" });
  }

  async render(chat: Chat): Promise<string> {
    const rendered = await this.#render({ kind: "chat", ...chat });
    if (typeof rendered !== "string") throw new TypeError("A conversation was rendered as something else than a text");
    return rendered;
  }

  /** Asks the worker, which answers between two decodes. */
  async #ask<Kind extends Query["kind"]>(query: Query & { kind: Kind }): Promise<QueryAnswers[Kind]> {
    this.#expectLoaded();
    // What the slots do is asked most where all are at work.
    if (query.kind !== "slots") this.#expectRoom();
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<unknown>();
    this.#queries.set(id, waiting);
    this.#post({ type: "query", id, query });
    // The worker's answer is of the query's kind.
    return await waiting.promise as QueryAnswers[Kind];
  }

  #expectRoom(): void {
    const { queue: waiting } = this.#options;
    // Each choice is a sequence. The last request to come in may have as many as it likes.
    const sequences = this.#requests.values().reduce((sum, { choices }) => sum + choices, 0);
    if (sequences + this.#embeddings.size + this.#queries.size < this.#parallel + waiting) return;
    throw new EngineError("overloaded", `${waiting} requests or choices wait already (--queue); try again soon`);
  }

  #toRequest(
    id: number,
    input: Omit<GenerateInput, "prompt"> & Pick<GenerateRequest, "prompt">,
    { grammar, markers, budget }: AnswerPlan,
  ): GenerateRequest {
    const sampling = { ...this.#options.sampling, ...input.sampling };
    const { prompt, logprobs, promptLogprobs = false, maxPredictMs, prediction, lora, reproducible = false } = input;
    const maxTokens = input.maxTokens ?? this.#options.maxTokens;
    return {
      id,
      prompt,
      sampling: { ...sampling, seed: sampling.seed ?? drawSeed() },
      stop: input.stop ?? [],
      markers,
      ...(grammar === undefined ? {} : { grammar: JSON.stringify(grammar) }),
      ...(budget === undefined ? {} : { thoughts: budget }),
      choices: input.choices ?? 1,
      stream: input.stream ?? true,
      speculation: !reproducible && (input.speculation ?? this.#options.speculation),
      cachePrompt: !reproducible && (input.cachePrompt ?? true),
      promptLogprobs,
      reproducible,
      keep: input.keep ?? this.#options.keep,
      client: input.client ?? {},
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(logprobs === undefined ? {} : { logprobs }),
      ...(maxPredictMs === undefined ? {} : { maxPredictMs }),
      ...(prediction === undefined ? {} : { prediction }),
      ...(lora === undefined ? {} : { lora }),
    };
  }

  async close(): Promise<void> {
    this.#fail(new EngineError("cancelled", "The engine was closed"));
    if (this.#options.thread === undefined) await this.#thread.close();
    else {
      this.#post({ type: "unload" });
      await this.#unloaded.promise;
    }
    this.#thread.leave(this.#number);
  }

  #expectLoaded(): LoadedModel {
    if (this.#status.state === "failed") throw this.#status.error;
    if (this.#loaded !== undefined) return this.#loaded;
    throw new EngineError("loading", "The model is still being loaded; try again in a moment");
  }

  async #render(prompt: Prompt): Promise<RawPrompt> {
    const loaded = this.#expectLoaded();
    if (prompt.kind === "text") return prompt.text;
    if (prompt.kind === "tokens") return prompt.tokens;
    if (prompt.kind === "parts") return { parts: prompt.parts };
    if (prompt.kind === "infill") return { before: prompt.before, after: prompt.after };
    const conversations = await this.#conversationsWith(loaded);
    if (prompt.kind === "chat") return conversations.render(prompt);
    return { beginningOf: prompt.chats.map((chat) => conversations.render(chat)) };
  }

  /** A request's prompt, and how its answer is to be written and read. */
  async #plan({ prompt, grammar }: GenerateInput): Promise<{ prompt: RawPrompt; plan: AnswerPlan }> {
    if (prompt.kind === "chat") return (await this.#conversationsWith(this.#expectLoaded())).plan(prompt, grammar);
    return { prompt: await this.#render(prompt), plan: { markers: [], ...(grammar === undefined ? {} : { grammar }) } };
  }

  #conversationsWith(loaded: LoadedModel): Promise<Conversations> {
    return this.#conversations ??= makeConversations(loaded, this.#options.template);
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
      case "events":
        for (const event of message.events) this.#dispatch(event);
        break;
      case "unloaded":
        this.#unloaded.resolve();
        break;
    }
  }

  #dispatch({ id, ...event }: RequestEvent): void {
    if (event.type === "failed") {
      const error = fromData(event.error);
      this.#take(id)?.fail(error);
      this.#takeEmbedding(id)?.reject(error);
      this.#takeQuery(id)?.reject(error);
    } else if (event.type === "answered") this.#takeQuery(id)?.resolve(event.answer);
    else if (event.type === "embedded") this.#takeEmbedding(id)?.resolve(event);
    else if (event.type === "done") this.#take(id)?.push(event).end();
    else this.#requests.get(id)?.queue.push(event);
  }

  #becomeReady(loaded: LoadedModel): void {
    const settings = this.#settings;
    if (this.#status.state !== "loading" || settings === undefined) return;
    this.#loaded = loaded;
    const chatTemplate = this.#options.template?.source ?? loaded.chatTemplate;
    const model: ModelInfo = {
      id: this.#options.modelId,
      created: Math.floor(Date.now() / 1000),
      description: loaded.description,
      sizeBytes: loaded.sizeBytes,
      parameters: loaded.parameters,
      contextLength: loaded.contextLength,
      trainContextLength: loaded.trainContextLength,
      vocabularySize: loaded.vocabularySize,
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
      bosText: loaded.bosText,
      eosText: loaded.eosText,
      infills: loaded.infills,
      parallel: loaded.parallel,
      threads: loaded.threads,
      backend: loaded.backend,
      cpuVariant: loaded.cpuVariant,
      settings,
    };
    this.#status = { state: "ready", model };
    this.#ready.resolve(model);
  }

  #take(id: number): EventQueue<GenerateEvent> | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    request?.onWorkDone?.();
    return request?.queue;
  }

  #takeEmbedding(id: number): PromiseWithResolvers<Embedded> | undefined {
    const waiting = this.#embeddings.get(id);
    this.#embeddings.delete(id);
    return waiting;
  }

  #takeQuery(id: number): PromiseWithResolvers<unknown> | undefined {
    const waiting = this.#queries.get(id);
    this.#queries.delete(id);
    return waiting;
  }

  #fail(error: EngineError): void {
    this.#status = { state: "failed", error };
    this.#ready.reject(error);
    for (const id of [...this.#requests.keys()]) this.#take(id)?.fail(error);
    for (const id of [...this.#embeddings.keys()]) this.#takeEmbedding(id)?.reject(error);
    for (const id of [...this.#queries.keys()]) this.#takeQuery(id)?.reject(error);
  }

  #post(message: ToEngine): void {
    this.#thread.post(this.#number, message);
  }
}

/** Imports Jinja when it is first needed, or as soon as the model is loaded: its evaluation would delay the loading itself. */
async function makeConversations(loaded: LoadedModel, settings?: TemplateSettings): Promise<Conversations> {
  const { Conversations } = await import("./conversations.ts");
  return new Conversations(loaded.chatTemplate, loaded, settings);
}

/** Reads the answer's text for what it says, thinks and calls. */
async function* readAnswer(
  events: AsyncIterable<GenerateEvent>,
  makeParser: () => AnswerParser,
): AsyncGenerator<GenerateEvent, void> {
  const answer = new ParsedAnswer(makeParser);
  for await (const event of events) yield* answer.read(event);
}

function cancelled(): EngineError {
  return new EngineError("cancelled", "The request was cancelled");
}

function fromData({ code, message, param }: ErrorData): EngineError {
  return new EngineError(code, message, param === undefined ? {} : { param });
}
