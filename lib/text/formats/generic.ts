import { repeat, rule, sequence, text } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";
import { JSON_CHARACTER } from "../../schema/mod.ts";
import { type AnswerInput, Malformed, type Reading } from "./answer_input.ts";
import { OBJECT } from "./call_forms.ts";
import { type CallForm, type CallFormat, literal, space } from "./format.ts";
import { expect, passDecoded } from "./read_json.ts";
import { skipSpace } from "./read_text.ts";

const ONE: CallForm = {
  open: [literal("{"), space(), literal('"tool_call"'), space(), literal(":"), space(" ")],
  call: [OBJECT],
  close: [space(), literal("}")],
  atBeginning: true,
};

const SEVERAL: CallForm = {
  open: [literal("{"), space(), literal('"tool_calls"'), space(), literal(":"), space(" "), literal("["), space()],
  call: [OBJECT],
  between: [space(), literal(","), space(" ")],
  close: [space(), literal("]"), space(), literal("}")],
  atBeginning: true,
};

/**
 * How models whose templates know no tools are made to call some: all they write is one object in JSON. That is `{"tool_call": …}`, or
 * `{"tool_calls": […]}` where several may be made, or {@linkcode responseGrammar}'s.
 */
export function genericFormat(parallel: boolean): CallFormat {
  return { isSpoken: true, forms: parallel ? [SEVERAL, ONE] : [ONE, SEVERAL] };
}

/** What derives `{"response": "…"}`; its rules are added to `rules`. */
export function responseGrammar(rules: Record<string, Expression>): Expression {
  rules["response-sign"] = JSON_CHARACTER;
  return sequence(text('{"response": "'), repeat(rule("response-sign"), 0), text('"}'));
}

/** Reads `{"response": "…"}` and gives out what its string stands for; false where something else is there. */
export function* readResponse(input: AnswerInput): Reading<boolean> {
  const read = yield* input.attempt(function* (commit): Reading {
    yield* expect(input, "{");
    yield* expect(input, '"response"');
    yield* expect(input, ":");
    yield* skipSpace(input);
    if ((yield* input.next()) !== '"') throw new Malformed("a response is a string");
    commit();
    yield* passDecoded(input, (text) => input.give({ type: "text", text }));
    yield* expect(input, "}");
  });
  if (read === "done") yield* skipSpace(input);
  return read !== "not";
}
