import type { AnswerLogprob, GenerateEvent, PartEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { CollectedChoice } from "./collect_answer.ts";
import type { Spent } from "./to_usage.ts";

/** A part of an answer, in the order in which the model wrote them. */
export type AnswerPart =
  /** What it says, or thinks. */
  | { kind: "text" | "reasoning"; text: string; logprobs: AnswerLogprob[] }
  | CallPart;

/** A call of a tool; `text` is that of its arguments: JSON, unless the answer was cut off in it. */
export interface CallPart {
  kind: "call";
  id: string;
  name: string;
  text: string;
  /** Empty where they were not asked for. */
  logprobs: AnswerLogprob[];
}

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
    const change = this.#change(event);
    const part = this.parts.at(-1);
    if (part === undefined) return change;
    if (event.type !== "toolCall") part.text += event.text;
    if (event.logprobs !== undefined) { for (const logprob of event.logprobs) part.logprobs.push(logprob); }
    return change;
  }

  #change(event: PieceEvent): PartChange {
    const kind = this.parts.at(-1)?.kind;
    switch (event.type) {
      case "toolCall":
        return this.#begin({ kind: "call", id: event.id, name: event.name, text: "", logprobs: [] });
      case "arguments":
        if (kind === "call") return SAME;
        throw new EngineError("internal", "Arguments came without a call");
      default: {
        const isNothing = event.text === "" && (event.logprobs ?? []).length === 0;
        return kind === event.type || isNothing ? SAME : this.#begin({ kind: event.type, text: "", logprobs: [] });
      }
    }
  }

  /** Ends the last part. An answer that says nothing has an empty text, which begins with this. */
  end(): PartChange & { ended: AnswerPart } {
    const last = this.parts.at(-1);
    if (last !== undefined) return { ended: last };
    const empty: AnswerPart = { kind: "text", text: "", logprobs: [] };
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

/** A whole answer as one that was not kept in its order. */
export function toCollectedChoice({ parts, finish: { finishReason } }: WholeAnswer): CollectedChoice {
  return {
    text: textOf(parts, "text"),
    reasoning: textOf(parts, "reasoning"),
    toolCalls: parts.flatMap((part) =>
      part.kind === "call" ? [{ id: part.id, name: part.name, arguments: part.text }] : []
    ),
    logprobs: parts.flatMap(({ logprobs }) => logprobs),
    finishReason,
  };
}

/** All that was said, or thought. */
export function textOf(parts: readonly AnswerPart[], kind: AnswerPart["kind"]): string {
  return parts.filter((part) => part.kind === kind).map(({ text }) => text).join("");
}
