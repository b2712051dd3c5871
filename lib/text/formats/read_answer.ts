import type { Tool } from "../../engine/conversation.ts";
import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import { CallWriter } from "./call_writer.ts";
import type { CallForm, CallFormat, SpeechFormat, ThoughtFormat } from "./format.ts";
import { readResponse } from "./generic.ts";
import { readItems, startsOf } from "./read_items.ts";
import { expectExactly, readText, skipSpace, skipText } from "./read_text.ts";

/** How an answer is read. */
export interface AnswerReading {
  /** Absent: there are none. */
  thoughts?: ThoughtFormat;
  /** The prompt ends within the thoughts. */
  thinking?: boolean;
  /** Thoughts are given out as text, with their marks. */
  inline?: boolean;
  speech?: SpeechFormat;
  /** Absent: calls stay in the text. */
  calls?: CallFormat;
  /** What is said may be in an object in JSON, as of the generic format. */
  response?: boolean;
  /** By name. */
  tools: ReadonlyMap<string, Tool>;
  /** Makes an id for a call that has none. */
  drawId: () => string;
}

/** Reads an answer: thoughts, then text and calls. */
export function* readAnswer(input: AnswerInput, how: AnswerReading): Reading {
  const { thoughts, thinking = false, inline = false } = how;
  if (thoughts !== undefined) {
    yield* inline ? passThoughts(input, thoughts, thinking) : readThoughts(input, thoughts, thinking);
  }
  let marked = false;
  for (const start of [how.speech?.start, how.speech?.also]) {
    if (start === undefined || !(yield* input.isNext(start))) continue;
    input.skip(start.length);
    marked = true;
  }
  yield* readSpeech(input, how, !marked || how.calls?.isSpoken === true);
}

/** @param open They have begun. */
function* readThoughts(input: AnswerInput, { start, end }: ThoughtFormat, open: boolean): Reading {
  const begun = yield* input.attempt(function* (): Reading {
    if (start.startsWith(" ")) return yield* expectExactly(input, start);
    yield* skipSpace(input);
    // What ends them without a beginning says that there are none.
    if (!(yield* input.isNext(end))) yield* expectExactly(input, start);
  });
  if (begun === "not" && !open) return;
  yield* skipSpace(input);
  const found = yield* readText(input, [end], { give: (text) => input.give({ type: "reasoning", text }), trim: true });
  if (found === undefined) return;
  yield* skipSpace(input);
  yield* skipText(input, end);
  yield* skipSpace(input);
}

/** Gives thoughts out as they are written. */
function* passThoughts(input: AnswerInput, { start, end }: ThoughtFormat, open: boolean): Reading {
  const give = (text: string): void => input.give({ type: "text", text });
  if (!open) {
    let begin = "";
    const begun = yield* input.attempt(function* (): Reading {
      while (!start.startsWith(" ") && /^\s$/.test(yield* input.next())) begin += input.take(1);
      if (!(yield* input.isNext(start))) throw new Malformed("no thoughts");
      begin += input.take(start.length);
    });
    if (begun === "not") return;
    give(begin);
  }
  if ((yield* readText(input, [end], { give })) !== undefined) give(input.take(end.length));
}

/** @param mayBegin Whether forms for the beginning can be there. */
function* readSpeech(input: AnswerInput, how: AnswerReading, mayBegin: boolean): Reading {
  const forms = how.calls?.forms ?? [];
  const give = (text: string) => input.give({ type: "text", text });
  let read = how.response === true && (yield* readResponse(input));
  for (const form of forms) {
    if (!read && mayBegin && form.atBeginning) read = yield* readCalls(input, form, how);
  }
  const later = forms.filter((form) => !form.atBeginning)
    .map((form) => ({ form, start: startsOf([...form.open ?? [], ...form.call])[0] ?? "" }));
  const end = how.speech?.end;
  const ends = [...new Set([...later.map(({ start }) => start), ...(end === undefined ? [] : [end])])];
  for (;;) {
    const found = yield* readText(input, ends, { give, trim: ends.length > 0 });
    if (found === undefined) return;
    read = false;
    for (const { form, start } of later) {
      if (!read && start === found) read = yield* readCalls(input, form, how);
    }
    if (read) continue;
    const length = input.ahead.indexOf(found) + found.length;
    if (found === end) input.skip(length);
    else give(input.take(length));
  }
}

/** Reads calls as far as they are ones; false where not even one has begun, and nothing was read. */
function* readCalls(input: AnswerInput, form: CallForm, { tools, drawId }: AnswerReading): Reading<boolean> {
  const { open = [], call: items, between, close = [] } = form;
  const readCall = (before: typeof items) =>
    input.attempt(function* (commit): Reading {
      yield* skipSpace(input);
      // What says at its beginning that it is one need not be of a tool that there is.
      const known = form.atBeginning && tools.size > 0 ? { known: tools } : {};
      const call = new CallWriter(input, { commit, drawId, ...known });
      yield* readItems(input, [...before, ...items], { call, tools });
    });
  let read = yield* readCall(open);
  if (read === "not") return false;
  while (read === "done" && between !== undefined) read = yield* readCall(between);
  if (read === "broken") return true;
  yield* input.attempt(() => readItems(input, close, { call: new CallWriter(input, NONE), tools }));
  yield* skipSpace(input);
  return true;
}

const NONE = { commit: () => {}, drawId: () => "" };
