import type { Engine, GenerateEvent, GenerateInput } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";

/** A request that the engine has begun to answer. */
export interface Generation {
  /** Every event, up to and with `done`; to be read to its end or returned. */
  events: AsyncGenerator<GenerateEvent>;
  /** Ends the generation; the engine frees its sequence before the next decode. */
  abort(): void;
}

/**
 * Starts a generation and waits for its first event, so that what fails at once can still be answered with an HTTP status.
 *
 * @param engine Answers the request.
 * @param input What to generate.
 * @param signals Each of them ends the generation; absent ones are skipped.
 * @throws {EngineError} Whatever the engine throws before its first event.
 */
export async function startGeneration(
  engine: Engine,
  input: GenerateInput,
  { signals }: { signals: (AbortSignal | undefined)[] },
): Promise<Generation> {
  const link = linkSignals(signals.filter((signal) => signal !== undefined));
  try {
    const iterator = engine.generate(input, link.signal)[Symbol.asyncIterator]();
    const first = await iterator.next();
    const abort = (): void => {
      link.abort();
      // Events that nobody began to read end here; others have ended or do so by the signal, and what they throw has its own reader.
      iterator.return?.().catch(() => {});
    };
    return { events: readEvents(iterator, { first, unlink: link.unlink }), abort };
  } catch (error) {
    link.unlink();
    throw error;
  }
}

async function* readEvents(
  iterator: AsyncIterator<GenerateEvent>,
  { first, unlink }: { first: IteratorResult<GenerateEvent>; unlink(): void },
): AsyncGenerator<GenerateEvent> {
  try {
    for (let result = first; !result.done; result = await iterator.next()) {
      yield result.value;
      if (result.value.type === "done") return;
    }
    throw new EngineError("internal", "The engine ended an answer without saying why");
  } finally {
    unlink();
    await iterator.return?.();
  }
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
