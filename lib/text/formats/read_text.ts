import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";

/** How {@linkcode readText} gives out what it reads. */
export interface TextUse {
  /** Takes the next piece of it. */
  give: (text: string) => void;
  /** The white space in front of what it ends at stays ahead, too. */
  trim?: boolean;
}

/**
 * Reads up to the first of these texts, which stays ahead.
 *
 * @param ends None empty; of several that begin at one place the shortest counts.
 * @returns The one that was found; undefined at the end of the answer.
 */
export function* readText(input: AnswerInput, ends: readonly string[], use: TextUse): Reading<string | undefined> {
  for (;;) {
    const { at, end } = firstOf(input, ends);
    const before = input.ahead.slice(0, at);
    const text = use.trim ? before.trimEnd() : before;
    use.give(input.take(text.length));
    if (end !== undefined) return end;
    if (input.closed) {
      use.give(input.take(input.ahead.length));
      return undefined;
    }
    yield;
  }
}

/** Reads white space and leaves it out. */
export function* skipSpace(input: AnswerInput): Reading {
  while (yield* input.has(1)) {
    const ahead = input.ahead;
    const length = ahead.length - ahead.trimStart().length;
    if (length === 0) return;
    input.skip(length);
  }
}

/** Reads exactly this text and leaves it out. @throws {Malformed} where it is not next. */
export function* expectExactly(input: AnswerInput, text: string): Reading {
  if (!(yield* input.isNext(text))) throw missing(text);
  input.skip(text.length);
}

/** Reads this text as {@linkcode skipText} does. @throws {Malformed} where it is not next. */
export function* expectText(input: AnswerInput, text: string): Reading {
  if (!(yield* skipText(input, text))) throw missing(text);
}

function missing(text: string): Malformed {
  return new Malformed(`${JSON.stringify(text)} is missing`);
}

/**
 * Reads this text and leaves it out; false where it is not next. White space in it, and between two tags, may be any, or none; of a text with
 * such a place a part may have been read where the rest is not there.
 */
export function* skipText(input: AnswerInput, text: string): Reading<boolean> {
  const [first = "", ...others] = text.split(LOOSE);
  if (!(yield* input.isNext(first))) return false;
  input.skip(first.length);
  for (const word of others) {
    yield* skipSpace(input);
    if (!(yield* input.isNext(word))) return false;
    input.skip(word.length);
  }
  return true;
}

/** White space, or the place between two tags. */
export const LOOSE = /\s+|(?<=>)(?=<)/;

/** Where the first of these texts begins, or may begin with what is yet to come. */
function firstOf(input: AnswerInput, ends: readonly string[]): { at: number; end?: string } {
  const { ahead, closed } = input;
  let first: { at: number; end?: string } = { at: ahead.length };
  for (const end of ends) {
    const found = ahead.indexOf(end);
    if (found < 0) continue;
    if (found < first.at || (found === first.at && end.length < (first.end?.length ?? Infinity))) {
      first = { at: found, end };
    }
  }
  const partial = closed ? ahead.length : partialStart(ahead, ends);
  return partial < first.at ? { at: partial } : first;
}

/** Where the longest end of a text that begins one of these starts; its length where there is none. */
function partialStart(text: string, ends: readonly string[]): number {
  let start = text.length;
  for (const end of ends) {
    for (let length = Math.min(end.length - 1, text.length); length > text.length - start; length--) {
      if (text.endsWith(end.slice(0, length))) start = text.length - length;
    }
  }
  return start;
}
