import assert from "node:assert/strict";
import { type RealEngine, startRealEngine } from "../../real_engine.ts";
import { type Answer, ask, failure, text, user } from "./answer.ts";

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
  const { text, finish, done } = await ask(engine(), {
    prompt: user("What is the capital of France? Answer in one sentence."),
    maxTokens: 40,
  });
  assert.match(text, /Paris/);
  assert.equal(finish.finishReason, "stop");
  assert.equal(finish.stopString, undefined);
  assert.ok(done.usage.promptTokens > 20 && done.usage.completionTokens > 3);
  assert.equal(done.usage.completionTokens, finish.completionTokens);
  assert.ok(done.timings.queueMs >= 0 && done.timings.prefillMs > 0 && done.timings.decodeMs > 0);
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
    assert.equal(stopped.finish.finishReason, "stop");
    assert.equal(stopped.finish.stopString, stop.at(-1));
  }
  const unsaid = await ask(engine(), { maxTokens: 24, stop: ["never said"] });
  assert.equal(unsaid.text, text);
});

Deno.test("WorkerEngine ends at the token limit", async () => {
  for (const maxTokens of [1, 2, 10]) {
    const { finish, done } = await ask(engine(), { maxTokens });
    assert.equal(finish.finishReason, "length");
    assert.equal(done.usage.completionTokens, maxTokens);
  }
});

Deno.test("WorkerEngine ends at the end of the context when no limit is asked for", async () => {
  const { finish, done } = await ask(engine(), {
    prompt: text("1 ".repeat(247)),
    maxTokens: undefined,
    sampling: { repeatPenalty: 1 },
  });
  assert.equal(finish.finishReason, "length");
  assert.equal(done.usage.promptTokens + done.usage.completionTokens, 512);
});

Deno.test("WorkerEngine refuses a prompt longer than the context, with both numbers", async () => {
  const long = engine().generate({ prompt: text("1 ".repeat(400)), sampling: {} });
  const message = /^The prompt is too long: it has 8\d\d tokens, the context holds 512,/;
  await assert.rejects(Array.fromAsync(long), failure("context_length_exceeded", message));
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

const LONG = "The city of Lund lies in the south of Sweden. It was founded around the year 990, and has a cathedral.";

Deno.test("WorkerEngine computes what a prompt has in common with an earlier one once, and says the same, warm and cold", async () => {
  await using fresh = await startRealEngine();
  for (const tail of [" The cathedral", " Its university", " In winter,"]) {
    const prompt = text(LONG + tail);
    const cold = await ask(fresh.engine, { prompt, cachePrompt: false });
    assert.equal(cold.done.usage.cachedTokens, 0);
    const warm = await ask(fresh.engine, { prompt });
    assert.ok(warm.done.usage.cachedTokens >= 20, `${warm.done.usage.cachedTokens} of ${LONG}`);
    assert.ok(warm.done.usage.cachedTokens < warm.done.usage.promptTokens);
    assert.deepEqual([warm.text, warm.done.usage.promptTokens], [cold.text, cold.done.usage.promptTokens]);
  }
});

Deno.test("WorkerEngine gives several choices, each with its end, and all their tokens counted", async () => {
  const greedy = await ask(engine(), { choices: 2 });
  assert.equal(greedy.choices.length, 2);
  assert.equal(greedy.choices[1]?.text, greedy.text, "the likeliest text is the same, computed side by side");
  const { choices, done } = await ask(engine(), { choices: 3, sampling: { temperature: 1.5, seed: 5 } });
  assert.equal(new Set(choices.map(({ text }) => text)).size, 3, "each choice has a seed of its own");
  const tokens = choices.reduce((sum, { finish }) => sum + finish.completionTokens, 0);
  assert.equal(done.usage.completionTokens, tokens);
  // Twice with the prompt in the cache: what is computed together decides how logits are rounded.
  const again = await ask(engine(), { choices: 3, sampling: { temperature: 1.5, seed: 5 } });
  const third = await ask(engine(), { choices: 3, sampling: { temperature: 1.5, seed: 5 } });
  assert.deepEqual(third.choices.map(({ text }) => text), again.choices.map(({ text }) => text));
});

Deno.test("WorkerEngine gives the text of a choice at its end when it is not streamed", async () => {
  const streamed = await ask(engine(), {});
  assert.ok(streamed.parts.length > 3);
  assert.deepEqual((await ask(engine(), { stream: false })).parts, [streamed.text]);
  const { choices } = await ask(engine(), { stream: false, choices: 2 });
  assert.deepEqual(choices.map(({ parts }) => parts.length), [1, 1]);
});

Deno.test("WorkerEngine gives log-probabilities of the tokens that are said, the likeliest first", async () => {
  const plain = await ask(engine(), {});
  assert.deepEqual(plain.logprobs, []);
  const { text: said, logprobs, finish } = await ask(engine(), { logprobs: 3 });
  assert.equal(said, plain.text);
  assert.equal(logprobs.length, finish.completionTokens);
  const bytes = logprobs.flatMap(({ bytes }) => [...bytes]);
  assert.equal(new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes)), said);
  for (const { token, logprob, top } of logprobs) {
    assert.equal(top.length, 3);
    assert.ok(logprob <= 0 && logprob > -20);
    assert.deepEqual([top[0]?.token, top[0]?.logprob], [token, logprob], "greedy takes the likeliest");
    assert.ok(top.every(({ logprob }, i) => i === 0 || logprob <= (top[i - 1]?.logprob ?? 0)));
    assert.ok(top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) <= 1 + 1e-6);
  }
  const stop = said.slice(10, 14);
  const stopped = await ask(engine(), { logprobs: 0, stop: [stop] });
  const given = stopped.logprobs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const last = stopped.logprobs.at(-1)?.bytes.length ?? 0;
  assert.ok(given - last < stopped.text.length, "no token begins behind the stop string");
  assert.ok(stopped.logprobs.every(({ top }) => top.length === 0));
});

