import assert from "node:assert/strict";
import { type RealEngine, startRealEngine } from "../../real_engine.ts";
import { ask, failure, text, user } from "./answer.ts";

// The engine as `serve` uses it: the real library and weights in a worker.

let real: RealEngine | undefined;
Deno.test.beforeAll(async () => {
  real = await startRealEngine();
});
Deno.test.afterAll(async () => await real?.[Symbol.asyncDispose]());

function engine(): RealEngine["engine"] {
  assert.ok(real);
  return real.engine;
}

Deno.test("WorkerEngine answers a chat with the model's own template", async () => {
  const { text, done } = await ask(engine(), {
    prompt: user("What is the capital of France? Answer in one sentence."),
    maxTokens: 40,
  });
  assert.match(text, /Paris/);
  assert.equal(done.finishReason, "stop");
  assert.ok(done.usage.promptTokens > 20 && done.usage.completionTokens > 3);
  assert.ok(done.prefillMs > 0 && done.decodeMs > 0);
});

Deno.test("WorkerEngine gives a greedy prompt the same text each time", async () => {
  const answers = [await ask(engine(), {}), await ask(engine(), {}), await ask(engine(), { sampling: { seed: 9 } })];
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.ok((answers[0]?.text.length ?? 0) > 20);
});

Deno.test("WorkerEngine draws the same text for the same seed, another for another", async () => {
  const draw = async (seed?: number): Promise<string> =>
    (await ask(engine(), { sampling: { temperature: 1.5, ...(seed === undefined ? {} : { seed }) } })).text;
  assert.equal(await draw(1), await draw(1));
  assert.notEqual(await draw(1), await draw(2));
  assert.notEqual(await draw(), await draw(), "without a seed each is drawn anew");
});

Deno.test("WorkerEngine answers many requests at once, more than it has slots", async () => {
  const prompts = ["The sun", "A cat", "In the year 1900", "def add(a, b):", "Dear", "1, 2, 3,", "The", "Water is"];
  const answers = await Promise.all(prompts.map((prompt) => ask(engine(), { prompt: text(prompt) })));
  for (const { text, done } of answers) {
    assert.notEqual(text, "");
    assert.ok(done.usage.completionTokens >= 1 && done.usage.completionTokens <= 16);
  }
});

Deno.test("WorkerEngine ends before a stop string, also one across tokens", async () => {
  const { text, parts } = await ask(engine(), { maxTokens: 24 });
  const boundary = parts.slice(0, 5).join("").length;
  const across = text.slice(boundary - 2, boundary + 3);
  for (const stop of [[across], ["never said", across], [text.slice(0, 3)]]) {
    const stopped = await ask(engine(), { maxTokens: 24, stop });
    const first = Math.min(...stop.map((stop) => text.indexOf(stop)).filter((at) => at >= 0));
    assert.equal(stopped.text, text.slice(0, first));
    assert.equal(stopped.done.finishReason, "stop");
  }
  const unsaid = await ask(engine(), { maxTokens: 24, stop: ["never said"] });
  assert.equal(unsaid.text, text);
});

Deno.test("WorkerEngine ends at the token limit", async () => {
  for (const maxTokens of [1, 2, 10]) {
    const { done } = await ask(engine(), { maxTokens });
    assert.equal(done.finishReason, "length");
    assert.equal(done.usage.completionTokens, maxTokens);
  }
});

Deno.test("WorkerEngine ends at the end of the context when no limit is asked for", async () => {
  const { done } = await ask(engine(), {
    prompt: text("1 ".repeat(247)),
    maxTokens: undefined,
    sampling: { repeatPenalty: 1 },
  });
  assert.equal(done.finishReason, "length");
  assert.equal(done.usage.promptTokens + done.usage.completionTokens, 512);
});

Deno.test("WorkerEngine refuses a prompt longer than the context, with both numbers", async () => {
  const long = engine().generate({ prompt: text("1 ".repeat(400)), sampling: {} });
  await assert.rejects(Array.fromAsync(long), (error) => {
    failure("context_length_exceeded", /^The prompt has 8\d\d tokens, the context holds 512,/)(error);
    return error instanceof Error && "param" in error && error.param === "messages";
  });
});

Deno.test("WorkerEngine refuses an empty prompt", async () => {
  await assert.rejects(ask(engine(), { prompt: text("") }), failure("invalid_value", /empty/));
});

Deno.test("WorkerEngine never gives out broken characters where tokens cut them", async () => {
  for (const prompt of ["🦀🐙🦊🐼🦀🐙🦊🐼🦀🐙", "日本語と中国語は", "Привет, как"]) {
    const { text: said, parts } = await ask(engine(), { prompt: text(prompt), maxTokens: 32 });
    assert.ok(parts.every((part) => part.isWellFormed() && !part.includes("\ufffd")), JSON.stringify(parts));
    assert.match(said, /[^\0-\x7f]/, `${prompt} is continued in characters of several bytes`);
    assert.ok(parts.length < 32, "some characters took more than one token");
  }
});

Deno.test("WorkerEngine applies penalties to what was said", async () => {
  const prompt = text("one two three one two three one two three one two three one two three");
  const plain = await ask(engine(), { prompt, maxTokens: 9 });
  assert.match(plain.text, /\b(one|two|three)\b.*\b(one|two|three)\b/, "it repeats words of the prompt");
  for (
    const sampling of [{ repeatPenalty: 1.8 }, { frequencyPenalty: 2 }, { presencePenalty: 2, frequencyPenalty: 1 }]
  ) {
    const penalized = await ask(engine(), { prompt, maxTokens: 9, sampling });
    assert.notEqual(penalized.text, plain.text, JSON.stringify(sampling));
  }
  const first = await ask(engine(), { prompt, maxTokens: 1, sampling: { repeatPenalty: 1.8 } });
  assert.ok(!plain.text.startsWith(first.text), `The prompt counts, too: "${first.text}"`);
  const unseen = await ask(engine(), { prompt, maxTokens: 9, sampling: { repeatPenalty: 1.8, repeatLastN: 0 } });
  assert.equal(unseen.text, plain.text, "they look back at nothing");
});
