import type { AnswerLogprob, FinishReason, GenerateEvent, PromptToken, ToolCall } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { Spent } from "./to_usage.ts";

/** One whole answer to a prompt. */
export interface CollectedChoice {
  /** What is said, without thoughts and calls. */
  text: string;
  /** What the model thought; empty where it did not. */
  reasoning: string;
  /** In the order in which they were begun; empty where there are none. */
  toolCalls: ToolCall[];
  /** Of everything that the model wrote, in its order; empty where they were not asked for. */
  logprobs: AnswerLogprob[];
  /** The prompt's, where they were asked for. */
  prompt?: PromptToken[];
  finishReason: FinishReason;
}

/** All that a request generates. */
export interface CollectedAnswer extends Spent {
  choices: CollectedChoice[];
}

/**
 * Reads an answer to its end.
 *
 * @param events Up to and with `done`.
 * @param count How many choices it has.
 * @throws {EngineError} Whatever the engine throws; `internal` when a choice has no end.
 */
export async function collectAnswer(events: AsyncIterable<GenerateEvent>, count: number): Promise<CollectedAnswer> {
  const collector = new AnswerCollector(count);
  for await (const event of events) {
    if (event.type === "done") return { choices: collector.take(), usage: event.usage, timings: event.timings };
    collector.add(event);
  }
  throw new EngineError("internal", "An answer ended without its last event");
}

/** Puts the events of an answer together. */
export class AnswerCollector {
  readonly #choices: ChoiceCollector[];

  /** @param count How many choices it has. */
  constructor(count: number) {
    this.#choices = Array.from({ length: count }, () => new ChoiceCollector());
  }

  add(event: Exclude<GenerateEvent, { type: "done" }>): void {
    this.#choices[event.index]?.add(event);
  }

  /**
   * All of it, once it is there.
   *
   * @throws {EngineError} `internal` when a choice has no end.
   */
  take(): CollectedChoice[] {
    return this.#choices.map((choice) => choice.take());
  }
}

class ChoiceCollector {
  #text = "";
  #reasoning = "";
  /** By the numbers that the engine counts them by. */
  readonly #toolCalls: ToolCall[] = [];
  readonly #logprobs: AnswerLogprob[] = [];
  #prompt: PromptToken[] | undefined;
  #finishReason: FinishReason | undefined;

  add(event: Exclude<GenerateEvent, { type: "done" }>): void {
    if (event.type === "finish") {
      this.#finishReason = event.finishReason;
      return;
    }
    for (const logprob of event.logprobs ?? []) this.#logprobs.push(logprob);
    switch (event.type) {
      case "text":
        this.#text += event.text;
        if (event.prompt !== undefined) this.#prompt = event.prompt;
        break;
      case "reasoning":
        this.#reasoning += event.text;
        break;
      case "toolCall":
        this.#toolCalls[event.call] = { id: event.id, name: event.name, arguments: "" };
        break;
      case "arguments":
        this.#callOf(event.call).arguments += event.text;
    }
  }

  take(): CollectedChoice {
    if (this.#finishReason === undefined) throw new EngineError("internal", "A choice ended without its last event");
    return {
      text: this.#text,
      reasoning: this.#reasoning,
      toolCalls: this.#toolCalls,
      logprobs: this.#logprobs,
      ...(this.#prompt === undefined ? {} : { prompt: this.#prompt }),
      finishReason: this.#finishReason,
    };
  }

  #callOf(number: number): ToolCall {
    const call = this.#toolCalls[number];
    if (call === undefined) throw new EngineError("internal", `The engine gave arguments of no call: ${number}`);
    return call;
  }
}
