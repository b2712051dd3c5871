import type { AnswerLogprob, GenerateEvent, PartEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { Spent } from "./to_usage.ts";

/** A part of an answer, in the order in which the model wrote them. */
export type AnswerPart =
  /** What it says. */
  | { kind: "text"; text: string; logprobs: AnswerLogprob[] }
  /** What it thinks. */
  | { kind: "reasoning"; text: string }
  /** A call of a tool; `text` is that of its arguments: JSON, unless the answer was cut off in it. */
  | { kind: "call"; id: string; name: string; text: string };

type TextEvent = Extract<GenerateEvent, { type: "text" }>;

/** An event that is a piece of a part. */
export type PieceEvent = TextEvent | PartEvent;

/** How the end of an answer's only choice is told. */
export type FinishEvent = Extract<GenerateEvent, { type: "finish" }>;

/** What an event changes: first a part may end, then one may begin. */
export interface PartChange {
  ended?: AnswerPart;
  begun?: AnswerPart;
}

/** An event that goes on with the part before it. */
const SAME: PartChange = {};

/** Puts the pieces of one answer together to parts: a part ends where one of another kind, or another call, begins. */
export class AnswerParts {
  /** Those that have begun; all but the last have ended, too. */
  readonly parts: AnswerPart[] = [];

  /**
   * Takes the next piece.
   *
   * @throws {EngineError} `internal` for arguments without a call before them.
   */
  add(event: PieceEvent): PartChange {
    const last = this.parts.at(-1);
    if (event.type === "arguments") {
      if (last?.kind !== "call") throw new EngineError("internal", "Arguments came without a call");
      last.text += event.text;
      return SAME;
    }
    if (event.type === "toolCall") return this.#begin({ kind: "call", id: event.id, name: event.name, text: "" });
    const logprobs = event.logprobs ?? [];
    if (event.text === "" && logprobs.length === 0) return SAME;
    const change = last?.kind === event.type ? SAME : this.#begin(emptyPart(event.type));
    const part = this.parts.at(-1);
    if (part === undefined) throw new TypeError("A part has begun");
    part.text += event.text;
    if (part.kind === "text") { for (const logprob of logprobs) part.logprobs.push(logprob); }
    return change;
  }

  /** Ends the last part. An answer that says nothing has an empty text, which begins with this. */
  end(): PartChange & { ended: AnswerPart } {
    const last = this.parts.at(-1);
    if (last !== undefined) return { ended: last };
    const empty = emptyPart("text");
    this.parts.push(empty);
    return { begun: empty, ended: empty };
  }

  #begin(begun: AnswerPart): PartChange {
    const ended = this.parts.at(-1);
    this.parts.push(begun);
    return ended === undefined ? { begun } : { ended, begun };
  }
}

/** A whole answer of one choice. */
export interface WholeAnswer extends Spent {
  /** At least one. */
  parts: AnswerPart[];
  finish: FinishEvent;
}

/**
 * Reads an answer of one choice to its end.
 *
 * @param events Up to and with `done`.
 * @throws {EngineError} Whatever the engine throws; `internal` when it has no end.
 */
export async function collectParts(events: AsyncIterable<GenerateEvent>): Promise<WholeAnswer> {
  const parts = new AnswerParts();
  let finish: FinishEvent | undefined;
  for await (const event of events) {
    if (event.type === "finish") {
      finish = event;
      parts.end();
    } else if (event.type !== "done") parts.add(event);
    else if (finish !== undefined) {
      return { parts: parts.parts, finish, usage: event.usage, timings: event.timings };
    }
  }
  throw new EngineError("internal", "An answer ended without its last event");
}

function emptyPart(kind: "text" | "reasoning"): AnswerPart {
  return kind === "text" ? { kind, text: "", logprobs: [] } : { kind, text: "" };
}

/** A whole answer as one that was not kept in its order. */
export function toCollectedChoice({ parts, finish: { finishReason } }: WholeAnswer): CollectedChoice {
  const reasoning = textOf(parts, "reasoning");
  return {
    text: textOf(parts, "text"),
    reasoning,
    toolCalls: parts.flatMap((part) =>
      part.kind === "call" ? [{ id: part.id, name: part.name, arguments: part.text }] : []
    ),
    logprobs: [],
    finishReason,
  };
}

function textOf(parts: AnswerPart[], kind: AnswerPart["kind"]): string {
  return parts.filter((part) => part.kind === kind).map(({ text }) => text).join("");
}
