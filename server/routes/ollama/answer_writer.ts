import type { AnswerLogprob, FinishReason, GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { ChatAnswer, GenerateAnswer } from "../../schemas/ollama/mod.ts";
import { SseTemplate } from "../../sse_message.ts";
import { type AnswerPart, AnswerParts, type PieceEvent, type WholeAnswer } from "../answer_parts.ts";
import { toChatLogprobs } from "../chat_logprobs.ts";
import { jsonLine } from "./json_line.ts";
import { NOTHING, type Said, saidByAll, saidByCall } from "./said.ts";
import { type Clock, toMeasures } from "./to_measures.ts";

/** An answer of either of Ollama's generating routes, or a line of one. */
export type Answer = ChatAnswer | GenerateAnswer;

/** What carries what an answer says. */
export type Carrier = Pick<ChatAnswer, "message"> | Pick<GenerateAnswer, "response" | "thinking">;

/** What an {@linkcode AnswerWriter} is told of an answer. */
export interface AnswerWriterOptions {
  /** What each line begins with. */
  head: Pick<Answer, "model" | "created_at">;
  carry(said: Said): Carrier;
  clock: Clock;
  /** What more the last line of a stream has; asked for when it is written. */
  extra(): Pick<Answer, "validation"> | undefined;
}

/** Writes an answer as Ollama does: whole, or line by line. */
export class AnswerWriter {
  readonly #options: AnswerWriterOptions;
  readonly #parts = new AnswerParts();
  readonly #texts: SseTemplate;
  readonly #thoughts: SseTemplate;
  /** Calls that were given. */
  #calls = 0;
  #reason: FinishReason | undefined;
  #last = "";

  constructor(options: AnswerWriterOptions) {
    this.#options = options;
    this.#texts = new SseTemplate((content) => this.#part({ ...NOTHING, content }), jsonLine);
    this.#thoughts = new SseTemplate((thinking) => this.#part({ ...NOTHING, thinking }), jsonLine);
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
  write(event: GenerateEvent): string {
    switch (event.type) {
      case "finish":
        this.#reason = event.finishReason;
        return this.#call(this.#parts.end().ended);
      case "done":
        if (this.#reason === undefined) throw new EngineError("internal", "An answer ended without saying why");
        this.#last = jsonLine({
          ...this.#end(NOTHING, this.#reason),
          ...toMeasures(event, this.#options.clock),
          ...this.#options.extra(),
        });
        return "";
      default:
        return this.#call(this.#parts.add(event).ended) + this.#piece(event);
    }
  }

  /** The whole answer as one. */
  whole({ parts, finish, usage, timings }: WholeAnswer): Answer {
    const logprobs = parts.flatMap((part) => part.logprobs);
    return {
      ...this.#end(saidByAll(parts), finish.finishReason),
      ...(logprobs.length === 0 ? {} : { logprobs: toChatLogprobs(logprobs).content }),
      ...toMeasures({ usage, timings }, this.#options.clock),
    };
  }

  #piece(event: PieceEvent): string {
    // A call comes whole, when it has ended.
    if (event.type === "toolCall" || event.type === "arguments") return "";
    const { type, text, logprobs = [] } = event;
    if (logprobs.length > 0) {
      return this.#line({ ...NOTHING, [type === "text" ? "content" : "thinking"]: text }, logprobs);
    }
    return text === "" ? "" : (type === "text" ? this.#texts : this.#thoughts).fill(text);
  }

  #call(ended: AnswerPart | undefined): string {
    if (ended?.kind !== "call") return "";
    const said = saidByCall(ended, this.#calls);
    this.#calls += said.calls.length;
    return this.#line(said, ended.logprobs);
  }

  #line(said: Said, logprobs: AnswerLogprob[]): string {
    return jsonLine({
      ...this.#part(said),
      ...(logprobs.length === 0 ? {} : { logprobs: toChatLogprobs(logprobs).content }),
    });
  }

  #part(said: Said): Answer {
    const { head, carry } = this.#options;
    return { ...head, ...carry(said), done: false };
  }

  #end(said: Said, reason: FinishReason): Answer {
    const { head, carry } = this.#options;
    // Ollama has no word of its own for an answer that ends with calls.
    return { ...head, ...carry(said), done: true, done_reason: reason === "length" ? "length" : "stop" };
  }
}
