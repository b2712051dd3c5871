import type {
  Chat,
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
} from "../lib/engine/mod.ts";
import type { AppInput } from "./app_input.ts";

type DoneEvent = Extract<GenerateEvent, { type: "done" }>;

/** Tokens, and the seconds that they took. */
export interface Work {
  tokens: number;
  seconds: number;
}

/** Prompt tokens that needed prefill, and tokens of answers. */
export interface Works {
  prompt: Work;
  answer: Work;
}

/** What a server has computed since it started. Only requests that ended well count: of others the engine tells no numbers. */
export class Metrics {
  /** Unix time in seconds. */
  readonly started: number = Math.floor(Date.now() / 1000);
  readonly total: Works = nothing();
  cachedTokens = 0;
  draftTokens = 0;
  draftAccepted = 0;
  /** Prompt and answer of the longest sequence. */
  longest = 0;
  readonly #engines: MeteredEngine[] = [];
  #recent: Works = nothing();

  /** Has the requests of an engine counted among those that run. */
  watch(engine: MeteredEngine): void {
    this.#engines.push(engine);
  }

  /** Requests that are computed, and that wait, now; each choice counts. */
  get requests(): { processing: number; deferred: number } {
    const counts = this.#engines.map((engine) => ({ ...engine.load, embeddings: engine.embeddings }));
    return {
      processing: counts.reduce((sum, { busy, embeddings }) => sum + busy + embeddings, 0),
      deferred: counts.reduce((sum, { waiting }) => sum + waiting, 0),
    };
  }

