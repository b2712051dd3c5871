import type { GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { expectText } from "../../expect_text.ts";
import type { Message, MessageEvent } from "../../schemas/anthropic/mod.ts";
import { sseEvent, SseTemplate } from "../../sse_message.ts";
import { toMessageEnd, toMessageUsage } from "./message_end.ts";

/** Writes the events of one answer as Anthropic streams them. */
export class MessageWriter {
  readonly #open: Message;
  readonly #delta = new SseTemplate(
    (text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }) satisfies MessageEvent,
    (data) => sseEvent("content_block_delta", data),
  );
  #begun = false;
  #end: ReturnType<typeof toMessageEnd> | undefined;

  /** @param open The answer before it has said anything. */
  constructor(open: Message) {
    this.#open = open;
  }

  /**
   * The messages that an event makes, joined.
   *
   * @throws {EngineError} `internal` when the answer is over before its choice is.
   */
  write(given: GenerateEvent): string {
    const event = expectText(given);
    const beginning = this.#begun ? "" : this.#begin();
    if (event.type === "text") return beginning + (event.text === "" ? "" : this.#delta.fill(event.text));
    if (event.type === "finish") {
      this.#end = toMessageEnd(event);
      return beginning;
    }
    if (this.#end === undefined) throw new EngineError("internal", "An answer ended before its choice did");
    return beginning + write({ type: "content_block_stop", index: 0 }) +
      write({ type: "message_delta", delta: this.#end, usage: toMessageUsage(event.usage) }) +
      write({ type: "message_stop" });
  }

  #begin(): string {
    this.#begun = true;
    return write({ type: "message_start", message: this.#open }) +
      write({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }) +
      write({ type: "ping" });
  }
}

function write(event: MessageEvent): string {
  return sseEvent(event.type, event);
}
