import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import type { CallWriter } from "./call_writer.ts";
import type { Field } from "./format.ts";
import { readArguments } from "./read_items.ts";
import { expect, passDecoded, readString, readValue } from "./read_json.ts";
import { skipSpace } from "./read_text.ts";

/** What models write beside what the format has. */
export const IGNORED_KEYS = ["type", "id"];

/**
 * Reads a call that is an object in JSON. Its arguments are given out as they come, unless they are in front of its name.
 *
 * @throws {Malformed} where it is no such object.
 */
export function* readObject(input: AnswerInput, fields: readonly Field[], call: CallWriter): Reading {
  let early: string | undefined;
  yield* expect(input, "{");
  for (let count = 0;; count++) {
    yield* skipSpace(input);
    if (yield* input.isNext("}")) break;
    if (count > 0) yield* expect(input, ",");
    const key = yield* readKey(input);
    const field = fields.find((field) => field.key === key || field.also?.includes(key));
    switch (field?.is) {
      case "name":
        if (call.begun) throw new Malformed("a second name");
        call.name = yield* readString(input);
        break;
      case "arguments":
        if (call.begun) throw new Malformed("second arguments");
        if (call.name === "") early = yield* readValue(input);
        else yield* readArguments(input, call);
        break;
      case "id":
        call.id = textOf(yield* readValue(input));
        break;
      default:
        if (!IGNORED_KEYS.includes(key)) throw new Malformed(`a call has no ${JSON.stringify(key)}`);
        yield* readValue(input);
    }
  }
  if (!call.begun) {
    call.begin();
    call.give(early ?? "{}");
  }
  input.skip(1);
}

/** The key of the next member, up to its value. */
function* readKey(input: AnswerInput): Reading<string> {
  yield* skipSpace(input);
  if ((yield* input.next()) !== '"') throw new Malformed("a key is missing");
  let key = "";
  yield* passDecoded(input, (piece) => key += piece);
  yield* expect(input, ":");
  yield* skipSpace(input);
  return key;
}

function textOf(json: string): string {
  return json.startsWith('"') ? json.slice(1, -1) : json;
}
