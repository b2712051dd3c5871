import type { AnswerLogprob, FinishReason, GenerateEvent, PartEvent, PromptToken } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { Receipt, Timings, Usage } from "../schemas/mod.ts";
import { sseMessage, SseTemplate } from "../sse_message.ts";
import { toTimings, toUsage } from "./to_usage.ts";

/** How a choice begins. */
export interface Beginning {
  /** What comes first: text, a thought or a call, or nothing at all. */
  first: "text" | "part" | "end";
  /** The prompt's log-probabilities, where there are any. */
  prompt?: PromptToken[] | undefined;
}

/** How one API writes the parts of a streamed answer. */
export interface ChunkShape {
  /** What a choice begins with, before anything of its own; undefined where nothing does. */
  open(choice: number, beginning: Beginning): object | undefined;
  text(choice: number, text: string, logprobs?: AnswerLogprob[]): object;
  /** Absent, as {@linkcode call}, where an answer is nothing but text. */
  thought?(choice: number, text: string, logprobs?: AnswerLogprob[]): object;
  /** A call begins, or its arguments go on. */
  call?(event: Exclude<PartEvent, { type: "reasoning" }>): object;
  finish(choice: number, reason: FinishReason): object;
  /** A part that is about no choice. */
  bare(): object;
}

/** What is added to the parts of either API. */
interface Extra {
  usage?: Usage | null;
  timings?: Timings;
  receipt?: Receipt;
  validation?: string;
}

/** How a {@linkcode ChunkWriter} writes. */
export interface ChunkWriterOptions {
  choices: number;
  includeUsage: boolean;
  /** What more the last part has; asked for when it is written. */
  extra?: (() => Pick<Extra, "receipt" | "validation">) | undefined;
}

/** Writes the events of one answer as server-sent events. */
export class ChunkWriter {
  readonly #shape: ChunkShape;
  readonly #includeUsage: boolean;
  readonly #extra: ChunkWriterOptions["extra"];
  /** One for each choice that has begun. */
  readonly #templates: SseTemplate[] = [];
  /** Those of thoughts. */
  readonly #thoughts: SseTemplate[] = [];
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
        return this.#thought(event);
      case "toolCall":
      case "arguments":
        return this.#call(event);
      case "finish":
        return this.#finish(event.index, event.finishReason);
      case "done":
        return this.#done({ timings: toTimings(event), ...this.#extra?.() }, toUsage(event));
    }
  }

  #text({ index, text, logprobs, prompt }: Extract<GenerateEvent, { type: "text" }>): string {
    const opening = this.#open(index, { first: "text", prompt });
    if (logprobs !== undefined && logprobs.length > 0) {
      return opening + this.#message(this.#shape.text(index, text, logprobs));
    }
    return text === "" ? opening : opening + (this.#templates[index]?.fill(text) ?? "");
  }

  #thought({ index, text, logprobs }: Extract<PartEvent, { type: "reasoning" }>): string {
    const opening = this.#open(index, { first: "part" });
    const { thought } = this.#shape;
    if (thought === undefined) throw new EngineError("internal", "An answer that is nothing but text has a thought");
    if (logprobs !== undefined && logprobs.length > 0) return opening + this.#message(thought(index, text, logprobs));
    const template = this.#thoughts[index] ??= new SseTemplate((text) => this.#with(thought(index, text)));
    return text === "" ? opening : opening + template.fill(text);
  }

  #call(event: Exclude<PartEvent, { type: "reasoning" }>): string {
    const opening = this.#open(event.index, { first: "part" });
    const { call } = this.#shape;
    if (call === undefined) throw new EngineError("internal", "An answer that is nothing but text has a call");
    return opening + this.#message(call(event));
  }

  /** The beginning of a choice; empty when it has begun. */
  #open(index: number, beginning: Beginning): string {
    if (this.#templates[index] !== undefined) return "";
    this.#templates[index] = new SseTemplate((text) => this.#with(this.#shape.text(index, text)));
    const opening = this.#shape.open(index, beginning);
    return opening === undefined ? "" : this.#message(opening);
  }

  #finish(index: number, reason: FinishReason): string {
    const opening = this.#open(index, { first: "end" });
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
