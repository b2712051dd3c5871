import { Batch, type Library, LoraAdapter, Model, type ModelOptions, NativeError } from "../../ffi/mod.ts";
import { availableMemory } from "../available_memory.ts";
import { EngineError, toEngineError } from "../errors.ts";
import { AnswerConstraint } from "./answer_constraint.ts";
import { Answers } from "./answers.ts";
import { describeLoaded } from "./describe_loaded.ts";
import { DraftModel } from "./draft_model.ts";
import type { SlotChange } from "./engine.ts";
import { DrySamplers } from "./dry_samplers.ts";
import { Embedder } from "./embedder.ts";
import { endTokens } from "./end_tokens.ts";
import { joinPieces } from "./join_pieces.ts";
import { keepStates, type KeptStates, restoreStates } from "./kept_states.ts";
import { EncoderDecoderContext, encoderVariant } from "./encoder_decoder_context.ts";
import { KvContext } from "./kv_context.ts";
import { LOG_LEVEL } from "./log_level.ts";
import { markedVocabulary } from "./marked_vocabulary.ts";
import { ModelGrammars } from "./model_grammars.ts";
import { useLibrary } from "./native_library.ts";
import { NativeLog } from "./native_log.ts";
import type {
  EmbedRequest,
  FromWorker,
  GenerateRequest,
  LoadedModel,
  LoadOptions,
  Query,
  QueryAnswers,
} from "./protocol.ts";
import { Outbox } from "./outbox.ts";
import { promptTooLong } from "./prompt_too_long.ts";
import { PromptTokenizer } from "./prompt_tokenizer.ts";
import { Scheduler } from "./scheduler.ts";
import { Sequence, type SequenceOptions } from "./sequence.ts";
import { changeSlot } from "./slot_file.ts";
import { StateCache } from "./state_cache.ts";
import { ThoughtBudget } from "./thought_budget.ts";
import { TokenSampler } from "./token_sampler.ts";

/** Tokens to embed in a step at which answers wait for their next token. */
const EMBEDDED_BESIDE = 64;

/** Sends a message to whoever hosts the worker. */
export type Post = (message: FromWorker) => void;

/** The loaded model with its context and scheduler: everything native, in one thread. */
export class NativeEngine implements Disposable {
  readonly #library: Library;
  readonly #model: Model;
  readonly #dry: DrySamplers;
  readonly #tokenizer: PromptTokenizer;
  readonly #grammars: ModelGrammars;
  readonly #context: KvContext;
  readonly #scheduler: Scheduler;
  readonly #embedder: Embedder;
  readonly #saved: StateCache;
  readonly #answers = new Answers();
  readonly #options: LoadOptions;
  readonly #owned: DisposableStack;
  readonly #post: Post;
  readonly #outbox: Outbox;
  #changingSlot = false;

