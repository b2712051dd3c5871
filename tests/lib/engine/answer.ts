import assert from "node:assert/strict";
import type { AnswerLogprob, Engine, GenerateEvent, GenerateInput } from "../../../lib/engine/mod.ts";
import { EngineError, type ErrorCode } from "../../../lib/errors.ts";

/** What one choice has said. */
export interface AnswerChoice {
  text: string;
  /** As it came. */
  parts: string[];
  logprobs: AnswerLogprob[];
  finish: Extract<GenerateEvent, { type: "finish" }>;
}

/** An answer in whole: its first choice, and all of them. */
export interface Answer extends AnswerChoice {
  choices: AnswerChoice[];
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

/** Asks and collects the answer; each choice must finish once, behind its text, and exactly one `done` come at the end. */
export async function ask(engine: Engine, input: Partial<GenerateInput>, signal?: AbortSignal): Promise<Answer> {
  const choices = Array.from({ length: input.choices ?? 1 }, () => new OpenChoice());
  let done: Answer["done"] | undefined;
  for await (const event of engine.generate(toInput(input), signal)) {
    assert.equal(done, undefined, "nothing comes after done");
    if (event.type === "done") done = event;
    else choices[event.index]?.take(event);
  }
  assert.ok(done, "done comes last");
  const whole = choices.map((choice) => choice.whole);
  const [first] = whole;
  assert.ok(first);
  return { ...first, choices: whole, done };
}

/** A choice whose events are being collected. */
class OpenChoice {
  readonly #parts: string[] = [];
  readonly #logprobs: AnswerLogprob[] = [];
  #finish: AnswerChoice["finish"] | undefined;

  take(event: Exclude<GenerateEvent, { type: "done" }>): void {
    assert.equal(this.#finish, undefined, "nothing comes after the finish of a choice");
    if (event.type === "finish") this.#finish = event;
    else if (event.type !== "text") assert.fail(`the engine gives text here, not ${event.type}`);
    else {
      this.#parts.push(event.text);
      this.#logprobs.push(...event.logprobs ?? []);
    }
  }

  get whole(): AnswerChoice {
    assert.ok(this.#finish, "each choice finishes");
    return { text: this.#parts.join(""), parts: this.#parts, logprobs: this.#logprobs, finish: this.#finish };
  }
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
