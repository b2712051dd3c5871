import { Batch, Context, type Model, type Pooling, type ScaledAdapter, type TokenizeOptions } from "../../ffi/mod.ts";
import type { AvailableMemory } from "../available_memory.ts";
import { EngineError } from "../errors.ts";
import { promptTokens } from "./prompt_tokens.ts";
import type { EmbedRequest, LoadOptions, RequestEvent } from "./protocol.ts";

/** How an {@linkcode Embedder} computes. */
export interface EmbedderOptions {
  /** The settings of the context that generates; the embedder's own is smaller. */
  context: LoadOptions["context"];
  /** How the embeddings of tokens become one; the model's own way, or for one that has none the mean, when absent. */
  pooling?: Pooling;
  adapters: readonly ScaledAdapter[];
  /** What inputs are held against before they are computed; not at all when absent. */
  memory?: EmbedderMemory;
}

/** What an {@linkcode Embedder} must know to tell whether an input fits memory. */
export interface EmbedderMemory {
  /** Bytes of KV cache that one token takes. */
  kvBytesPerToken: number;
  /** Heads of a layer's attention. */
  heads: number;
  available(): AvailableMemory;
}

/** A request on its way. */
interface Job {
  id: number;
  /** By input. */
  vectors: Float32Array<ArrayBuffer>[];
  /** Inputs still to be computed. */
  left: number;
  promptTokens: number;
}

/** One input of a job. */
interface Item {
  job: Job;
  index: number;
  tokens: ArrayLike<number>;
}

/** Inputs computed together at most; each has a row of llama.cpp's output buffer from the start. */
const SEQUENCES = 16;
/** A context is made for a multiple of so many tokens. */
const LENGTH_STEP = 256;

/**
 * Turns texts into embeddings, or into a classifier's scores, in a context of its own that is made when it is first needed: as many inputs
 * at once as fit. An input is computed whole, as pooling asks for it.
 */
export class Embedder implements Disposable {
  readonly #model: Model;
  readonly #options: EmbedderOptions;
  readonly #pooling: Pooling;
  #waiting: Item[] = [];
  /** What the step at hand computes. */
  #computing: Item[] = [];
  #own: { context: Context; batch: Batch } | undefined;

  constructor(model: Model, options: EmbedderOptions) {
    this.#model = model;
    this.#options = options;
    this.#pooling = options.pooling ?? ownPooling(model) ?? "mean";
  }

  /** Whether there is nothing to compute. */
  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Takes a request.
   *
   * @throws {EngineError} `invalid_value` or `context_length_exceeded` for an input that cannot be computed.
   */
  submit({ id, task }: EmbedRequest): void {
    if ((task.kind === "rerank") !== (this.#pooling === "rank")) {
      const message = task.kind === "rerank"
        ? `This model embeds (pooling ${this.#pooling}) and does not rank; serve a reranking model`
        : "This model ranks and does not embed; use /v1/rerank, or start with --pooling";
      throw new EngineError("invalid_value", message, { param: "model" });
    }
    const inputs = task.kind === "embed"
      ? task.inputs.map((input, i) => this.#checked(this.#tokenize(input, `input.${i}`), `input.${i}`))
      : this.#pairs(task);
    if (inputs.length === 0) throw new EngineError("invalid_value", "There is no input", { param: "input" });
    this.#expectMemory(Math.max(...inputs.map(({ length }) => length)));
    const promptTokens = inputs.reduce((sum, { length }) => sum + length, 0);
    const job: Job = { id, vectors: [], left: inputs.length, promptTokens };
    for (const [index, tokens] of inputs.entries()) this.#waiting.push({ job, index, tokens });
  }

  /** Drops a request, and says whether it was there. */
  cancel(id: number): boolean {
    const before = this.#waiting.length;
    this.#keep(({ job }) => job.id !== id);
    return this.#waiting.length < before;
  }

  /** Drops the requests that a failed step concerns, and gives their ids. */
  dropFailed(): number[] {
    return this.#drop(this.#computing);
  }

  /** Drops all requests, and gives their ids. */
  drain(): number[] {
    return this.#drop(this.#waiting);
  }

  #drop(items: readonly Item[]): number[] {
    const jobs = new Set(items.map(({ job }) => job));
    this.#keep(({ job }) => !jobs.has(job));
    return Array.from(jobs, ({ id }) => id);
  }

  #keep(wanted: (item: Item) => boolean): void {
    this.#waiting = this.#waiting.filter(wanted);
  }

