import type { AnswerLogprob, FinishReason, GenerateEvent } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { EventBody, OutputItem, ResponseEvent, ResponseObject } from "../../schemas/responses/mod.ts";
import { sseEvent } from "../../sse_message.ts";
import { type AnswerPart, AnswerParts, type PieceEvent } from "../answer_parts.ts";
import { toChatLogprobs } from "../chat_logprobs.ts";
import { toTimings } from "../to_usage.ts";
import { closeResponse, failResponse, lastStatus } from "./response_object.ts";
import { newItemId, toOutputItem, toOutputText } from "./to_items.ts";

type DoneEvent = Extract<GenerateEvent, { type: "done" }>;
type EndEvent = Extract<EventBody, { type: "response.completed" | "response.incomplete" }>;

/** What an engine yields, behind a beginning of which a client can be told at once. */
export type StreamedEvent = GenerateEvent | { type: "begin" };

/** What a {@linkcode ResponseWriter} is told besides the response's beginning. */
export interface ResponseWriterOptions {
  /** Called with the response at its end, before the client hears of it; what it throws becomes a failure. */
  onComplete(response: ResponseObject): void;
  /** What more the last event has; asked for when it is written. */
  extra(): Pick<EndEvent, "validation"> | undefined;
}

/** The item that is being written. */
interface OpenItem {
  item_id: string;
  output_index: number;
  /** The JSON of a piece of it, up to its number: each token has one. */
  deltaHead: string;
}

const DELTAS = {
  text: "response.output_text.delta",
  reasoning: "response.reasoning_text.delta",
  call: "response.function_call_arguments.delta",
} as const satisfies Record<AnswerPart["kind"], EventBody["type"]>;

/** Writes the events of one answer as OpenAI's named events, numbered from 0. */
export class ResponseWriter {
  readonly #open: ResponseObject;
  readonly #options: ResponseWriterOptions;
  readonly #parts = new AnswerParts();
  /** Items that are whole. */
  readonly #output: OutputItem[] = [];
  #item: OpenItem | undefined;
  #numbered = 0;
  #finishReason: FinishReason | undefined;

  /** @param open The response at its beginning. */
  constructor(open: ResponseObject, options: ResponseWriterOptions) {
    this.#open = open;
    this.#options = options;
  }

  /**
   * The messages that an event makes, joined; empty where there is none.
   *
   * @throws {EngineError} `internal` when the answer has no end.
   */
  write(event: StreamedEvent): string {
    switch (event.type) {
      case "begin":
        return this.#event({ type: "response.created", response: this.#open }) +
          this.#event({ type: "response.in_progress", response: this.#open });
      case "finish": {
        this.#finishReason = event.finishReason;
        const { begun, ended } = this.#parts.end();
        return this.#begin(begun) + this.#end(ended, lastStatus(event.finishReason));
      }
      case "done":
        return this.#done(event);
      default:
        return this.#piece(event);
    }
  }

  /** The last message of an answer that failed. */
  fail(thrown: unknown): string {
    return this.#event({ type: "response.failed", response: failResponse(this.#open, thrown) });
  }

  #piece(event: PieceEvent): string {
    const { ended, begun } = this.#parts.add(event);
    const changes = this.#end(ended, "completed") + this.#begin(begun);
    const item = this.#item;
    if (event.type === "toolCall" || item === undefined) return changes;
    if (event.type === "text" && event.logprobs !== undefined && event.logprobs.length > 0) {
      return changes + this.#logprobsDelta(event.text, event.logprobs, item);
    }
    if (event.text === "") return changes;
    return `${changes}${item.deltaHead},"sequence_number":${this.#numbered++},"delta":${
      JSON.stringify(event.text)
    }}\n\n`;
  }

  #logprobsDelta(delta: string, logprobs: AnswerLogprob[], { item_id, output_index }: OpenItem): string {
    return this.#event({
      type: "response.output_text.delta",
      item_id,
      output_index,
      content_index: 0,
      delta,
      logprobs: toChatLogprobs(logprobs).content,
    });
  }

  #begin(part: AnswerPart | undefined): string {
    if (part === undefined) return "";
    const at = { item_id: newItemId(part), output_index: this.#output.length };
    const place = { ...at, content_index: 0 };
    const head = {
      type: DELTAS[part.kind],
      ...(part.kind === "call" ? at : place),
      ...(part.kind === "text" ? { logprobs: [] } : {}),
    };
    this.#item = { ...at, deltaHead: sseEvent(head.type, head).slice(0, -"}\n\n".length) };
    const item = toOutputItem(part, { id: at.item_id, status: "in_progress" });
    const added = this.#event({ type: "response.output_item.added", output_index: at.output_index, item });
    if (part.kind === "call") return added;
    const content = part.kind === "text" ? toOutputText("") : { type: "reasoning_text", text: "" } as const;
    return added + this.#event({ type: "response.content_part.added", ...place, part: content });
  }

  #end(part: AnswerPart | undefined, status: "completed" | "incomplete"): string {
    if (part === undefined || this.#item === undefined) return "";
    const { item_id, output_index } = this.#item;
    const item = toOutputItem(part, { id: item_id, status });
    this.#output.push(item);
    this.#item = undefined;
    return this.#contentDone(item, { item_id, output_index }) +
      this.#event({ type: "response.output_item.done", output_index, item });
  }

  #contentDone(item: OutputItem, at: Pick<OpenItem, "item_id" | "output_index">): string {
    if (item.type === "function_call") {
      const { name, arguments: text } = item;
      return this.#event({ type: "response.function_call_arguments.done", ...at, name, arguments: text });
    }
    const place = { ...at, content_index: 0 };
    return item.content.map((part) => {
      const done = part.type === "output_text"
        ? this.#event({ type: "response.output_text.done", ...place, text: part.text, logprobs: part.logprobs })
        : this.#event({ type: "response.reasoning_text.done", ...place, text: part.text });
      return done + this.#event({ type: "response.content_part.done", ...place, part });
    }).join("");
  }

  #done(spent: DoneEvent): string {
    if (this.#finishReason === undefined) throw new EngineError("internal", "An answer ended without saying why");
    const response = closeResponse(this.#open, this.#output, spent);
    const extra = this.#options.extra();
    this.#options.onComplete(response);
    const type = response.status === "completed" ? "response.completed" : "response.incomplete";
    return this.#event({ type, response, timings: toTimings(spent), ...extra });
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
