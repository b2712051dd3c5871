import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import { expectExactly, skipSpace } from "./read_text.ts";

/** Where a piece of text goes. */
type Give = (text: string) => void;

const PAIRS: Record<string, string> = { "{": "}", "[": "]" };
/** Up to the next sign that means something outside of strings. */
const PLAIN = /^[^"{}[\]]+/;

/**
 * Passes on an object or a list in JSON as it comes. Only strings and brackets are looked at.
 *
 * @throws {Malformed} where brackets don't match or the answer ends; what came before was passed on.
 */
export function* passJson(input: AnswerInput, give: Give): Reading {
  const open: string[] = [];
  do {
    if (!(yield* input.has(1))) throw new Malformed("the answer ends within JSON");
    const plain = PLAIN.exec(input.ahead)?.[0];
    const sign = input.ahead.charAt(0);
    if (open.length > 0 && plain !== undefined) give(input.take(plain.length));
    else if (sign === '"') yield* passString(input, give);
    else if (PAIRS[sign] !== undefined) {
      open.push(PAIRS[sign]);
      give(input.take(1));
    } else if (sign === open.at(-1)) {
      open.pop();
      give(input.take(1));
    } else throw new Malformed(`${JSON.stringify(sign)} is no JSON there`);
  } while (open.length > 0);
}

/** Passes on a string in JSON, quotes and escapes included. */
export function* passString(input: AnswerInput, give: Give): Reading {
  give(input.take(1));
  for (;;) {
    if (!(yield* input.has(1))) throw new Malformed("the answer ends within a string");
    const plain = /^[^"\\]+/.exec(input.ahead)?.[0];
    if (plain !== undefined) give(input.take(plain.length));
    else if (input.ahead.startsWith('"')) {
      give(input.take(1));
      return;
    } else if (yield* input.has(2)) give(input.take(2));
    else throw new Malformed("the answer ends within a string");
  }
}

/**
 * Passes on what a string in JSON stands for.
 *
 * @throws {Malformed} where an escape is none, or the answer ends; what came before was passed on.
 */
export function* passDecoded(input: AnswerInput, give: Give): Reading {
  yield* expect(input, '"');
  // The first half of a character beyond U+FFFF waits for the second one.
  let half = "";
  for (;;) {
    if (!(yield* input.has(1))) throw new Malformed("the answer ends within a string");
    const plain = /^[^"\\]+/.exec(input.ahead)?.[0];
    if (plain !== undefined) {
      give(half + input.take(plain.length));
      half = "";
    } else if (input.ahead.startsWith('"')) {
      give(half);
      input.skip(1);
      return;
    } else {
      const length = (yield* input.isNext("\\u")) ? 6 : 2;
      if (!(yield* input.has(length))) throw new Malformed("the answer ends within an escape");
      const decoded = decodeEscape(input.ahead.slice(0, length));
      if (decoded === undefined) throw new Malformed("an escape that JSON does not know");
      input.take(length);
      const first = half === "" && /^[\ud800-\udbff]$/.test(decoded);
      if (!first) give(half + decoded);
      half = first ? decoded : "";
    }
  }
}

/** Reads a string and returns what it stands for. */
export function* readString(input: AnswerInput): Reading<string> {
  let text = "";
  yield* passDecoded(input, (piece) => text += piece);
  return text;
}

/** Reads a value of any kind and returns it as it is written. */
export function* readValue(input: AnswerInput): Reading<string> {
  let text = "";
  const give = (piece: string) => text += piece;
  const sign = yield* input.next();
  if (sign === "{" || sign === "[") yield* passJson(input, give);
  else if (sign === '"') yield* passString(input, give);
  else {
    while (/^[\w.+-]/.test(yield* input.next())) give(input.take(1));
    if (text === "") throw new Malformed("a value of JSON is missing");
  }
  return text;
}

/** Reads these signs, with white space in front of them, and leaves them out. */
export function* expect(input: AnswerInput, text: string): Reading {
  yield* skipSpace(input);
  yield* expectExactly(input, text);
}

function decodeEscape(escape: string): string | undefined {
  try {
    return String(JSON.parse(`"${escape}"`));
  } catch {
    // It is no escape: the caller says so.
    return undefined;
  }
}