  /** @throws {EngineError} `bad_model` when llama.cpp refuses the libraries, the model or the context. */
  constructor(options: LoadOptions, post: Post) {
    this.#options = options;
    this.#post = post;
    this.#outbox = new Outbox((events) => post({ type: "events", events }));
    let log = new NativeLog(post, options.verbose);
    const { model, context } = options;
    using owned = new DisposableStack();
    let drafter: DraftModel | undefined;
    try {
      const native = owned.use(useLibrary(options, log));
      this.#library = native.library;
      log = native.log;
      log.begin();
      this.#model = owned.use(new Model(this.#library, model));
      this.#dry = owned.use(new DrySamplers(this.#library));
      const adapters = (options.lora ?? []).map(({ path }) => new LoraAdapter(this.#model, path));
      this.#context = owned.use(
        this.#hasBoth
          ? new EncoderDecoderContext(this.#model, context, adapters)
          : new KvContext(this.#model, context, adapters),
      );
      this.#embedder = owned.use(
        new Embedder(this.#model, {
          context,
          ...(options.memory === undefined ? {} : { memory: { ...options.memory, available: availableMemory } }),
          adapters: adapters.map((adapter, i) => ({ adapter, scale: options.lora?.[i]?.scale ?? 1 })),
          ...(options.pooling === undefined ? {} : { pooling: options.pooling }),
        }),
      );
      drafter = options.draftModel && owned.use(this.#loadDraftModel(options.draftModel));
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
      const reason = log.firstError === undefined ? "" : ` (${log.firstError})`;
      throw new EngineError("bad_model", `Cannot load the model: ${error.message}${reason}`, { cause: error });
    }
    log.loading = false;
    this.#tokenizer = new PromptTokenizer(this.#model.vocabulary, this.#context.sequenceLength);
    this.#grammars = new ModelGrammars(this.#model.vocabulary);
    this.#saved = new StateCache(options.cacheBytes, { divisibleTo: this.#context.divisibleTo });
    this.#scheduler = new Scheduler({
      decoder: this.#context,
      batch: new Batch(this.#context.ubatchSize),
      slots: this.#hasBoth ? 1 : context.parallel,
      prefillLimit: this.#context.ubatchSize,
      saved: this.#saved,
      onAdvance: (sequence, advance) => this.#outbox.add(this.#answers.advance(sequence, advance), sequence),
      onFailure: (id, error) => this.#fail(id, error),
      ...(drafter === undefined ? {} : { drafter }),
    });
    this.#owned = owned.move();
  }

  #loadDraftModel(model: ModelOptions): DraftModel {
    const { contextLength, parallel, threads, ubatchSize } = this.#options.context;
    return new DraftModel(this.#library, this.#model, {
      model,
      contextLength,
      sequences: parallel,
      threads,
      ubatchSize,
    });
  }

  /** Takes the KV states of earlier runs. Apart from loading, for nobody waits for it who does not send a request at once. */
  restoreStates(): void {
    restoreStates(this.#saved, this.#keptStates());
  }

  /** Keeps the KV states for the next run, where that is wanted. To be called before the end, when no step will follow. */
  async keepStates(): Promise<void> {
    if (this.#options.promptCache === undefined) return;
    this.#scheduler.saveIdle();
    await keepStates(this.#saved, this.#keptStates());
  }

  #keptStates(): KeptStates {
    const warn = (text: string): void => this.#post({ type: "log", level: LOG_LEVEL.warning, text });
    return { ...this.#options, contextLength: this.#context.sequenceLength, warn };
  }

  /** Whether an encoder reads the prompt, and a decoder answers. */
  get #hasBoth(): boolean {
    return this.#model.hasEncoder && this.#model.hasDecoder;
  }

  /** Facts for the host. */
  describe(): LoadedModel {
    const { parallel } = this.#options.context;
    return describeLoaded(this.#library, { model: this.#model, context: this.#context, parallel });
  }

  /** Whether there is nothing to compute. */
  get idle(): boolean {
    return this.#scheduler.idle && this.#embedder.idle;
  }

  /** Takes a request; whatever is wrong with it is posted as its failure. */
  submit(request: GenerateRequest): void {
    // Of those that the scheduler has not taken, when something goes wrong.
    using made = new DisposableStack();
    try {
      const sequences: Sequence[] = [];
      const options = this.#sequenceOptions(request);
      for (let index = 0; index < request.choices; index++) {
        // Choices of the same seed would all be the same.
        const sampling = { ...request.sampling, seed: (request.sampling.seed + index) % (2 ** 32 - 1) };
        const constraint = this.#constraintOf(request);
        const held = constraint === undefined ? {} : { constraint };
        const sampler = new TokenSampler(this.#model, sampling, {
          contextLength: this.#context.sequenceLength,
          dry: this.#dry,
          ...held,
        });
        made.use(sampler).acceptPrompt(options.prompt);
        sequences.push(new Sequence({ ...options, ...held, index, sampler }));
      }
      this.#answers.begin(request.id, request);
      for (const sequence of sequences) this.#scheduler.submit(sequence);
      made.move();
    } catch (error) {
      this.#scheduler.cancel(request.id);
      this.#fail(request.id, error);
      this.#outbox.flush();
    }
  }

  /** What one choice of a request may be; undefined where it may be anything. */
  #constraintOf({ grammar, thoughts }: GenerateRequest): AnswerConstraint | undefined {
    if (grammar === undefined) return undefined;
    const { vocabulary } = this.#model;
    return new AnswerConstraint(
      this.#grammars.of(grammar),
      thoughts && new ThoughtBudget({
        ...thoughts,
        end: thoughts.end.trim(),
        ending: [...vocabulary.tokenize(thoughts.end, { addSpecial: false, parseSpecial: true })],
        text: (token) => new TextDecoder().decode(vocabulary.piece(token, true)),
      }),
    );
  }

  /** Takes inputs to embed or rank; whatever is wrong with them is posted as the request's failure. */
  embed(request: EmbedRequest): void {
    try {
      this.#embedder.submit(request);
    } catch (error) {
      this.#fail(request.id, error);
      this.#outbox.flush();
    }
  }

  /**
   * Answers a question about the model or its slots.
   *
   * @throws {EngineError} As the functions of `Engine` that ask.
   */
  async answer(query: Query): Promise<QueryAnswers[keyof QueryAnswers]> {
    switch (query.kind) {
      case "tokenize":
        return Int32Array.from(this.#tokenizer.tokenize(query.prompt, query));
      case "pieces":
        return joinPieces(this.#model.vocabulary, query.tokens);
      case "endTokens":
        return endTokens(this.#model.vocabulary);
      case "slots":
        return this.#scheduler.slots.describe();
      case "changeSlot":
        return await this.#changeSlot(query);
    }
  }

  /** One at a time: each holds a whole state. */
  async #changeSlot(change: Extract<Query, { kind: "changeSlot" }>): Promise<SlotChange> {
    if (this.#changingSlot) {
      throw new EngineError("overloaded", "Another slot is being saved or restored; try again soon");
    }
    this.#changingSlot = true;
    try {
      const { stateKey } = this.#options;
      return await changeSlot(this.#scheduler.slots, change, { stateKey, contextLength: this.#context.sequenceLength });
    } finally {
      this.#changingSlot = false;
    }
  }

  /** Frees a request's sequences. It is answered with a failure, which nobody may be waiting for. */
  cancel(id: number): void {
    if (!this.#scheduler.cancel(id) && !this.#embedder.cancel(id)) return;
    this.#fail(id, new EngineError("cancelled", "The request was cancelled"));
    this.#outbox.flush();
  }

  /** Does one decode of those that generate, and one of those that embed. If one fails all that it may concern fail. */
  step(): void {
    if (!this.#embedder.idle) this.#stepEmbedder();
    if (!this.#scheduler.idle) this.#stepScheduler();
    this.#outbox.afterStep();
  }

  #stepEmbedder(): void {
    try {
      this.#outbox.add(this.#embedder.step(this.#scheduler.idle ? Infinity : EMBEDDED_BESIDE));
    } catch (error) {
      for (const id of this.#embedder.dropFailed()) this.#fail(id, error);
    }
  }

  /** After a failure the context is cleared for those that waited. */
  #stepScheduler(): void {
    try {
      this.#scheduler.step();
    } catch (error) {
      for (const id of this.#scheduler.dropFailed()) this.#fail(id, error);
      this.#clearContext();
    }
  }

  #clearContext(): void {
    try {
      this.#context.clear();
    } catch (error) {
      for (const id of this.#scheduler.drain()) this.#fail(id, error);
    }
  }

  #sequenceOptions(request: GenerateRequest): Omit<SequenceOptions, "sampler"> {
    const { id, client, stop, maxTokens, logprobs, maxPredictMs, cachePrompt, reproducible } = request;
    const { vocabulary } = this.#model;
    const limit = this.#context.sequenceLength;
    if (!this.#model.hasDecoder || !this.#context.hasCells) {
      throw new EngineError("invalid_value", "This model embeds and cannot generate text; use /v1/embeddings", {
        param: "model",
      });
    }
    const prompt = this.#tokenizer.tokenize(request.prompt);
    if (prompt.length === 0) throw new EngineError("invalid_value", "The prompt is empty", { param: "messages" });
    if (prompt.length >= limit) {
      throw promptTooLong(
        `it has ${prompt.length} tokens, the context holds ${limit}, and the answer needs at least one; ` +
          "shorten the messages or start with a larger --ctx-size",
      );
    }
    if (request.promptLogprobs && this.#hasBoth) {
      throw new EngineError(
        "invalid_value",
        "This model's encoder reads the prompt, whose tokens have no probabilities",
        {
          param: "echo",
        },
      );
    }
    const encoded = this.#hasBoth ? this.#encodedPrompt(prompt) : undefined;
    const adapters = this.#variantOf(request);
    const shift = this.#options.context.shift && this.#context.canShift;
    return {
      id,
      client,
      variant: encoded === undefined ? adapters : encoderVariant(adapters, prompt),
      prompt,
      ...encoded,
      vocabulary: markedVocabulary(vocabulary, request.markers),
      stop,
      maxTokens: maxTokens ?? (shift ? Infinity : limit),
      limit,
      cachePrompt,
      reproducible,
      ...(logprobs === undefined ? {} : { logprobs, promptLogprobs: request.promptLogprobs }),
      ...(maxPredictMs === undefined ? {} : { maxPredictMs }),
      ...(shift ? { keep: request.keep } : {}),
      ...(request.speculation && this.#context.divisible
        ? { speculation: { prediction: this.#predictionOf(request) } }
        : {}),
    };
  }

  /** Where an encoder reads the prompt, the decoder begins with a token of its own. */
  #encodedPrompt({ length }: ArrayLike<number>): { prompt: number[]; promptLength: number } {
    const { ubatchSize } = this.#context;
    if (length > ubatchSize) {
      throw promptTooLong(
        `it has ${length} tokens, the encoder reads ${ubatchSize} at once; shorten it or start with a larger --ubatch-size`,
      );
    }
    const start = this.#model.decoderStartToken ?? this.#model.vocabulary.bos;
    if (start === undefined) throw new EngineError("bad_model", "The model does not say how its decoder begins");
    return { prompt: [start], promptLength: length };
  }

  #predictionOf({ prediction }: GenerateRequest): number[] {
    if (prediction === undefined) return [];
    return [
      ...this.#model.vocabulary.tokenize(prediction.slice(0, this.#context.sequenceLength * 4), {
        addSpecial: false,
        parseSpecial: false,
      }),
    ];
  }

  /** The scales of the adapters as the text that cells and batches are told apart by. */
  #variantOf({ lora }: GenerateRequest): string {
    const adapters = this.#options.lora ?? [];
    for (const { id } of lora ?? []) {
      if (adapters[id] !== undefined) continue;
      const there = adapters.length === 0 ? "there are none" : `there are 0 to ${adapters.length - 1}`;
      throw new EngineError("invalid_value", `There is no LoRA adapter ${id}; ${there}`, { param: "lora" });
    }
    // As llama-server has it: a request that names adapters names all that apply.
    return adapters.map(({ scale }, id) =>
      lora === undefined ? scale : lora.findLast((each) => each.id === id)?.scale ?? 0
    ).join(",");
  }

  #fail(id: number, error: unknown): void {
    this.#answers.end(id);
    const { code, message, param } = toEngineError(error, "The engine failed");
    this.#outbox.add([{ type: "failed", id, error: { code, message, ...(param === undefined ? {} : { param }) } }]);
  }

  /** Ends every request, for an error that may concern them all, and frees every cell. */
  failAll(error: unknown): void {
    for (const id of [...this.#embedder.drain(), ...this.#scheduler.drain()]) this.#fail(id, error);
    this.#clearContext();
    this.#outbox.flush();
  }

  [Symbol.dispose](): void {
    this.#scheduler.drain();
    this.#owned.dispose();
  }
}
