import type {
  AnswerLogprob,
  Chat,
  Embeddings,
  EmbedInput,
  Engine,
  EngineStatus,
  FinishReason,
  GenerateEvent,
  GenerateInput,
  ModelInfo,
  PartEvent,
  Ranking,
  RerankInput,
  SlotAction,
  SlotChange,
  SlotInfo,
  TokenizeInput,
} from "../../lib/engine/mod.ts";
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
  chatTemplate: "{{ messages }}",
  bosText: "<s>",
  eosText: "</s>",
  infills: true,
  parallel: 4,
  threads: 2,
  backend: "CPU (fake)",
  cpuVariant: "fake",
  settings: {
    contextLength: 8192,
    batchSize: 2048,
    ubatchSize: 512,
    parallel: 4,
    threads: 2,
    batchThreads: 2,
    layout: "auto",
    shift: false,
    keep: 0,
    keyType: "f16",
    valueType: "f16",
    fullSwa: false,
    flashAttention: "auto",
    rope: {},
  },
};

/** The last event of every scripted answer. */
export const DONE: DoneEvent = {
  type: "done",
  usage: { promptTokens: 10, cachedTokens: 4, completionTokens: 3 },
  timings: { queueMs: 2, prefillMs: 6, decodeMs: 30, draftTokens: 0, draftAccepted: 0 },
};

