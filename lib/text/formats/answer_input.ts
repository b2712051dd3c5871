import type { AnswerPart } from "../answer_parser.ts";

/** A part of a parser, which waits for more text by yielding. */
export type Reading<T = void> = Generator<undefined, T, undefined>;

/** What became of a stretch of the answer: it was given out, as it was or in another notation, or it belongs to the format alone. */
export type Trace = (raw: string, use: "given" | "syntax") => void;

/** Thrown where the text is not what a format says, and caught within the parser. */
export class Malformed extends Error {
  override name = "Malformed";
}

/**
 * The text of an answer as its parser reads it. What a reading does must not depend on how the text arrives: it may look ahead only as far as
 * {@linkcode AnswerInput.has} has waited for.
 */
export class AnswerInput {
  readonly #trace: Trace;
  #text = "";
  #at = 0;
  /** Characters of the answer in front of `#text`. */
  #before = 0;
  #closed = false;
  #kept: number | undefined;
  #held: { raw: string; use: "given" | "syntax" }[] = [];
  #parts: AnswerPart[] = [];

  constructor(trace: Trace = () => {}) {
    this.#trace = trace;
  }

  /** Adds a piece. */
  push(text: string): void {
    const from = this.#kept ?? this.#at;
    this.#text = this.#text.slice(from) + text;
    this.#before += from;
    this.#at -= from;
    if (this.#kept !== undefined) this.#kept = 0;
  }

  /** No more comes. */
  close(): void {
    this.#closed = true;
  }

  /** Whether no more comes. */
  get closed(): boolean {
    return this.#closed;
  }

  /** What is there and was not read. */
  get ahead(): string {
    return this.#text.slice(this.#at);
  }

  /** How much of the answer was read. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** What was read since this position; within a reading that is not committed. */
  since(position: number): string {
    return this.#text.slice(position - this.#before, this.#at);
  }

  /** Hands over the parts that were given out. */
  takeParts(): AnswerPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** Waits until so many characters are ahead; false where the answer ends before. */
  *has(length: number): Reading<boolean> {
    while (this.#text.length - this.#at < length) {
      if (this.#closed) return false;
      yield;
    }
    return true;
  }

  /** Whether this text is next; waits no longer than it takes to know. */
  *isNext(text: string): Reading<boolean> {
    for (;;) {
      const ahead = this.#text.slice(this.#at, this.#at + text.length);
      if (ahead === text) return true;
      if (!text.startsWith(ahead) || this.#closed) return false;
      yield;
    }
  }

  /** The next character; empty at the end of the answer. */
  *next(): Reading<string> {
    return (yield* this.has(1)) ? this.#text.charAt(this.#at) : "";
  }

  /** Reads so many characters, which must be there, as what is given out. */
  take(length: number): string {
    return this.#read(length, "given");
  }

  /** Reads so many characters, which must be there, as what belongs to the format. */
  skip(length: number): string {
    return this.#read(length, "syntax");
  }

  /** Gives a part out; empty texts are left out, and neighbours of a kind become one. */
  give(part: AnswerPart): void {
    if (part.type === "toolCall") {
      this.#parts.push(part);
      return;
    }
    if (part.text === "") return;
    const last = this.#parts.at(-1);
    if (last !== undefined && last.type === part.type) last.text += part.text;
    else this.#parts.push({ ...part });
  }

  /**
   * Does a reading; where it is malformed, the text is read again from here on by what comes next.
   *
   * @param read Gives nothing out, unless it calls `commit` before: from then on what was read stays so.
   * @returns What came of it: `done`; `not` where it is as if it had not been; `broken` where it was malformed behind `commit`.
   */
  *attempt(read: (commit: () => void) => Reading): Reading<"done" | "not" | "broken"> {
    const commit = () => {
      this.#kept = undefined;
      for (const { raw, use } of this.#held.splice(0)) this.#trace(raw, use);
    };
    this.#kept = this.#at;
    try {
      yield* read(commit);
      commit();
      return "done";
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      if (this.#kept === undefined) return "broken";
      this.#at = this.#kept;
      this.#kept = undefined;
      this.#held = [];
      return "not";
    }
  }

  #read(length: number, use: "given" | "syntax"): string {
    const raw = this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
    if (this.#kept === undefined) this.#trace(raw, use);
    else this.#held.push({ raw, use });
    return raw;
  }
}