  /**
   * Computes as many inputs as fit into one batch, and gives the events of requests that are done with.
   *
   * @param limit Tokens beyond which no further input is taken in: others wait for the end of the step.
   * @throws {NativeError} When that fails; the requests then still wait, those concerned for {@linkcode dropFailed}.
   */
  step(limit = Infinity): RequestEvent[] {
    const [next] = this.#waiting;
    if (next === undefined) return [];
    this.#computing = [next];
    const { context, batch } = this.#prepare(next.tokens.length);
    // Also what a failed step has left.
    context.clear();
    batch.clear();
    const items: Item[] = this.#computing = [];
    for (const item of this.#waiting) {
      const size = batch.size + item.tokens.length;
      if (items.length === context.sequences || size > batch.capacity || (items.length > 0 && size > limit)) break;
      const sequence = items.push(item) - 1;
      for (const [position, token] of Array.from(item.tokens).entries()) {
        batch.add(token, { sequence, position, output: true });
      }
    }
    if (this.#model.hasEncoder) context.encode(batch);
    else context.decode(batch);
    let first = 0;
    for (const [sequence, { job, index, tokens }] of items.entries()) {
      job.vectors[index] = this.#read(context, { sequence, first, length: tokens.length });
      job.left--;
      first += tokens.length;
    }
    this.#waiting.splice(0, items.length);
    const size = this.#pooling === "rank" ? this.#model.classifierOutputs : this.#model.embeddingSize;
    const ended = new Set(items.map(({ job }) => job).filter(({ left }) => left === 0));
    return [...ended].map(({ id, vectors, promptTokens }) => ({ type: "embedded", id, vectors, size, promptTokens }));
  }

  #read(
    context: Context,
    { sequence, first, length }: { sequence: number; first: number; length: number },
  ): Float32Array<ArrayBuffer> {
    if (this.#pooling !== "none") {
      const pooled = context.sequenceEmbedding(sequence);
      if (pooled === undefined) throw new EngineError("internal", "llama.cpp gave no embedding of an input");
      return this.#pooling === "rank" ? pooled : normalized(pooled);
    }
    const size = this.#model.embeddingSize;
    const rows = new Float32Array(length * size);
    for (let i = 0; i < length; i++) rows.set(context.embeddings(first + i), i * size);
    return rows;
  }

  /** The context, made anew where the next input is longer than it: what is longer needs more memory to compute. */
  #prepare(inputLength: number): { context: Context; batch: Batch } {
    if (this.#own !== undefined && this.#own.batch.capacity >= inputLength) return this.#own;
    this.#own?.context[Symbol.dispose]();
    this.#own = undefined;
    const { parallel: _, layout: _layout, shift: _shift, ...options } = this.#options.context;
    const length = this.#contextLength(inputLength);
    using owned = new DisposableStack();
    const context = owned.use(
      new Context(this.#model, {
        ...options,
        contextLength: length,
        batchSize: length,
        ubatchSize: length,
        sequences: Math.min(SEQUENCES, length),
        // Only then all sequences of a batch are computed at once, each whole.
        unified: true,
        embeddings: true,
        pooling: this.#pooling,
      }),
    );
    context.setAdapters(this.#options.adapters);
    owned.move();
    return this.#own = { context, batch: new Batch(length) };
  }

  /** Of the context that an input of so many tokens is computed in. */
  #contextLength(longest: number): number {
    return Math.max(this.#options.context.ubatchSize, Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP);
  }