type DoneEvent = Extract<GenerateEvent, { type: "done" }>;
type TextEvent = Extract<GenerateEvent, { type: "text" }>;

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
  readonly slotActions: ({ index: number } & SlotAction)[] = [];
  #running = 0;
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
    const choices = input.choices ?? 1;
    this.#running += choices;
    try {
      for await (const event of this.#script(input, signal)) {
        call.events++;
        yield event;
      }
    } finally {
      this.#running -= choices;
      ended.resolve();
    }
  }

  /** Those that are at work come first. */
  slots(): Promise<SlotInfo[]> {
    const { parallel } = FAKE_MODEL;
    const sequence = {
      request: 7,
      promptTokens: 5,
      cachedTokens: 2,
      completionTokens: 3,
      tokensLeft: 9,
      speculates: false,
    };
    return Promise.resolve(Array.from({ length: parallel }, (_, index) => ({
      index,
      tokens: 8,
      ...(index < this.#running ? { sequence } : {}),
    })));
  }

  /** Records what was asked. */
  changeSlot(index: number, action: SlotAction): Promise<SlotChange> {
    this.slotActions.push({ index, ...action });
    return Promise.resolve({ tokens: 8, bytes: 800 });
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

  /** By input its index and its length. */
  embed({ inputs }: EmbedInput): Promise<Embeddings> {
    const embeddings = inputs.map((input, i) => Float32Array.of(i, input.length));
    return Promise.resolve({ embeddings, size: 2, promptTokens: inputs.flat().length });
  }

  /** By document its length. */
  rerank({ documents }: RerankInput): Promise<Ranking> {
    return Promise.resolve({ scores: documents.map(({ length }) => length), promptTokens: documents.length });
  }

  /** A token for each byte of a text; a conversation is rendered first. */
  async tokenize({ prompt }: TokenizeInput): Promise<Int32Array> {
    if (prompt.kind === "tokens") return Int32Array.from(prompt.tokens);
    if (prompt.kind === "parts") return Int32Array.from(prompt.parts.flatMap(toBytes));
    if (prompt.kind === "text") return Int32Array.from(toBytes(prompt.text));
    return Int32Array.from(prompt.kind === "chat" ? toBytes(await this.render(prompt)) : []);
  }

  pieces(tokens: ArrayLike<number>): Promise<Uint8Array[]> {
    return Promise.resolve(Array.from(tokens, (token) => Uint8Array.of(token)));
  }

  detokenize(tokens: ArrayLike<number>): Promise<string> {
    return Promise.resolve(new TextDecoder().decode(Uint8Array.from(tokens)));
  }

  endTokens(): Promise<number[]> {
    return Promise.resolve([2, 3]);
  }

  /** `role: content` lines. */
  render(chat: Chat): Promise<string> {
    return Promise.resolve(chat.messages.map(({ role, content }) => `${role}: ${content}\n`).join(""));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function toBytes(part: string | number[]): number[] {
  return typeof part === "string" ? Array.from(new TextEncoder().encode(part)) : part;
}

/** How a scripted answer ends. */
export interface Ending {
  finishReason?: FinishReason;
  done?: DoneEvent;
}

/** Says the pieces, in every choice that is asked for by turns, and ends well; a token is a piece. */
export function answer(pieces: string[], { finishReason = "stop", done = DONE }: Ending = {}): Script {
  return async function* (input): AsyncGenerator<GenerateEvent> {
    const choices = Array.from({ length: input.choices ?? 1 }, (_, index) => index);
    for (const [position, text] of pieces.entries()) {
      for (const index of choices) yield piece(text, { index, position, input });
    }
    for (const index of choices) yield { type: "finish", index, finishReason, completionTokens: pieces.length };
    yield done;
  };
}

/** A part of a scripted answer: a piece of text, a piece of a thought, or a call with the pieces of its arguments. */
export type FakePart = string | { reasoning: string } | { call: string; id?: string; arguments: string[] };

/**
 * Says, thinks and calls, in every choice that is asked for; a token is a piece, and the beginning of a call one, too. The ids of calls are
 * `call_0`, `call_1` … where the parts have none.
 */
export function answerParts(parts: FakePart[], ending: Ending = {}): Script {
  const calls = parts.filter((part) => typeof part === "object" && "call" in part);
  const { finishReason = calls.length > 0 ? "tool_calls" : "stop", done = DONE } = ending;
  return async function* (input): AsyncGenerator<GenerateEvent> {
    for (let index = 0; index < (input.choices ?? 1); index++) {
      const events = parts.flatMap((part): FakeEvent[] => toFakeEvents(part, calls.findIndex((call) => call === part)));
      for (const [position, event] of events.entries()) {
        const spelled = event.type === "toolCall" ? event.name : event.text;
        const { logprobs } = piece(spelled, { index, position, input });
        yield { ...event, index, ...(logprobs === undefined ? {} : { logprobs }) };
      }
      yield { type: "finish", index, finishReason, completionTokens: events.length };
    }
    yield done;
  };
}

type FakeEvent = { type: "text"; text: string; index: number } | PartEvent;

function toFakeEvents(part: FakePart, call: number): FakeEvent[] {
  if (typeof part === "string") return [{ type: "text", index: 0, text: part }];
  if ("reasoning" in part) return [{ type: "reasoning", index: 0, text: part.reasoning }];
  return [
    { type: "toolCall", index: 0, call, id: part.id ?? `call_${call}`, name: part.call },
    ...part.arguments.map((text): PartEvent => ({ type: "arguments", index: 0, call, text })),
  ];
}

/** Says the pieces and then throws. */
export function failAfter(pieces: string[], error: unknown): Script {
  return async function* (): AsyncGenerator<GenerateEvent> {
    for (const text of pieces) yield { type: "text", index: 0, text };
    throw error;
  };
}

/** Says the pieces and then nothing until it is aborted, as an engine that is busy decoding. */
export function hangAfter(pieces: string[]): Script {
  return async function* (_input, signal): AsyncGenerator<GenerateEvent> {
    for (const text of pieces) yield { type: "text", index: 0, text };
    await aborted(signal);
    throw new EngineError("cancelled", "The request was cancelled");
  };
}

/** Says one piece again and again, as fast as it is read, until it is aborted. */
export function endless(piece: string): Script {
  return async function* (_input, signal): AsyncGenerator<GenerateEvent> {
    while (!signal.aborted) yield { type: "text", index: 0, text: piece };
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
        yield { type: "text", index: 0, text };
      }
      yield { type: "finish", index: 0, finishReason: "stop", completionTokens: pieces.length };
      yield DONE;
    },
    open: () => gates[opened++]?.resolve(),
  };
}

/** A token of a choice that is the likelier the higher its choice's index; in its place stands one that is no whole character. */
export function fakeLogprob(text: string, { index, position }: { index: number; position: number }): AnswerLogprob {
  const token = { token: position, bytes: new TextEncoder().encode(text), logprob: -1 / (index + 1) };
  return { ...token, top: [token, { token: 99, bytes: new Uint8Array([0xe2, 0x80]), logprob: -Infinity }] };
}

function piece(
  text: string,
  { input, ...place }: { index: number; position: number; input: GenerateInput },
): TextEvent {
  const event: TextEvent = { type: "text", index: place.index, text };
  if (input.logprobs === undefined) return event;
  const logprob = fakeLogprob(text, place);
  return { ...event, logprobs: [{ ...logprob, top: logprob.top.slice(0, input.logprobs) }] };
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", () => resolve());
  return promise;
}
