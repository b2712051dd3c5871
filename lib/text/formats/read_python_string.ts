import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";

/** What letters behind a backslash stand for; of others the backslash stays. */
const ESCAPES: Record<string, string> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  "/": "/",
  "\n": "",
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
/** How many hexadecimal digits follow. */
const DIGITS: Record<string, number> = { x: 2, u: 4, U: 8 };

/**
 * Reads a string as Python writes it, between single or double quotes, and gives it out in JSON as it comes.
 *
 * @returns Whether there is one.
 * @throws {Malformed} where it has no end, or an escape is none.
 */
export function* readPythonString(input: AnswerInput, give: (text: string) => void): Reading<boolean> {
  const quote = yield* input.next();
  if (quote !== '"' && quote !== "'") return false;
  input.skip(1);
  give('"');
  const plain = quote === '"' ? /^[^"\\]+/ : /^[^'\\]+/;
  for (;;) {
    if (!(yield* input.has(1))) throw new Malformed("a string has no end");
    const text = plain.exec(input.ahead)?.[0];
    if (text !== undefined) give(quoted(input.take(text.length)));
    else if (yield* input.isNext(quote)) break;
    else give(quoted(yield* readEscape(input)));
  }
  input.skip(1);
  give('"');
  return true;
}

function* readEscape(input: AnswerInput): Reading<string> {
  if (!(yield* input.has(2))) throw new Malformed("a string has no end");
  const letter = input.ahead.charAt(1);
  const digits = DIGITS[letter];
  if (digits === undefined) return ESCAPES[input.take(2).charAt(1)] ?? `\\${letter}`;
  if (!(yield* input.has(2 + digits))) throw new Malformed("a string has no end");
  const hex = input.ahead.slice(2, 2 + digits);
  const point = /^[0-9a-fA-F]+$/.test(hex) ? parseInt(hex, 16) : Infinity;
  if (point > 0x10ffff) throw new Malformed(`${JSON.stringify(hex)} is no character`);
  input.take(2 + digits);
  return String.fromCodePoint(point);
}

/** As it is within a string in JSON; halves of characters, too, which JSON writes as escapes. */
function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
