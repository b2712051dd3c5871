import type { AnswerLogprob, FinishReason, GenerateEvent, PromptToken } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { Spent } from "./to_usage.ts";

/** One whole answer to a prompt. */
export interface CollectedChoice {
  text: string;
  /** Empty where they were not asked for. */
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
  const choices = Array.from({ length: count }, () => new ChoiceCollector());
  for await (const event of events) {
    if (event.type === "done") {
      return { choices: choices.map((choice) => choice.take()), usage: event.usage, timings: event.timings };
    }
    choices[event.index]?.add(event);
  }
  throw new EngineError("internal", "An answer ended without its last event");
}

class ChoiceCollector {
  #text = "";
  readonly #logprobs: AnswerLogprob[] = [];
  #prompt: PromptToken[] | undefined;
  #finishReason: FinishReason | undefined;

  add(event: Exclude<GenerateEvent, { type: "done" }>): void {
    if (event.type === "finish") {
      this.#finishReason = event.finishReason;
      return;
    }
    this.#text += event.text;
    if (event.prompt !== undefined) this.#prompt = event.prompt;
    for (const logprob of event.logprobs ?? []) this.#logprobs.push(logprob);
  }

  take(): CollectedChoice {
    if (this.#finishReason === undefined) throw new EngineError("internal", "A choice ended without its last event");
    const prompt = this.#prompt === undefined ? {} : { prompt: this.#prompt };
    return { text: this.#text, logprobs: this.#logprobs, ...prompt, finishReason: this.#finishReason };
  }
}
