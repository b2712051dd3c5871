import assert from "node:assert/strict";
import type { AnswerLogprob, GenerateEvent } from "../../../lib/engine/mod.ts";
import { ParsedAnswer } from "../../../lib/engine/parsed_answer.ts";
import type { AnswerParser, AnswerPart } from "../../../lib/text/answer_parser.ts";

/** `(…)` is thought, `!name` calls, and what is in front of them is said; a letter at a time is held back. */
class Letters implements AnswerParser {
  #held = "";

  push(text: string): AnswerPart[] {
    const all = this.#held + text;
    this.#held = all.slice(-1);
    return this.#read(all.slice(0, -1));
  }

  end(): AnswerPart[] {
    return this.#read(this.#held);
  }

  #read(text: string): AnswerPart[] {
    return [...text].map((letter): AnswerPart => {
      if (letter === "!") return { type: "toolCall", id: "id", name: "f" };
      if (letter === "{") return { type: "arguments", text: letter };
      return letter === "?" ? { type: "reasoning", text: letter } : { type: "text", text: letter };
    });
  }
}

const LOGPROB: AnswerLogprob = { token: 1, bytes: new Uint8Array(), logprob: -1, top: [] };

function finish(index: number, finishReason: "stop" | "length" = "stop"): GenerateEvent {
  return { type: "finish", index, finishReason, completionTokens: 3 };
}

Deno.test("ParsedAnswer tells thoughts, calls and text apart, choice by choice, and counts the calls", () => {
  const answer = new ParsedAnswer(() => new Letters());
  const read = (event: GenerateEvent): GenerateEvent[] => answer.read(event);
  assert.deepEqual(read({ type: "text", index: 0, text: "?a" }), [{ type: "reasoning", index: 0, text: "?" }]);
  assert.deepEqual(read({ type: "text", index: 1, text: "!{" }), [
    { type: "toolCall", index: 1, call: 0, id: "id", name: "f" },
  ]);
  assert.deepEqual(read({ type: "text", index: 1, text: "!{" }), [
    { type: "arguments", index: 1, call: 0, text: "{" },
    { type: "toolCall", index: 1, call: 1, id: "id", name: "f" },
  ]);
  assert.deepEqual(read(finish(0)), [{ type: "text", index: 0, text: "a" }, finish(0)]);
  assert.deepEqual(read(finish(1)), [
    { type: "arguments", index: 1, call: 1, text: "{" },
    { ...finish(1), finishReason: "tool_calls" },
  ]);
});

Deno.test("ParsedAnswer loses no log-probabilities, also of text that is held back", () => {
  const answer = new ParsedAnswer(() => new Letters());
  const logprobs = [LOGPROB];
  assert.deepEqual(answer.read({ type: "text", index: 0, text: "a", logprobs }), []);
  assert.deepEqual(answer.read({ type: "text", index: 0, text: "!b", logprobs }), [
    { type: "text", index: 0, text: "a", logprobs: [LOGPROB, LOGPROB] },
    { type: "toolCall", index: 0, call: 0, id: "id", name: "f" },
  ]);
  assert.deepEqual(answer.read({ type: "text", index: 0, text: "", logprobs }), []);
  assert.deepEqual(answer.read(finish(0)), [
    { type: "text", index: 0, text: "b", logprobs },
    { ...finish(0), finishReason: "tool_calls" },
  ]);
});

Deno.test("ParsedAnswer calls an answer that a stop string has cut no call", () => {
  const answer = new ParsedAnswer(() => new Letters());
  answer.read({ type: "text", index: 0, text: "!{" });
  const last = answer.read({
    ...finish(0),
    type: "finish",
    index: 0,
    finishReason: "stop",
    completionTokens: 3,
    stopString: "x",
  }).at(-1);
  assert.ok(last?.type === "finish" && last.finishReason === "stop");
});

Deno.test("ParsedAnswer leaves an answer that was cut a cut one, also where it had begun to call", () => {
  const answer = new ParsedAnswer(() => new Letters());
  answer.read({ type: "text", index: 0, text: "!{" });

  const last = answer.read(finish(0, "length")).at(-1);
  assert.ok(last?.type === "finish" && last.finishReason === "length");
});
