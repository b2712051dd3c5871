import type { Engine, EngineStatus, GenerateEvent, GenerateInput, ModelInfo } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";

/** The model that {@linkcode FakeEngine} claims to have loaded. */
export const FAKE_MODEL: ModelInfo = {
  id: "fake-model",
  created: 1_700_000_000,
  description: "fake 1B Q4_0",
  sizeBytes: 1234,
  parameters: 1000,
  contextLength: 2048,
  trainContextLength: 8192,
  vocabularySize: 256,
  hasChatTemplate: true,
  threads: 2,
  backend: "CPU (fake)",
  cpuVariant: "fake",
};

/** The last event of every scripted answer. */
export const DONE: GenerateEvent = {
  type: "done",
  finishReason: "stop",
  usage: { promptTokens: 10, cachedTokens: 4, completionTokens: 3 },
  prefillMs: 6,
  decodeMs: 30,
};

/** What the engine does with one request. */
export type Script = (input: GenerateInput, signal: AbortSignal) => AsyncIterable<GenerateEvent>;

/** One request as the engine saw it. */
export interface Call {
  input: GenerateInput;
  signal: AbortSignal;
  /** Resolves when the signal is aborted. */
  aborted: Promise<void>;
  /** Resolves when the script's generator has ended, in whatever way. */
  ended: Promise<void>;
  /** Events given out so far. */
  events: number;
}

/** An engine without a model: it plays a script and records what it was asked. */
export class FakeEngine implements Engine {
  status: EngineStatus = { state: "ready", model: FAKE_MODEL };
  readonly calls: Call[] = [];
  readonly #script: Script;
  readonly #waiting: (() => void)[] = [];

  constructor(script: Script = answer(["Hel", "lo", "!"])) {
    this.#script = script;
  }

  ready(): Promise<ModelInfo> {
    return Promise.resolve(FAKE_MODEL);
  }

  async *generate(
    input: GenerateInput,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<GenerateEvent> {
    const aborted = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    if (signal.aborted) aborted.resolve();
    signal.addEventListener("abort", () => aborted.resolve());
    const call: Call = { input, signal, aborted: aborted.promise, ended: ended.promise, events: 0 };
    this.calls.push(call);
    this.#waiting.splice(0).forEach((resolve) => resolve());
    try {
      for await (const event of this.#script(input, signal)) {
        call.events++;
        yield event;
      }
    } finally {
      ended.resolve();
    }
  }

  /** Waits until the engine has been asked, and gives that request. */
  async call(index = 0): Promise<Call> {
    for (;;) {
      const call = this.calls[index];
      if (call !== undefined) return call;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Says the pieces and ends well. */
export function answer(pieces: string[], done: GenerateEvent = DONE): Script {
  return async function* (): AsyncGenerator<GenerateEvent> {
    for (const text of pieces) yield { type: "text", text };
    yield done;
  };
}

/** Says the pieces and then throws. */
export function failAfter(pieces: string[], error: unknown): Script {
  return async function* (): AsyncGenerator<GenerateEvent> {
    for (const text of pieces) yield { type: "text", text };
    throw error;
  };
}

/** Says the pieces and then nothing until it is aborted, as an engine that is busy decoding. */
export function hangAfter(pieces: string[]): Script {
  return async function* (_input, signal): AsyncGenerator<GenerateEvent> {
    for (const text of pieces) yield { type: "text", text };
    await aborted(signal);
    throw new EngineError("cancelled", "The request was cancelled");
  };
}

/** Says one piece again and again, as fast as it is read, until it is aborted. */
export function endless(piece: string): Script {
  return async function* (_input, signal): AsyncGenerator<GenerateEvent> {
    while (!signal.aborted) yield { type: "text", text: piece };
    throw new EngineError("cancelled", "The request was cancelled");
  };
}

/** Says the pieces, each when the test lets it. */
export function gated(pieces: string[]): { script: Script; open(): void } {
  const gates = pieces.map(() => Promise.withResolvers<void>());
  let opened = 0;
  return {
    script: async function* (): AsyncGenerator<GenerateEvent> {
      for (const [index, text] of pieces.entries()) {
        await gates[index]?.promise;
        yield { type: "text", text };
      }
      yield DONE;
    },
    open: () => gates[opened++]?.resolve(),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve());
  return promise;
}
