import { Batch, Context, Library, Model, NativeError } from "../../ffi/mod.ts";
import { EngineError, toEngineError } from "../errors.ts";
import type { FromWorker, GenerateRequest, LoadedModel, LoadOptions } from "./protocol.ts";
import { hasPenalties, makeSamplerChain } from "./sampling.ts";
import { Scheduler } from "./scheduler.ts";
import { type Advance, Sequence } from "./sequence.ts";

/** ggml's log level of errors, which alone are always passed on: its warnings come with many sound models. */
const ERROR = 4;
/** Continues the line before. */
const CONTINUED = 5;

/** Sends a message to whoever hosts the worker. */
export type Post = (message: FromWorker) => void;

/** The loaded model with its context and scheduler: everything native, in one thread. */
export class NativeEngine implements Disposable {
  readonly #library: Library;
  readonly #model: Model;
  readonly #context: Context;
  readonly #scheduler: Scheduler;
  readonly #post: Post;

  /** @throws {EngineError} `bad_model` when llama.cpp refuses the libraries, the model or the context. */
  constructor(options: LoadOptions, post: Post) {
    this.#post = post;
    const log = new NativeLog(post, options.verbose);
    const { libraries, cpuVariant, model, context } = options;
    using owned = new DisposableStack();
    try {
      const logLine = (level: number, text: string): void => log.line(level, text);
      this.#library = owned.use(new Library(libraries, { log: logLine, ...(cpuVariant ? { cpuVariant } : {}) }));
      this.#model = owned.use(new Model(this.#library, model));
      if (!this.#model.isDecoderOnly) throw new NativeError("only decoder models can generate text");
      this.#context = owned.use(new Context(this.#model, { ...context, sequences: context.parallel }));
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      const reason = log.firstError === undefined ? "" : ` (${log.firstError})`;
      throw new EngineError("bad_model", `Cannot load the model: ${error.message}${reason}`, { cause: error });
    }
    log.loading = false;
    this.#scheduler = this.#makeScheduler(context.parallel);
    owned.move();
  }

  #makeScheduler(slots: number): Scheduler {
    const context = this.#context;
    // A step has at most one ubatch of prompt tokens, so that a cancelled request and the other sequences never wait for more.
    const prefillLimit = context.ubatchSize;
    return new Scheduler({
      decoder: {
        decode: (batch) => context.decode(batch),
        removeSequence: (slot) => void context.removeSequence(slot),
        sample: (sequence, index) => sequence.sampler.sample(context, index),
      },
      batch: new Batch(prefillLimit),
      slots,
      prefillLimit,
      onAdvance: (sequence, advance) => this.#report(sequence, advance),
    });
  }

  /** Facts for the host. */
  describe(): LoadedModel {
    const { vocabulary } = this.#model;
    const { chatTemplate } = this.#model;
    const text = (token: number | undefined): string =>
      token === undefined ? "" : new TextDecoder().decode(vocabulary.piece(token, true));
    return {
      description: this.#describeModel(),
      sizeBytes: this.#model.sizeBytes,
      parameters: this.#model.parameters,
      contextLength: this.#context.sequenceLength,
      trainContextLength: this.#model.trainContextLength,
      vocabularySize: vocabulary.size,
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
      bosText: text(vocabulary.bos),
      eosText: text(vocabulary.eos),
      addsBos: vocabulary.addsBos,
      addsEos: vocabulary.addsEos,
      threads: this.#context.threads,
      cpuVariant: this.#library.cpuVariant,
      backend: this.#library.deviceNames().map((name) => name === "CPU" ? `CPU (${this.#library.cpuVariant})` : name)
        .join(", "),
    };
  }

  /** In the form of llama_model_desc, which names sizes by the number of layers and errs. */
  #describeModel(): string {
    const architecture = this.#model.metadata().get("general.architecture") ?? "unknown";
    const millions = this.#model.parameters / 1e6;
    const size = millions < 1000 ? `${Math.round(millions)}M` : `${(millions / 1000).toFixed(1)}B`;
    return `${architecture} ${size} ${this.#model.quantization}`;
  }

  /** Whether there is nothing to compute. */
  get idle(): boolean {
    return this.#scheduler.idle;
  }

  /** Takes a request; whatever is wrong with it is posted as its failure. */
  submit(request: GenerateRequest): void {
    try {
      this.#scheduler.submit(this.#makeSequence(request));
    } catch (error) {
      this.#fail(request.id, error);
    }
  }

  /** Frees a request's sequence. It is answered with a failure, which nobody may be waiting for. */
  cancel(id: number): void {
    if (this.#scheduler.cancel(id)) this.#fail(id, new EngineError("cancelled", "The request was cancelled"));
  }

  /** Does one decode. If that fails every request fails, and the context is cleared for the next. */
  step(): void {
    try {
      this.#scheduler.step();
    } catch (error) {
      for (const { id } of this.#scheduler.drain()) this.#fail(id, error);
      this.#context.clear();
    }
  }

  #makeSequence({ id, text, sampling, maxTokens, stop }: GenerateRequest): Sequence {
    const { vocabulary } = this.#model;
    const limit = this.#context.sequenceLength;
    const prompt = vocabulary.tokenize(text, { addSpecial: true, parseSpecial: true });
    if (prompt.length === 0) throw new EngineError("invalid_value", "The prompt is empty", { param: "messages" });
    if (prompt.length >= limit) {
      throw new EngineError(
        "context_length_exceeded",
        `The prompt has ${prompt.length} tokens, the context holds ${limit}, and the answer needs at least one; ` +
          "shorten the messages or start with a larger --ctx-size",
        { param: "messages" },
      );
    }
    const sampler = makeSamplerChain(this.#library, sampling, {
      vocabularySize: vocabulary.size,
      contextLength: limit,
    });
    if (hasPenalties(sampling)) { for (const token of prompt) sampler.accept(token); }
    const answer = maxTokens ?? limit;
    return new Sequence({ id, prompt, sampler, vocabulary, stop, limit: Math.min(limit, prompt.length + answer) });
  }

  #report(sequence: Sequence, { text, finishReason }: Advance): void {
    const { id } = sequence;
    if (text !== "") this.#post({ type: "text", id, text });
    if (finishReason !== undefined) this.#post({ type: "done", id, finishReason, ...sequence.accounts() });
  }

  #fail(id: number, error: unknown): void {
    const { code, message, param } = toEngineError(error, "The engine failed");
    this.#post({ type: "failed", id, error: { code, message, ...(param === undefined ? {} : { param }) } });
  }

  [Symbol.dispose](): void {
    this.#scheduler.drain();
    this.#model[Symbol.dispose]();
    this.#library[Symbol.dispose]();
  }
}

/** Passes llama.cpp's log on, and keeps its first error, which says why loading failed; the ones behind it only say that it did. */
class NativeLog {
  firstError: string | undefined;
  /** Errors of loading are told by whoever loads, in one line. */
  loading = true;
  #level = 0;
  readonly #post: Post;
  readonly #verbose: boolean;

  constructor(post: Post, verbose: boolean) {
    this.#post = post;
    this.#verbose = verbose;
  }

  line(level: number, text: string): void {
    if (level !== CONTINUED) this.#level = level;
    if (text === "") return;
    if (this.#level >= ERROR) this.firstError ??= text;
    if (this.#verbose || (this.#level >= ERROR && !this.loading)) this.#post({ type: "log", level: this.#level, text });
  }
}
