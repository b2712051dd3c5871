import type { Tool } from "../../engine/conversation.ts";
import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import type { CallWriter } from "./call_writer.ts";
import type { ParameterStyle, ValueKind } from "./format.ts";
import { type ParameterType, parameterType, propertySchema } from "./parameter_type.ts";
import { expectText, LOOSE, readText, skipSpace, skipText } from "./read_text.ts";

/** How Python writes what JSON has another word for. */
const PYTHON: Record<string, string> = { True: "true", False: "false", None: "null" };

/** What {@linkcode readParameters} needs to know. */
export interface ParameterContext {
  call: CallWriter;
  tool: Tool | undefined;
  /** What must be behind the last one. */
  ends: string[];
}

/**
 * Reads parameters one by one and gives them out as an object in JSON. Strings come as they are written, all else once it is complete.
 *
 * @throws {Malformed} where they are not as the style says, or something else is behind them.
 */
export function* readParameters(input: AnswerInput, style: ParameterStyle, context: ParameterContext): Reading {
  const { call, ends } = context;
  call.begin();
  call.give("{");
  for (let count = 0;; count++) {
    const read = yield* input.attempt((commit) =>
      readParameter(input, style, { ...context, commit, first: count === 0 })
    );
    if (read === "broken") throw new Malformed("a parameter without end");
    if (read === "not") break;
  }
  const done = yield* input.attempt(function* (): Reading {
    yield* skipSpace(input);
    for (const end of ends) if (yield* input.isNext(end)) return;
    throw new Malformed(`${JSON.stringify(ends)} is missing behind the parameters`);
  });
  if (done !== "done") throw new Malformed("something else than a parameter comes");
  call.give("}");
}

function* readParameter(
  input: AnswerInput,
  style: ParameterStyle,
  { call, tool, commit, first }: ParameterContext & { commit: () => void; first: boolean },
): Reading {
  yield* skipSpace(input);
  yield* expectText(input, style.before.trim());
  let name = "";
  const behind = style.behind.split(LOOSE)[0] ?? "";
  const found = yield* readText(input, [behind], { give: (text) => name += text });
  if (found === undefined) throw new Malformed("the name of a parameter is missing");
  yield* expectText(input, style.behind);
  const schema = propertySchema(tool?.parameters, name);
  let type = parameterType(schema, tool?.parameters);
  if (style.typed !== undefined) type = yield* readKind(input, style.typed);
  commit();
  call.give(`${first ? "" : ", "}${JSON.stringify(name)}: `);
  yield* readParameterValue(input, style, { call, type });
  yield* skipSpace(input);
}

function* readKind(input: AnswerInput, typed: Record<ValueKind, string>): Reading<ParameterType> {
  if (yield* skipText(input, typed.string)) return "string";
  for (const text of new Set(Object.values(typed))) if (yield* skipText(input, text)) return "other";
  throw new Malformed("the kind of a parameter is missing");
}

function* readParameterValue(
  input: AnswerInput,
  { pad, close, wrap }: ParameterStyle,
  { call, type }: { call: CallWriter; type: ParameterType },
): Reading {
  if (yield* input.isNext(pad)) input.skip(pad.length);
  if (wrap !== undefined && (yield* skipText(input, wrap.start))) {
    yield* readString(input, [wrap.end], call);
    yield* skipSpace(input);
    yield* expectText(input, close);
    return;
  }
  const ends = pad === "" ? [close] : [pad + close, close];
  if (type === "string") return yield* readString(input, ends, call);
  let raw = "";
  const end = yield* readText(input, ends, { give: (text) => raw += text });
  call.give(end === undefined ? raw : jsonOf(raw, type));
  if (end === undefined) throw new Malformed("the value of a parameter has no end");
  input.skip(end.length);
}

/** Reads a string up to and with one of these ends. */
function* readString(input: AnswerInput, ends: readonly string[], call: CallWriter): Reading {
  call.give('"');
  const end = yield* readText(input, ends, { give: (text) => call.give(JSON.stringify(text).slice(1, -1)) });
  if (end === undefined) throw new Malformed("the value of a parameter has no end");
  call.give('"');
  input.skip(end.length);
}

/** What was written, as JSON: what it is, or else a string. */
function jsonOf(raw: string, type: ParameterType): string {
  const json = raw.trim();
  const value = PYTHON[json] ?? json;
  try {
    const isString = typeof JSON.parse(value) === "string";
    return type === "either" && isString ? JSON.stringify(raw) : value;
  } catch {
    // It is no JSON: then it is a string, although none was wanted.
    return JSON.stringify(raw);
  }
}