Deno.test("WorkerEngine guesses tokens ahead, and says the same", async () => {
  const prompt = text("Numbers: one two three four five six one two three four five six one two three");
  const options = { prompt, maxTokens: 40 };
  // How many tokens it guesses depends on what it has learned of this machine, and at first it has yet to learn.
  await using fresh = await startRealEngine({ speculation: true });
  const plain = await ask(fresh.engine, { ...options, speculation: false });
  assert.equal(plain.done.timings.draftTokens, 0);
  const guessed = await ask(fresh.engine, { ...options, prediction: plain.text });
  assert.equal(guessed.text, plain.text);
  const { draftTokens, draftAccepted } = guessed.done.timings;
  assert.ok(draftTokens > 0 && draftAccepted <= draftTokens, `${draftAccepted} of ${draftTokens}`);
});

Deno.test("WorkerEngine takes a prompt of tokens, and refuses tokens that there are not", async () => {
  const { done } = await ask(engine(), { prompt: { kind: "tokens", tokens: [504, 2365, 314] }, maxTokens: 2 });
  assert.equal(done.usage.promptTokens, 3);
  for (const token of [-1, 1.5, 49152]) {
    await assert.rejects(
      ask(engine(), { prompt: { kind: "tokens", tokens: [504, token] } }),
      failure("invalid_value", /49151/),
    );
  }
});

Deno.test("WorkerEngine refuses more requests than may wait, and goes on with those that do", async () => {
  await using small = await startRealEngine({ context: { parallel: 1 }, queue: 2 });
  const asked = [1, 2, 3].map((seed) => ask(small.engine, { sampling: { seed }, maxTokens: 4 }));
  await assert.rejects(ask(small.engine, {}), failure("overloaded", /2 requests or choices wait already/));
  for (const { finish } of await Promise.all(asked)) assert.equal(finish.completionTokens, 4);
  assert.equal((await ask(small.engine, { maxTokens: 4 })).finish.completionTokens, 4);
});

Deno.test("WorkerEngine goes on beyond the end of the context when it is to make room there", async () => {
  await using shifting = await startRealEngine({ context: { contextLength: 256, shift: true } });
  const { finish } = await ask(shifting.engine, {
    prompt: text("1 2 3 4 5 6 7 8 9 ".repeat(10)),
    maxTokens: 300,
    keep: 20,
    sampling: { ignoreEos: true },
  });
  assert.deepEqual([finish.finishReason, finish.completionTokens], ["length", 300]);
});

/**
 * Whether an answer is what was said alone, but for rounding, which depends on what is computed together: log-probabilities are nearly the
 * same, and where another token came it was about as likely.
 */
function expectClose(answer: Answer, alone: Answer): void {
  for (const [at, { token, logprob }] of answer.logprobs.entries()) {
    const expected = alone.logprobs[at];
    assert.ok(expected && Math.abs(logprob - expected.logprob) < 0.1, `"${answer.text}" instead of "${alone.text}"`);
    if (token !== expected.token) return;
  }
  assert.equal(answer.text, alone.text);
}

Deno.test("WorkerEngine says in parallel, with the cache split for it midway, what each request gets alone", async () => {
  await using auto = await startRealEngine({ context: { contextLength: 4096, parallel: 8, layout: "auto" } });
  const prompts = ["The sun", "In the year 1900", "def add(a, b):", "1, 2, 3,", "The capital of France is"];
  const requests = prompts.map((prompt) => ({ prompt: text(prompt), maxTokens: 12, logprobs: 1 }));
  const early = { prompt: text(LONG), maxTokens: 40, logprobs: 1 };
  const alone: Answer[] = [];
  for (const request of [...requests, early]) {
    alone.push(await ask(auto.engine, { ...request, cachePrompt: false }));
  }
  // It is half said when the others come, and the cells are given out anew.
  const running = ask(auto.engine, { ...early, cachePrompt: false });
  await ask(auto.engine, { maxTokens: 8 });
  const together = await Promise.all(requests.map((request) => ask(auto.engine, request)));
  for (const [i, answer] of [...together, await running].entries()) {
    const expected = alone[i];
    assert.ok(expected);
    expectClose(answer, expected);
  }
});
