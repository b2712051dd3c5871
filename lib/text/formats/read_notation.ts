import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import type { CallWriter } from "./call_writer.ts";

/** Reads arguments that are not written in JSON, and gives them out in it. */
export function* readNotation(_input: AnswerInput, notation: "python" | "gemma", _call: CallWriter): Reading {
  throw new Malformed(`${notation} is not read yet`);
}
