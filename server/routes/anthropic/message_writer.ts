import type { GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { Message, MessageEvent } from "../../schemas/anthropic/mod.ts";
import { sseEvent, SseTemplate } from "../../sse_message.ts";
import { type AnswerPart, AnswerParts } from "../answer_parts.ts";
import { toMessageEnd, toMessageUsage } from "./message_end.ts";
import { beginBlock, type BlockOptions, toContentBlock } from "./to_content_block.ts";

type MessageEnd = Extract<MessageEvent, { type: "message_delta" }>;
type Delta = Extract<MessageEvent, { type: "content_block_delta" }>["delta"];

/** How a {@linkcode MessageWriter} writes. */
export interface MessageWriterOptions extends BlockOptions {
  /** What more the end of the answer has; asked for when it is written. */
  extra(): Pick<MessageEnd, "validation"> | undefined;
}

/** Writes the events of one answer as Anthropic streams them. */
export class MessageWriter {
  readonly #open: Message;
  readonly #options: MessageWriterOptions;
  readonly #parts = new AnswerParts();
  /** The JSON of a piece of the block that is being written: each token has one. */
  #delta: SseTemplate | undefined;
  #begun = false;
  /** Of the last block that has begun. */
  #index = -1;
  #end: ReturnType<typeof toMessageEnd> | undefined;

  /**
   * @param open The answer before it has said anything.
   * @param options How it is given.
   */
  constructor(open: Message, options: MessageWriterOptions) {
    this.#open = open;
    this.#options = options;
  }

  /**
   * The messages that an event makes, joined.
   *
   * @throws {EngineError} `internal` when the answer is over before its choice is.
   */
  write(event: GenerateEvent): string {
    switch (event.type) {
      case "finish": {
        this.#end = toMessageEnd(event);
        const { begun, ended } = this.#parts.end();
        return this.#start() + this.#beginBlock(begun) + this.#endBlock(ended);
      }
      case "done":
        if (this.#end === undefined) throw new EngineError("internal", "An answer ended before its choice did");
        return write({
          type: "message_delta",
          delta: this.#end,
          usage: toMessageUsage(event.usage),
          ...this.#options.extra(),
        }) + write({ type: "message_stop" });
      default: {
        const { ended, begun } = this.#parts.add(event);
        const changes = this.#endBlock(ended) + this.#start() + this.#beginBlock(begun);
        return event.type === "toolCall" || event.text === ""
          ? changes
          : changes + (this.#delta?.fill(event.text) ?? "");
      }
    }
  }

  #start(): string {
    if (this.#begun) return "";
    this.#begun = true;
    return write({ type: "message_start", message: this.#open });
  }

  #beginBlock(part: AnswerPart | undefined): string {
    if (part === undefined) return "";
    const index = ++this.#index;
    this.#delta = part.kind === "reasoning" && this.#options.omitsThoughts ? undefined : new SseTemplate(
      (text) => ({ type: "content_block_delta", index, delta: toDelta(part, text) }) satisfies MessageEvent,
      (data) => sseEvent("content_block_delta", data),
    );
    const begin = write({ type: "content_block_start", index, content_block: beginBlock(part) });
    return index === 0 ? begin + write({ type: "ping" }) : begin;
  }

  #endBlock(part: AnswerPart | undefined): string {
    if (part === undefined) return "";
    const index = this.#index;
    const block = toContentBlock(part, this.#options);
    const last = block.type === "thinking"
      ? write({
        type: "content_block_delta",
        index,
        delta: { type: "signature_delta", signature: block.signature },
      })
      : "";
    return last + write({ type: "content_block_stop", index });
  }
}

function toDelta(part: AnswerPart, text: string): Delta {
  switch (part.kind) {
    case "text":
      return { type: "text_delta", text };
    case "reasoning":
      return { type: "thinking_delta", thinking: text };
    case "call":
      return { type: "input_json_delta", partial_json: text };
  }
}

function write(event: MessageEvent): string {
  return sseEvent(event.type, event);
}
