import type { AnswerLogprob, FinishReason, GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { expectText } from "../../expect_text.ts";
import type { EventBody, OutputMessage, ResponseEvent, ResponseObject } from "../../schemas/responses/mod.ts";
import { sseEvent } from "../../sse_message.ts";
import { toChatLogprobs } from "../chat_logprobs.ts";
import { toTimings } from "../to_usage.ts";
import { newId } from "../../new_id.ts";
import { closeResponse, failResponse, toMessage } from "./response_object.ts";
import { toOutputText } from "./to_items.ts";

type TextEvent = Extract<GenerateEvent, { type: "text" }>;
type DoneEvent = Extract<GenerateEvent, { type: "done" }>;

/** What an engine yields, behind a beginning of which a client can be told at once. */
export type StreamedEvent = GenerateEvent | { type: "begin" };

/** Writes the events of one answer as OpenAI's named events, numbered from 0. */
export class ResponseWriter {
  readonly #open: ResponseObject;
  readonly #onComplete: (response: ResponseObject) => void;
  readonly #place = { item_id: newId("msg_"), output_index: 0, content_index: 0 };
  /** The JSON of a part of the text, up to its number: each token has one. */
  readonly #deltaHead: string;
  #numbered = 0;
  #hasItem = false;
  #text = "";
  readonly #logprobs: AnswerLogprob[] = [];
  #finishReason: FinishReason | undefined;

  /**
   * @param open The response at its beginning.
   * @param onComplete Called with the response at its end, before the client hears of it; what it throws becomes a failure.
   */
  constructor(open: ResponseObject, onComplete: (response: ResponseObject) => void) {
    this.#open = open;
    this.#onComplete = onComplete;
    const delta = { type: "response.output_text.delta", ...this.#place, logprobs: [] };
    this.#deltaHead = sseEvent(delta.type, delta).slice(0, -"}\n\n".length);
  }

  /**
   * The messages that an event makes, joined; empty where there is none.
   *
   * @throws {EngineError} `internal` when the answer has no end.
   */
  write(given: StreamedEvent): string {
    const event = given.type === "begin" ? given : expectText(given);
    switch (event.type) {
      case "begin":
        return this.#event({ type: "response.created", response: this.#open }) +
          this.#event({ type: "response.in_progress", response: this.#open });
      case "text":
        return this.#addItem() + this.#delta(event);
      case "finish":
        this.#finishReason = event.finishReason;
        return this.#addItem();
      case "done":
        return this.#done(event);
    }
  }

  /** The last message of an answer that failed. */
  fail(thrown: unknown): string {
    return this.#event({ type: "response.failed", response: failResponse(this.#open, thrown) });
  }

  #addItem(): string {
    if (this.#hasItem) return "";
    this.#hasItem = true;
    const item: OutputMessage = {
      id: this.#place.item_id,
      type: "message",
      role: "assistant",
      status: "in_progress",
      content: [],
    };
    return this.#event({ type: "response.output_item.added", output_index: this.#place.output_index, item }) +
      this.#event({ type: "response.content_part.added", ...this.#place, part: toOutputText("") });
  }

  #delta({ text, logprobs = [] }: TextEvent): string {
    this.#text += text;
    if (logprobs.length > 0) {
      for (const logprob of logprobs) this.#logprobs.push(logprob);
      const { content } = toChatLogprobs(logprobs);
      return this.#event({ type: "response.output_text.delta", ...this.#place, delta: text, logprobs: content });
    }
    if (text === "") return "";
    return `${this.#deltaHead},"sequence_number":${this.#numbered++},"delta":${JSON.stringify(text)}}\n\n`;
  }

  #done(spent: DoneEvent): string {
    if (this.#finishReason === undefined) throw new EngineError("internal", "An answer ended without saying why");
    const item = toMessage({
      id: this.#place.item_id,
      text: this.#text,
      logprobs: this.#logprobs,
      finishReason: this.#finishReason,
    });
    const response = closeResponse(this.#open, [item], spent);
    this.#onComplete(response);
    const type = item.status === "completed" ? "response.completed" : "response.incomplete";
    return item.content.map((part) => this.#partDone(part)).join("") +
      this.#event({ type: "response.output_item.done", output_index: this.#place.output_index, item }) +
      this.#event({ type, response, timings: toTimings(spent) });
  }

  #partDone(part: OutputMessage["content"][number]): string {
    const { text, logprobs } = part;
    return this.#event({ type: "response.output_text.done", ...this.#place, text, logprobs }) +
      this.#event({ type: "response.content_part.done", ...this.#place, part });
  }

  #event(body: EventBody): string {
    return sseEvent(body.type, { ...body, sequence_number: this.#numbered++ } satisfies ResponseEvent);
  }
}

/** Puts the beginning before an engine's events; it costs them no promise of their own. */
export function withBeginning(
  events: AsyncIterator<GenerateEvent, void, void>,
): AsyncIterator<StreamedEvent, void, void> {
  let begun = false;
  return {
    next: () => {
      if (begun) return events.next();
      begun = true;
      return Promise.resolve({ done: false, value: { type: "begin" } });
    },
    return: () => events.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}
