import type { GenerateEvent } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";

/** Begins to generate; aborting the signal ends it. */
export type Generate = (signal: AbortSignal) => AsyncIterable<GenerateEvent>;

/** A request that the engine has begun to answer. */
export interface Generation {
  /** Every event, up to and with `done`; to be read to its end or returned. */
  events: EventReader;
  /** Ends the generation; the engine frees its sequence before the next decode. */
  abort(): void;
}

/** What is known of a request besides what it generates. */
export interface GenerationOptions {
  /** Each of them ends the generation; absent ones are skipped. */
  signals: (AbortSignal | undefined)[];
  /** What the API calls the prompt, for an error about it. */
  promptParam: string;
  /** Wait no longer than this for the first event, in milliseconds: what fails later is told in the stream. Without it, as long as it takes. */
  patienceMs?: number | undefined;
}

/** How long a stream's headers wait for its first event: then comments keep the connection while a long prompt is read. */
export const STREAM_PATIENCE_MS = 2000;

/**
 * Starts a generation and waits for its first event, so that what fails soon can still be answered with an HTTP status.
 *
 * @param generate Starts it.
 * @param options What ends it, and how it is called.
 * @throws {EngineError} Whatever the engine throws before its first event.
 */
export async function startGeneration(generate: Generate, options: GenerationOptions): Promise<Generation> {
  const link = linkSignals(options.signals.filter((signal) => signal !== undefined));
  const reader = new EventReader(generate(link.signal), {
    onEnd: link.unlink,
    toError: (thrown) => nameParam(thrown, options.promptParam),
  });
  await settled(reader.peek(), options.patienceMs);
  const abort = (): void => {
    link.abort();
    // Events that nobody began to read end here; others have ended or do so by the signal, and what they throw has its own reader.
    reader.return().catch(() => {});
  };
  return { events: reader, abort };
}

/** Waits for a promise, for no longer than `ms`; what it throws after that has another reader. */
async function settled(promise: Promise<void>, ms: number | undefined): Promise<void> {
  if (ms === undefined) return await promise;
  promise.catch(() => {});
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  try {
    await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** How an {@linkcode EventReader} deals with what it reads. */
export interface EventReaderOptions {
  /** Called once, when there is nothing more to read. */
  onEnd?(): void;
  /** What to throw instead. */
  toError?(thrown: unknown): unknown;
}

/**
 * Reads events up to `done`, which must come, and then ends the iterable. Each token passes here, so that it is no async generator, which
 * would cost several promises for each.
 */
export class EventReader implements AsyncIterableIterator<GenerateEvent, void, void> {
  readonly #iterator: AsyncIterator<GenerateEvent>;
  readonly #options: EventReaderOptions;
  #peeked: Promise<IteratorResult<GenerateEvent, void>> | undefined;
  #over = false;

  constructor(events: AsyncIterable<GenerateEvent>, options: EventReaderOptions = {}) {
    this.#iterator = events[Symbol.asyncIterator]();
    this.#options = options;
  }

  /** Waits for the next event and leaves it there; throws what `next` would. */
  async peek(): Promise<void> {
    await (this.#peeked ??= this.next());
  }

  next(): Promise<IteratorResult<GenerateEvent, void>> {
    const peeked = this.#peeked;
    if (peeked !== undefined) {
      this.#peeked = undefined;
      return peeked;
    }
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return this.#iterator.next().then(this.#check, this.#fail);
  }

  async return(): Promise<IteratorResult<GenerateEvent, void>> {
    this.#end();
    await this.#iterator.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #check = (result: IteratorResult<GenerateEvent>): IteratorResult<GenerateEvent, void> => {
    if (result.done) return this.#fail(new EngineError("internal", "The engine ended an answer without saying why"));
    // Nobody waits for the iterable's end: the answer is complete.
    if (result.value.type === "done") this.return().catch(() => {});
    return result;
  };

  readonly #fail = (thrown: unknown): never => {
    this.#end();
    throw this.#options.toError?.(thrown) ?? thrown;
  };

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.onEnd?.();
  }
}

/** The engine does not know what its prompt is called in the API. */
function nameParam(thrown: unknown, param: string): unknown {
  const nameless = thrown instanceof EngineError && thrown.code === "context_length_exceeded" &&
    thrown.param === undefined;
  return nameless ? new EngineError(thrown.code, thrown.message, { param, cause: thrown }) : thrown;
}

/** A signal of its own, since Deno aborts a request's signal also after an answer that went well. */
function linkSignals(sources: AbortSignal[]): { signal: AbortSignal; abort(): void; unlink(): void } {
  const controller = new AbortController();
  const unlink = (): void => sources.forEach((source) => source.removeEventListener("abort", abort));
  const abort = (): void => {
    unlink();
    controller.abort();
  };
  for (const source of sources) {
    if (source.aborted) controller.abort();
    source.addEventListener("abort", abort, { once: true });
  }
  return { signal: controller.signal, abort, unlink };
}
