import assert from "node:assert/strict";
import type { GenerateEvent, GenerateInput } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { type RealEngine, startRealEngine } from "../../real_engine.ts";

// The engine as `serve` uses it: the real library and weights in a worker.

let real: RealEngine | undefined;
Deno.test.beforeAll(async () => {
  real = await startRealEngine();
});
Deno.test.afterAll(async () => await real?.[Symbol.asyncDispose]());

/** An answer in whole. */
interface Answer {
  text: string;
  parts: string[];
  done: Extract<GenerateEvent, { type: "done" }>;
}

async function ask(input: Partial<GenerateInput>, signal?: AbortSignal): Promise<Answer> {
  assert.ok(real);
  const parts: string[] = [];
  let done: Answer["done"] | undefined;
  for await (const event of real.engine.generate(toInput(input), signal)) {
    assert.equal(done, undefined, "nothing comes after done");
    if (event.type === "text") parts.push(event.text);
    else done = event;
  }
  assert.ok(done, "done comes last");
  return { text: parts.join(""), parts, done };
}

function toInput(input: Partial<GenerateInput>): GenerateInput {
  return { prompt: { kind: "text", text: "Once upon a time" }, sampling: {}, maxTokens: 16, ...input };
}

function text(text: string): GenerateInput["prompt"] {
  return { kind: "text", text };
}

function user(content: string): GenerateInput["prompt"] {
  return { kind: "chat", messages: [{ role: "user", content }] };
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof EngineError && error.code === code;
}

Deno.test("WorkerEngine answers a chat with the model's own template", async () => {
  const { text, done } = await ask({
    prompt: user("What is the capital of France? Answer in one sentence."),
    maxTokens: 40,
  });
  assert.match(text, /Paris/);
  assert.equal(done.finishReason, "stop");
  assert.ok(done.usage.promptTokens > 20 && done.usage.completionTokens > 3);
  assert.ok(done.prefillMs > 0 && done.decodeMs > 0);
});

Deno.test("WorkerEngine gives a greedy prompt the same text each time", async () => {
  const answers = [await ask({}), await ask({}), await ask({ sampling: { seed: 9 } })];
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.ok((answers[0]?.text.length ?? 0) > 20);
});

Deno.test("WorkerEngine draws the same text for the same seed, another for another", async () => {
  const draw = async (seed?: number): Promise<string> =>
    (await ask({ sampling: { temperature: 1.5, ...(seed === undefined ? {} : { seed }) } })).text;
  assert.equal(await draw(1), await draw(1));
  assert.notEqual(await draw(1), await draw(2));
  assert.notEqual(await draw(), await draw(), "without a seed each is drawn anew");
});

Deno.test("WorkerEngine answers many requests at once, more than it has slots", async () => {
  const prompts = ["The sun", "A cat", "In the year 1900", "def add(a, b):", "Dear", "1, 2, 3,", "The", "Water is"];
  const answers = await Promise.all(prompts.map((prompt) => ask({ prompt: text(prompt) })));
  for (const { text, done } of answers) {
    assert.notEqual(text, "");
    assert.ok(done.usage.completionTokens >= 1 && done.usage.completionTokens <= 16);
  }
});

Deno.test("WorkerEngine ends before a stop string, also one across tokens", async () => {
  const { text, parts } = await ask({ maxTokens: 24 });
  const boundary = parts.slice(0, 5).join("").length;
  const across = text.slice(boundary - 2, boundary + 3);
  for (const stop of [[across], ["never said", across], [text.slice(0, 3)]]) {
    const stopped = await ask({ maxTokens: 24, stop });
    const first = Math.min(...stop.map((stop) => text.indexOf(stop)).filter((at) => at >= 0));
    assert.equal(stopped.text, text.slice(0, first));
    assert.equal(stopped.done.finishReason, "stop");
  }
  const unsaid = await ask({ maxTokens: 24, stop: ["never said"] });
  assert.equal(unsaid.text, text);
});

Deno.test("WorkerEngine ends at the token limit", async () => {
  for (const maxTokens of [1, 2, 10]) {
    const { done } = await ask({ maxTokens });
    assert.equal(done.finishReason, "length");
    assert.equal(done.usage.completionTokens, maxTokens);
  }
});

Deno.test("WorkerEngine ends at the end of the context when no limit is asked for", async () => {
  const { done } = await ask({ prompt: text("1 ".repeat(247)), maxTokens: undefined, sampling: { repeatPenalty: 1 } });
  assert.equal(done.finishReason, "length");
  assert.equal(done.usage.promptTokens + done.usage.completionTokens, 512);
});
