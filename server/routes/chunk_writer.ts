import type { AnswerLogprob, FinishReason, GenerateEvent, PartEvent, PromptToken } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { Receipt, Timings, Usage } from "../schemas/mod.ts";
import { sseMessage, SseTemplate } from "../sse_message.ts";
import { toTimings, toUsage } from "./to_usage.ts";

/** How one API writes the parts of a streamed answer. */
export interface ChunkShape {
  /** What a choice begins with, before any text of its own, and with the prompt's log-probabilities where there are any; undefined where nothing does. */
  open(choice: number, prompt?: PromptToken[]): object | undefined;
  text(choice: number, text: string, logprobs?: AnswerLogprob[]): object;
  /** A thought, or a part of a call; absent where an answer is nothing but text. */
  part?(event: PartEvent): object;
  finish(choice: number, reason: FinishReason): object;
  /** A part that is about no choice. */
  bare(): object;
}

/** What is added to the parts of either API. */
interface Extra {
  usage?: Usage | null;
  timings?: Timings;
  receipt?: Receipt;
}

/** How a {@linkcode ChunkWriter} writes. */
export interface ChunkWriterOptions {
  choices: number;
  includeUsage: boolean;
  /** What more the last part has; asked for when it is written. */
  extra?: (() => Pick<Extra, "receipt">) | undefined;
}

/** Writes the events of one answer as server-sent events. */
export class ChunkWriter {
  readonly #shape: ChunkShape;
  readonly #includeUsage: boolean;
  readonly #extra: ChunkWriterOptions["extra"];
  /** One for each choice that has begun. */
  readonly #templates: SseTemplate[] = [];
  #unfinished: number;
  /** The end of the last choice, kept until the timings that belong to it are known. */
  #last: object | undefined;

  constructor(shape: ChunkShape, { choices, includeUsage, extra }: ChunkWriterOptions) {
    this.#shape = shape;
    this.#extra = extra;
    this.#unfinished = choices;
    this.#includeUsage = includeUsage;
  }

  /**
   * The messages that an event makes, joined; empty where there is none.
   *
   * @throws {EngineError} `internal` when the answer is over before all of its choices are.
   */
  write(event: GenerateEvent): string {
    switch (event.type) {
      case "text":
        return this.#text(event);
      case "reasoning":
      case "toolCall":
      case "arguments":
        return this.#part(event);
      case "finish":
        return this.#finish(event.index, event.finishReason);
      case "done":
        return this.#done({ timings: toTimings(event), ...this.#extra?.() }, toUsage(event));
    }
  }

  #text({ index, text, logprobs, prompt }: Extract<GenerateEvent, { type: "text" }>): string {
    const template = this.#templates[index];
    if (template === undefined) return this.#open(index, prompt) + this.#text({ type: "text", index, text, logprobs });
    if (logprobs !== undefined && logprobs.length > 0) {
      return this.#message(this.#shape.text(index, text, logprobs));
    }
    return text === "" ? "" : template.fill(text);
  }

  #part(event: PartEvent): string {
    const opening = this.#templates[event.index] === undefined ? this.#open(event.index) : "";
    const { part } = this.#shape;
    if (part === undefined) throw new EngineError("internal", `An answer of text has a part "${event.type}"`);
    return opening + this.#message(part(event));
  }

  #open(index: number, prompt?: PromptToken[]): string {
    this.#templates[index] = new SseTemplate((text) => this.#with(this.#shape.text(index, text)));
    const opening = this.#shape.open(index, prompt);
    return opening === undefined ? "" : this.#message(opening);
  }

  #finish(index: number, reason: FinishReason): string {
    const opening = this.#templates[index] === undefined ? this.#open(index) : "";
    const end = this.#shape.finish(index, reason);
    if (--this.#unfinished > 0) return opening + this.#message(end);
    this.#last = end;
    return opening;
  }

  #done(extra: Extra, usage: Usage): string {
    if (this.#last === undefined) throw new EngineError("internal", "An answer ended before all of its choices did");
    if (!this.#includeUsage) return sseMessage({ ...this.#last, ...extra });
    return this.#message(this.#last) + sseMessage({ ...this.#shape.bare(), usage, ...extra });
  }

  #message(chunk: object): string {
    return sseMessage(this.#with(chunk));
  }

  /** OpenAI: where usage is asked for, every chunk has the key, and it is null in all but the last. */
  #with(chunk: object): object {
    return this.#includeUsage ? { ...chunk, usage: null } satisfies Extra : chunk;
  }
}
