import type { RequestEvent } from "./protocol.ts";
import type { Sequence } from "./sequence.ts";

/**
 * Text may wait so many milliseconds for more: more than twenty-five times a second no reader sees. Each message wakes the main thread, on a
 * core where a computing thread runs, for which all the others then wait: against 25 ms, 50 ms made a single answer 1.4 % faster.
 */
const PATIENCE_MS = 40;

/** Collects the events of steps into messages: at least one for each step that takes long, one for several short ones. */
export class Outbox {
  readonly #send: (events: RequestEvent[]) => void;
  #events: RequestEvent[] = [];
  #urgent = false;
  #lastSent = 0;
  #lastStep = 0;

  /** @param send Takes a message's events, of which no more than one is text of the same choice. */
  constructor(send: (events: RequestEvent[]) => void) {
    this.#send = send;
  }

  /** Adds events; those that begin or end an answer are not to wait. */
  add(events: readonly RequestEvent[], sequence?: Sequence): void {
    for (const event of events) {
      if (event.type !== "text") this.#urgent = true;
      else if (this.#join(event)) continue;
      this.#events.push(event);
    }
    if ((sequence?.times.answering ?? Infinity) >= this.#lastSent) this.#urgent = true;
  }

  /** To be called after each step: sends what is there, unless it can wait for another step. */
  afterStep(): void {
    const now = performance.now();
    const step = now - this.#lastStep;
    this.#lastStep = now;
    // Another step would take it beyond its time.
    if (this.#urgent || now + step - this.#lastSent > PATIENCE_MS) this.flush();
  }

  /** Sends what is there. */
  flush(): void {
    if (this.#events.length === 0) return;
    this.#send(this.#events);
    this.#events = [];
    this.#urgent = false;
    this.#lastSent = performance.now();
  }

  /** Appends text to what waits of the same choice. */
  #join(event: RequestEvent & { type: "text" }): boolean {
    const { id, index } = event;
    const waiting = this.#events.find((each) => each.type === "text" && each.id === id && each.index === index);
    if (waiting?.type !== "text") return false;
    waiting.text += event.text;
    if (event.logprobs !== undefined) waiting.logprobs = [...waiting.logprobs ?? [], ...event.logprobs];
    return true;
  }
}
