import { nextTick } from "node:process";
import { logFailure, toErrorBody } from "./errors.ts";
import { sseMessage } from "./sse_message.ts";

/** What a stream of server-sent events is made from. */
export interface SseSource<Event> {
  /** Read to its end, or returned when the client goes away. */
  events: AsyncIterator<Event, void, void>;
  /** The messages that an event makes, as text that is sent as it is; none is an empty text. */
  write(event: Event): string;
}

/** How a stream of server-sent events behaves. */
export interface SseOptions {
  /** The last message after a stream that did not fail, as text that is sent as it is; OpenAI's `[DONE]` when absent. */
  last?: string;
  /** The last message after one that did; OpenAI's error when absent. */
  fail?(error: unknown): string;
  /** Called at most once, when the client goes away before the end. */
  onCancel(): void;
  /** Milliseconds of silence after which a comment is sent, so that proxies and clients keep the connection; 5000 by default. */
  keepAliveMs?: number;
}

const KEEP_ALIVE_MS = 5000;

/** Characters that are written ahead of a client; beyond them, no event is read until it has taken them. */
const MAX_AHEAD = 16_384;

const encoder = new TextEncoder();
const COMMENT = encoder.encode(": keep-alive\n\n");

/**
 * A response that sends each event's messages as soon as it is there; those that are there already, or come while the client has not yet
 * taken what it got, go out together in one write. What the source throws becomes a last message `{"error": …}`. The format is that of
 * the HTML standard, section 9.2.
 */
export function sseResponse<Event>(source: SseSource<Event>, options: SseOptions): Response {
  return new Response(new ReadableStream(new SsePump(source, options)), {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}

/** Moves events into a stream. Every token of every client passes here: no promise and no encoding more than needed. */
class SsePump<Event> implements UnderlyingDefaultSource<Uint8Array> {
  readonly #source: SseSource<Event>;
  readonly #options: SseOptions;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** Written, but not yet given to the stream. */
  #ahead = "";
  #flushScheduled = false;
  #reading = false;
  /** Whether nothing more is to be read: the events have ended or failed, or the client is gone. */
  #over = false;
  #spoke = false;
  #timer: number | undefined;

  constructor(source: SseSource<Event>, options: SseOptions) {
    this.#source = source;
    this.#options = options;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#timer = setInterval(() => this.#keepAlive(controller), this.#options.keepAliveMs ?? KEEP_ALIVE_MS);
    this.#read();
  }

  pull(): void {
    this.#flush();
  }

  cancel(): void {
    this.#controller = undefined;
    this.#over = true;
    clearInterval(this.#timer);
    this.#options.onCancel();
    // Queued behind a pending `next`, which ends through the abort; what it still throws has no reader.
    this.#source.events.return?.().catch(() => {});
  }

  #read(): void {
    if (this.#reading || this.#over || this.#ahead.length >= MAX_AHEAD) return;
    this.#reading = true;
    this.#source.events.next().then(this.#take, this.#fail);
  }

  readonly #take = (result: IteratorResult<Event, void>): void => {
    this.#reading = false;
    if (this.#over) return;
    if (result.done) return this.#end(this.#options.last ?? "data: [DONE]\n\n");
    try {
      this.#append(this.#source.write(result.value));
    } catch (error) {
      return this.#fail(error);
    }
    this.#read();
  };

  readonly #fail = (error: unknown): void => {
    this.#reading = false;
    if (this.#over) return;
    logFailure(error, "A stream");
    this.#end(this.#options.fail?.(error) ?? sseMessage(toErrorBody(error)));
    this.#source.events.return?.().catch(() => {});
  };

  #end(text: string): void {
    this.#over = true;
    clearInterval(this.#timer);
    this.#append(text);
  }

  /** Text goes out once all that is there already has been read: in a promise's reaction, ticks run after all other reactions. */
  #append(text: string): void {
    this.#ahead += text;
    // The end is to be told, too, where there is nothing more to say.
    if (this.#flushScheduled || (text === "" && !this.#over)) return;
    this.#flushScheduled = true;
    nextTick(this.#tick);
  }

  readonly #tick = (): void => {
    this.#flushScheduled = false;
    this.#flush();
  };

  #flush(): void {
    const controller = this.#controller;
    if (controller === undefined || (this.#ahead === "" && !this.#over)) return;
    if (this.#ahead === "") return this.#close(controller);
    if ((controller.desiredSize ?? 0) <= 0) return;
    const bytes = encoder.encode(this.#ahead);
    // Before it is enqueued: that may pull at once.
    this.#ahead = "";
    this.#spoke = true;
    const over = this.#over;
    controller.enqueue(bytes);
    // Whoever got it may have found its connection closed, and cancelled.
    if (this.#controller === undefined) return;
    if (over) this.#close(controller);
    else this.#read();
  }

  #close(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = undefined;
    controller.close();
  }

  #keepAlive(controller: ReadableStreamDefaultController<Uint8Array>): void {
    // A client that does not read is not silent: nothing may pile up for it.
    if (!this.#spoke && this.#ahead === "" && (controller.desiredSize ?? 0) > 0) controller.enqueue(COMMENT);
    this.#spoke = false;
  }
}