  /** Holds an input that needs a larger context against the memory that is free now. */
  #expectMemory(longest: number): void {
    const { memory } = this.#options;
    if (memory === undefined || (this.#own !== undefined && this.#own.batch.capacity >= longest)) return;
    const bytes = this.#bytesOf(this.#contextLength(longest), memory);
    const { bytes: free } = memory.available();
    if (bytes <= free) return;
    throw new EngineError(
      "context_length_exceeded",
      `An input of ${longest} tokens needs ${megabytes(bytes)} to be embedded at once, ${
        megabytes(free)
      } are free; split it`,
      { param: "input" },
    );
  }

  /**
   * What a context of so many tokens takes: each of them has a row of logits in llama.cpp's output buffer and one in the buffer that it
   * computes in, cells, a row of the attention's mask (as F32, and as F16 for flash attention; without that one of scores for each head), and
   * what else a ubatch needs.
   */
  #bytesOf(length: number, { kvBytesPerToken, heads }: EmbedderMemory): number {
    const { vocabulary, embeddingSize } = this.#model;
    const rows = Float32Array.BYTES_PER_ELEMENT * (2 * vocabulary.size + 12 * embeddingSize);
    const scores = this.#options.context.flashAttention === false ? Float32Array.BYTES_PER_ELEMENT * heads : 0;
    return length * (rows + kvBytesPerToken + length * (6 + scores));
  }

  #tokenize(input: string | number[], param: string, options: Partial<TokenizeOptions> = {}): ArrayLike<number> {
    return promptTokens(this.#model.vocabulary, input, { ...options, param, limit: this.#longestInput });
  }

  /** A query with each document, as a reranking model takes them: by its template, or with llama-server's order of special tokens. */
  #pairs({ query, documents }: Extract<EmbedRequest["task"], { kind: "rerank" }>): ArrayLike<number>[] {
    const template = this.#model.metadataValue("tokenizer.chat_template.rerank");
    if (template !== undefined) {
      // One that is too long by itself is not tokenized with each of the documents.
      this.#checked(this.#tokenize(query, "query", { addSpecial: false }), "query");
      return documents.map((document, i) => {
        const values: Record<string, string> = { "{query}": query, "{document}": document };
        const text = template.replace(/\{query\}|\{document\}/g, (name) => values[name] ?? name);
        return this.#checked(this.#tokenize(text, `documents.${i}`, { addSpecial: false }), `documents.${i}`);
      });
    }
    const { vocabulary } = this.#model;
    const plain = (text: string, param: string): number[] =>
      Array.from(this.#tokenize(text, param, { addSpecial: false, parseSpecial: false }));
    const given = (token: number | undefined, wanted: boolean): number[] =>
      wanted && token !== undefined ? [token] : [];
    const end = given(vocabulary.eos ?? vocabulary.separator, vocabulary.addsEos);
    const start = [
      ...given(vocabulary.bos, vocabulary.addsBos),
      ...plain(query, "query"),
      ...end,
      ...given(vocabulary.separator, vocabulary.addsSeparator),
    ];
    // Before it is copied for each document.
    this.#checked(start, "query");
    return documents.map((document, i) =>
      this.#checked([...start, ...plain(document, `documents.${i}`), ...end], `documents.${i}`)
    );
  }

  #checked(tokens: ArrayLike<number>, param: string): ArrayLike<number> {
    if (tokens.length === 0) throw new EngineError("invalid_value", "The input is empty", { param });
    const limit = this.#longestInput;
    if (tokens.length <= limit) return tokens;
    throw new EngineError(
      "context_length_exceeded",
      `The input has ${tokens.length} tokens, at most ${limit} can be embedded at once; split it`,
      { param },
    );
  }

  get #longestInput(): number {
    const { contextLength } = this.#options.context;
    // Where all tokens see each other, positions beyond the trained ones have no embedding: reading it would end the process.
    return this.#model.isCausal ? contextLength : Math.min(contextLength, this.#model.trainContextLength);
  }

  [Symbol.dispose](): void {
    this.#own?.context[Symbol.dispose]();
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** What the header asks for, by `enum llama_pooling_type` of llama.h. */
function ownPooling(model: Model): Pooling | undefined {
  const key = `${model.metadataValue("general.architecture")}.pooling_type`;
  const names: Record<string, Pooling> = { "0": "none", "1": "mean", "2": "cls", "3": "last", "4": "rank" };
  return names[model.metadataValue(key) ?? ""];
}

/** Of length 1, as llama-server gives them; zeros stay zeros. */
function normalized(vector: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const factor = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  return vector.map((value) => value * factor);
}
