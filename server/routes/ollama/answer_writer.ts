import type { AnswerLogprob, FinishReason, GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { expectText } from "../../expect_text.ts";
import type { ChatAnswer, GenerateAnswer } from "../../schemas/ollama/mod.ts";
import { SseTemplate } from "../../sse_message.ts";
import { toChatLogprobs } from "../chat_logprobs.ts";
import type { CollectedAnswer } from "../collect_answer.ts";
import { jsonLine } from "./json_line.ts";
import { type Clock, toMeasures } from "./to_measures.ts";

/** An answer of either of Ollama's generating routes, or a line of one. */
export type Answer = ChatAnswer | GenerateAnswer;

/** What carries the text of an answer. */
export type Carrier = Pick<ChatAnswer, "message"> | Pick<GenerateAnswer, "response">;

/** What an {@linkcode AnswerWriter} is told of an answer. */
export interface AnswerWriterOptions {
  /** What each line begins with. */
  head: Pick<Answer, "model" | "created_at">;
  carry(text: string): Carrier;
  clock: Clock;
}

/** Writes an answer as Ollama does: whole, or line by line. */
export class AnswerWriter {
  readonly #options: AnswerWriterOptions;
  readonly #template: SseTemplate;
  #reason: FinishReason | undefined;
  #last = "";

  constructor(options: AnswerWriterOptions) {
    this.#options = options;
    this.#template = new SseTemplate((text) => this.#part(text), jsonLine);
  }

  /** The line that ends the stream; empty before `done` was written. */
  get last(): string {
    return this.#last;
  }

  /**
   * The lines that an event makes, but the last; empty where there is none.
   *
   * @throws {EngineError} `internal` when the answer is over without an end.
   */
  write(given: GenerateEvent): string {
    const event = expectText(given);
    switch (event.type) {
      case "text":
        return this.#text(event.text, event.logprobs);
      case "finish":
        this.#reason = event.finishReason;
        return "";
      case "done":
        if (this.#reason === undefined) throw new EngineError("internal", "An answer ended without saying why");
        this.#last = jsonLine({
          ...this.#end("", this.#reason),
          ...toMeasures(event, this.#options.clock),
        });
        return "";
    }
  }

  /** The whole answer as one. */
  whole({ choices, usage, timings }: CollectedAnswer): Answer {
    const [choice] = choices;
    if (choice === undefined) throw new EngineError("internal", "There is no answer");
    return {
      ...this.#end(choice.text, choice.finishReason),
      ...(choice.logprobs.length === 0 ? {} : { logprobs: toChatLogprobs(choice.logprobs).content }),
      ...toMeasures({ usage, timings }, this.#options.clock),
    };
  }

  #text(text: string, logprobs: AnswerLogprob[] = []): string {
    if (logprobs.length > 0) return jsonLine({ ...this.#part(text), logprobs: toChatLogprobs(logprobs).content });
    return text === "" ? "" : this.#template.fill(text);
  }

  #part(text: string): Answer {
    const { head, carry } = this.#options;
    return { ...head, ...carry(text), done: false };
  }

  #end(text: string, reason: FinishReason): Answer {
    const { head, carry } = this.#options;
    return { ...head, ...carry(text), done: true, done_reason: reason };
  }
}
