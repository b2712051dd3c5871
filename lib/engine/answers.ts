import type { RequestEvent } from "./protocol.ts";
import type { Advance, Sequence } from "./sequence.ts";

/** One request whose choices are on their way. */
interface Request {
  /** Choices that have not ended. */
  open: number;
  /** False: text is kept until its choice ends. */
  stream: boolean;
  /** Text kept, by choice. */
  kept: Map<number, Advance>;
  ended: Sequence[];
}

/** Turns what happens to sequences into the events of their requests: each choice finishes, the last one ends the request. */
export class Answers {
  readonly #requests = new Map<number, Request>();

  /** Begins a request of so many choices. */
  begin(id: number, { choices, stream }: { choices: number; stream: boolean }): void {
    this.#requests.set(id, { open: choices, stream, kept: new Map(), ended: [] });
  }

  /** Forgets a request that failed or was cancelled; false when it is not there, having ended. */
  end(id: number): boolean {
    return this.#requests.delete(id);
  }

  /** The events that follow from a sequence's advance. */
  advance(sequence: Sequence, advance: Advance): RequestEvent[] {
    const { id, index } = sequence;
    const request = this.#requests.get(id);
    if (request === undefined) return [];
    const { finishReason, stopString } = advance;
    const { text, logprobs, prompt } = this.#textOf(request, index, advance);
    const events: RequestEvent[] = [];
    if (text !== "" || logprobs.length > 0 || prompt !== undefined) {
      const extra = sequence.logprobs === undefined ? {} : { logprobs };
      events.push({ type: "text", id, index, text, ...extra, ...(prompt === undefined ? {} : { prompt }) });
    }
    if (finishReason === undefined) return events;
    const { completionTokens } = sequence;
    const stop = stopString === undefined ? {} : { stopString };
    events.push({ type: "finish", id, index, finishReason, completionTokens, ...stop });
    request.ended.push(sequence);
    request.open--;
    if (request.open === 0) {
      this.#requests.delete(id);
      events.push({ type: "done", id, ...accounts(request.ended) });
    }
    return events;
  }

  #textOf({ stream, kept }: Request, index: number, advance: Advance): Advance {
    if (stream) return advance;
    const before = kept.get(index) ?? { text: "", logprobs: [] };
    before.text += advance.text;
    before.logprobs.push(...advance.logprobs);
    if (advance.prompt !== undefined) before.prompt = advance.prompt;
    if (advance.finishReason !== undefined) return before;
    kept.set(index, before);
    return { text: "", logprobs: [] };
  }
}

/** What a request has cost, all its choices together. */
function accounts(sequences: readonly Sequence[]): Omit<RequestEvent & { type: "done" }, "type" | "id"> {
  const sum = (count: (sequence: Sequence) => number): number => sequences.reduce((all, one) => all + count(one), 0);
  const created = Math.min(...sequences.map(({ times }) => times.created));
  const begun = Math.min(...sequences.map(({ times }) => times.begun ?? times.created));
  const answering = Math.min(...sequences.map(({ times }) => times.answering ?? begun));
  const ended = Math.max(...sequences.map(({ times }) => times.ended ?? answering));
  return {
    usage: {
      promptTokens: sequences[0]?.promptLength ?? 0,
      // Choices share the prompt: what the first one of them found counts.
      cachedTokens: Math.min(...sequences.map(({ reused = 0 }) => reused)),
      completionTokens: sum(({ completionTokens }) => completionTokens),
    },
    timings: {
      queueMs: begun - created,
      prefillMs: answering - begun,
      decodeMs: ended - answering,
      draftTokens: sum(({ draftTokens }) => draftTokens),
      draftAccepted: sum(({ draftAccepted }) => draftAccepted),
    },
    ...(sequences.some(({ reproducible }) => reproducible) ? { alone: sequences.every(({ alone }) => alone) } : {}),
  };
}
