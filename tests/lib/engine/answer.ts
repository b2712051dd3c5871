import assert from "node:assert/strict";
import type { Engine, GenerateEvent, GenerateInput } from "../../../lib/engine/mod.ts";
import { EngineError, type ErrorCode } from "../../../lib/errors.ts";

/** An answer in whole. */
export interface Answer {
  text: string;
  parts: string[];
  done: Extract<GenerateEvent, { type: "done" }>;
}

/** A greedy request of 16 tokens, unless `input` says otherwise. */
export function toInput(input: Partial<GenerateInput>): GenerateInput {
  return { prompt: text("Once upon a time"), sampling: {}, maxTokens: 16, ...input };
}

/** A prompt as it is. */
export function text(text: string): GenerateInput["prompt"] {
  return { kind: "text", text };
}

/** A conversation of one message. */
export function user(content: string): GenerateInput["prompt"] {
  return { kind: "chat", messages: [{ role: "user", content }] };
}

/** Asks and collects the answer; exactly one `done` must come, at the end. */
export async function ask(engine: Engine, input: Partial<GenerateInput>, signal?: AbortSignal): Promise<Answer> {
  const parts: string[] = [];
  let done: Answer["done"] | undefined;
  for await (const event of engine.generate(toInput(input), signal)) {
    assert.equal(done, undefined, "nothing comes after done");
    if (event.type === "text") parts.push(event.text);
    else done = event;
  }
  assert.ok(done, "done comes last");
  return { text: parts.join(""), parts, done };
}

/** For `assert.rejects`: an {@linkcode EngineError} with this code whose message matches. */
export function failure(code: ErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}
