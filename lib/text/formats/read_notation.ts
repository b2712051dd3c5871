import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import type { CallWriter } from "./call_writer.ts";
import { readPythonString } from "./read_python_string.ts";
import { expectText, readText, skipSpace, skipText } from "./read_text.ts";
import { GEMMA_QUOTE } from "./write_notation.ts";

type Give = (text: string) => void;

/** What differs between notations. */
interface Dialect {
  /** Signs around the arguments, and between a name and a value there. */
  open: string;
  close: string;
  assign: string;
  /** Whether the keys of inner objects are without quotes. */
  bareKeys: boolean;
  /** Reads a string and gives it out in JSON; false where there is none. */
  string: (input: AnswerInput, give: Give) => Reading<boolean>;
}

const DIALECTS: Record<"python" | "gemma", Dialect> = {
  python: { open: "(", close: ")", assign: "=", bareKeys: false, string: readPythonString },
  gemma: { open: "{", close: "}", assign: ":", bareKeys: true, string: readGemmaString },
};

/** How words are written in JSON. */
const WORDS: Record<string, string> = { True: "true", False: "false", None: "null" };
const WORD = /^(true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/;
/** Longer ones are none. */
const LONGEST_KEY = 256;

/**
 * Reads arguments that are not written in JSON, and gives them out in it as they come.
 *
 * @throws {Malformed} where they are not in that notation.
 */
export function* readNotation(input: AnswerInput, notation: "python" | "gemma", call: CallWriter): Reading {
  const dialect = DIALECTS[notation];
  if (!(yield* skipText(input, dialect.open))) throw new Malformed("arguments are missing");
  call.begin();
  yield* readMembers(input, dialect, { ...dialect, bare: true, give: (text) => call.give(text) });
}

/** Reads the members of an object behind what opens it, and what closes it. */
function* readMembers(
  input: AnswerInput,
  dialect: Dialect,
  { close, assign, bare, give }: { close: string; assign: string; bare: boolean; give: Give },
): Reading {
  give("{");
  for (let count = 0;; count++) {
    yield* skipSpace(input);
    if (yield* skipText(input, close)) break;
    if (count > 0) yield* expectText(input, ",");
    yield* skipSpace(input);
    if (count > 0) give(", ");
    if (bare) give(JSON.stringify(yield* readKey(input, assign)));
    else if (!(yield* dialect.string(input, give))) throw new Malformed("a key is missing");
    yield* skipSpace(input);
    yield* expectText(input, assign);
    give(": ");
    yield* readValue(input, dialect, give);
  }
  give("}");
}

function* readKey(input: AnswerInput, assign: string): Reading<string> {
  let length = 0;
  for (; length <= LONGEST_KEY; length++) {
    if (!(yield* input.has(length + 1)) || /[\s,{}[\]()"']/.test(input.ahead.charAt(length))) break;
    if (input.ahead.charAt(length) === assign) return input.take(length);
  }
  throw new Malformed("a key is missing");
}

function* readValue(input: AnswerInput, dialect: Dialect, give: Give): Reading {
  yield* skipSpace(input);
  if (yield* dialect.string(input, give)) return;
  if (yield* skipText(input, "{")) {
    yield* readMembers(input, dialect, { close: "}", assign: ":", bare: dialect.bareKeys, give });
  } else if (yield* skipText(input, "[")) yield* readList(input, dialect, give);
  else {
    let length = 0;
    while ((yield* input.has(length + 1)) && /[\w.+-]/.test(input.ahead.charAt(length))) length++;
    const word = input.ahead.slice(0, length);
    const json = WORDS[word] ?? word;
    if (!WORD.test(json)) throw new Malformed(`${JSON.stringify(word)} is no value`);
    input.take(length);
    give(json);
  }
}

function* readList(input: AnswerInput, dialect: Dialect, give: Give): Reading {
  give("[");
  for (let count = 0;; count++) {
    yield* skipSpace(input);
    if (yield* skipText(input, "]")) break;
    if (count > 0) {
      yield* expectText(input, ",");
      give(", ");
    }
    yield* readValue(input, dialect, give);
  }
  give("]");
}

function* readGemmaString(input: AnswerInput, give: Give): Reading<boolean> {
  if (!(yield* skipText(input, GEMMA_QUOTE))) return false;
  give('"');
  const end = yield* readText(input, [GEMMA_QUOTE], { give: (text) => give(JSON.stringify(text).slice(1, -1)) });
  if (end === undefined) throw new Malformed("a string has no end");
  input.skip(end.length);
  give('"');
  return true;
}