  /** Counts a request for text that has ended; `longestAnswer` in tokens. */
  countAnswer({ usage, timings }: DoneEvent, longestAnswer: number): void {
    this.#countPrompt({ tokens: usage.promptTokens - usage.cachedTokens, seconds: timings.prefillMs / 1000 });
    const answer = { tokens: usage.completionTokens, seconds: timings.decodeMs / 1000 };
    for (const works of [this.total, this.#recent]) add(works.answer, answer);
    this.cachedTokens += usage.cachedTokens;
    this.draftTokens += timings.draftTokens;
    this.draftAccepted += timings.draftAccepted;
    this.longest = Math.max(this.longest, usage.promptTokens + longestAnswer);
  }

  /** Counts a request for embeddings or ranks that has ended; in the queue, too, it took time. */
  countEmbedding(work: Work): void {
    this.#countPrompt(work);
  }

  /** What came since this was last asked for. */
  takeRecent(): Works {
    const recent = this.#recent;
    this.#recent = nothing();
    return recent;
  }

  #countPrompt(work: Work): void {
    for (const works of [this.total, this.#recent]) add(works.prompt, work);
  }
}

function nothing(): Works {
  return { prompt: { tokens: 0, seconds: 0 }, answer: { tokens: 0, seconds: 0 } };
}

function add(sum: Work, { tokens, seconds }: Work): void {
  sum.tokens += tokens;
  sum.seconds += seconds;
}

/** The same app with all of its engines metered, each once, by the same {@linkcode Metrics}. */
export function meter(input: AppInput): AppInput {
  const { engine, models } = input;
  const metrics = new Metrics();
  const known = new Map<Engine, MeteredEngine>();
  const metered = (engine: Engine): MeteredEngine => {
    const made = known.get(engine) ?? new MeteredEngine(engine, metrics);
    known.set(engine, made);
    return made;
  };
  return {
    ...input,
    engine: metered(engine),
    ...(models === undefined
      ? {}
      : { models: { select: (name) => metered(models.select(name)), list: () => models.list() } }),
  };
}

/** An engine whose requests are counted. */
export class MeteredEngine implements Engine {
  readonly metrics: Metrics;
  /** Requests for embeddings and ranks that run or wait. */
  embeddings = 0;
  readonly #engine: Engine;
  #sequences = 0;

  constructor(engine: Engine, metrics: Metrics) {
    this.#engine = engine;
    this.metrics = metrics;
    metrics.watch(this);
  }

  get status(): EngineStatus {
    return this.#engine.status;
  }

  /** Of the answers that are asked for, how many are computed at most, and how many must wait. */
  get load(): { busy: number; waiting: number } {
    const { status } = this.#engine;
    const busy = Math.min(this.#sequences, status.state === "ready" ? status.model.parallel : 0);
    return { busy, waiting: this.#sequences - busy };
  }

  ready(): Promise<ModelInfo> {
    return this.#engine.ready();
  }

  generate(input: GenerateInput, signal?: AbortSignal): AsyncIterable<GenerateEvent> {
    const choices = input.choices ?? 1;
    return new MeteredEvents(this.#engine.generate(input, signal), {
      begin: () => this.#sequences += choices,
      end: () => this.#sequences -= choices,
      done: (event, longestAnswer) => this.metrics.countAnswer(event, longestAnswer),
    });
  }

  embed(input: EmbedInput, signal?: AbortSignal): Promise<Embeddings> {
    return this.#meterEmbedding(() => this.#engine.embed(input, signal));
  }

  rerank(input: RerankInput, signal?: AbortSignal): Promise<Ranking> {
    return this.#meterEmbedding(() => this.#engine.rerank(input, signal));
  }

  async #meterEmbedding<Result extends { promptTokens: number }>(compute: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    this.embeddings++;
    try {
      const result = await compute();
      this.metrics.countEmbedding({ tokens: result.promptTokens, seconds: (performance.now() - begun) / 1000 });
      return result;
    } finally {
      this.embeddings--;
    }
  }

  tokenize(input: TokenizeInput): Promise<Int32Array> {
    return this.#engine.tokenize(input);
  }

  pieces(tokens: ArrayLike<number>): Promise<Uint8Array[]> {
    return this.#engine.pieces(tokens);
  }

  detokenize(tokens: ArrayLike<number>): Promise<string> {
    return this.#engine.detokenize(tokens);
  }

  slots(): Promise<SlotInfo[]> {
    return this.#engine.slots();
  }

  changeSlot(index: number, action: SlotAction): Promise<SlotChange> {
    return this.#engine.changeSlot(index, action);
  }

  endTokens(): Promise<number[]> {
    return this.#engine.endTokens();
  }

  render(chat: Chat): Promise<string> {
    return this.#engine.render(chat);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** What {@linkcode MeteredEvents} tell of a request: `begin` and `end` once each, `done` between them where it ended well. */
interface RequestMeter {
  begin(): void;
  done(event: DoneEvent, longestAnswer: number): void;
  end(): void;
}

/** Events that are handed on as they are. Each token passes here, so that it is no async generator. */
class MeteredEvents implements AsyncIterableIterator<GenerateEvent, void, void> {
  readonly #iterator: AsyncIterator<GenerateEvent>;
  readonly #meter: RequestMeter;
  #state: "new" | "running" | "over" = "new";
  #longestAnswer = 0;

  constructor(events: AsyncIterable<GenerateEvent>, meter: RequestMeter) {
    this.#iterator = events[Symbol.asyncIterator]();
    this.#meter = meter;
  }

  next(): Promise<IteratorResult<GenerateEvent, void>> {
    if (this.#state === "new") {
      this.#state = "running";
      this.#meter.begin();
    }
    return this.#iterator.next().then(this.#take, this.#fail);
  }

  async return(): Promise<IteratorResult<GenerateEvent, void>> {
    this.#end();
    await this.#iterator.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #take = (result: IteratorResult<GenerateEvent, void>): IteratorResult<GenerateEvent, void> => {
    if (result.done) this.#end();
    else if (result.value.type === "finish") {
      this.#longestAnswer = Math.max(this.#longestAnswer, result.value.completionTokens);
    } else if (result.value.type === "done") {
      if (this.#state === "running") this.#meter.done(result.value, this.#longestAnswer);
      this.#end();
    }
    return result;
  };

  readonly #fail = (error: unknown): never => {
    this.#end();
    throw error;
  };

  #end(): void {
    if (this.#state === "running") this.#meter.end();
    this.#state = "over";
  }
}
