import type { Tool } from "../../engine/conversation.ts";
import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import type { CallWriter } from "./call_writer.ts";
import type { Item } from "./format.ts";
import { passDecoded, passJson } from "./read_json.ts";
import { readNotation } from "./read_notation.ts";
import { readObject } from "./read_object.ts";
import { readParameters } from "./read_parameters.ts";
import { readText, skipSpace, skipText } from "./read_text.ts";

/** A longer name is none. */
const LONGEST_NAME = 256;

/**
 * Reads a call.
 *
 * @param tools By name.
 * @throws {Malformed} where the text is not what the items say.
 */
export function* readItems(
  input: AnswerInput,
  items: readonly Item[],
  { call, tools }: { call: CallWriter; tools: ReadonlyMap<string, Tool> },
): Reading {
  for (const [index, item] of items.entries()) {
    const rest = items.slice(index + 1);
    switch (item.kind) {
      case "literal":
        if (!(yield* skipText(input, item.text))) throw new Malformed(`${JSON.stringify(item.text)} is missing`);
        break;
      case "space":
        yield* skipSpace(input);
        break;
      case "name":
        call.name = yield* readName(input, startsOf(rest));
        break;
      case "signs":
        yield* readSigns(input, item);
        break;
      case "id":
        call.id = yield* readId(input, item.items, { call, tools });
        break;
      case "optional":
        if (yield* input.isNext(startsOf(item.items)[0] ?? "")) yield* readItems(input, item.items, { call, tools });
        break;
      case "arguments":
        yield* readArguments(input, call);
        break;
      case "object":
        yield* readObject(input, item.fields, call);
        break;
      case "parameters":
        yield* readParameters(input, item, { call, tool: tools.get(call.name), ends: startsOf(rest) });
        break;
      case "notation":
        yield* readNotation(input, item.notation, call);
        break;
    }
  }
}

/** The texts of which one must be next where these items are. */
export function startsOf(items: readonly Item[]): string[] {
  const starts: string[] = [];
  for (const item of items) {
    if (item.kind === "space") continue;
    if (item.kind === "literal") return [...starts, item.text.trim() || item.text];
    if (item.kind === "optional") starts.push(...startsOf(item.items));
    else if (item.kind === "parameters") starts.push(item.before.trim());
    else if (item.kind === "id") return [...starts, ...startsOf(item.items)];
    else if (item.kind === "notation") return [...starts, item.notation === "python" ? "(" : "{"];
    else if (item.kind === "arguments" || item.kind === "object") return [...starts, "{"];
    else return starts;
  }
  return starts;
}

/** Reads the value that is a call's arguments: an object, or a string that holds one, as some models write. */
export function* readArguments(input: AnswerInput, call: CallWriter): Reading {
  const sign = yield* input.next();
  if (sign !== "{" && sign !== '"') throw new Malformed("arguments are an object");
  call.begin();
  const give = (text: string) => call.give(text);
  if (sign === "{") yield* passJson(input, give);
  else yield* passDecoded(input, give);
}

function* readName(input: AnswerInput, ends: string[]): Reading<string> {
  let name = "";
  const end = yield* readText(input, ends, {
    give: (text) => {
      name += text;
      if (name.length > LONGEST_NAME) throw new Malformed("a name without end");
    },
  });
  name = name.trim();
  if (end === undefined || name === "" || /[\s<>{}]/.test(name)) throw new Malformed("a name is missing");
  return name;
}

function* readSigns(input: AnswerInput, { of, min, max }: Item & { kind: "signs" }): Reading<string> {
  const sign = of === "digits" ? /^[0-9]$/ : /^[A-Za-z0-9]$/;
  let signs = "";
  while (signs.length < max && sign.test(yield* input.next())) signs += input.skip(1);
  if (signs.length < min) throw new Malformed("an id is missing");
  return signs;
}

function* readId(
  input: AnswerInput,
  items: Item[],
  to: { call: CallWriter; tools: ReadonlyMap<string, Tool> },
): Reading<string> {
  const start = input.position;
  yield* readItems(input, items, to);
  return input.since(start);
}
