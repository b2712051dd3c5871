import assert from "node:assert/strict";
import { startRealEngine } from "../../real_engine.ts";
import { ask, failure, text } from "./answer.ts";

// What one client may ask of an engine that others use, too.

Deno.test("WorkerEngine refuses a text that cannot fit without tokenizing it", async () => {
  await using real = await startRealEngine();
  const { engine } = real;
  const long = "a storm over the sea ".repeat(500_000);
  const before = performance.now();
  await assert.rejects(
    ask(engine, { prompt: text(long) }),
    failure("context_length_exceeded", /^The prompt is too long: .*at least \d+ tokens; at most 512 fit/),
  );
  await assert.rejects(engine.embed({ inputs: [long] }), failure("context_length_exceeded", /at least \d+ tokens/));
  // Tokenizing its ten million characters takes seconds.
  assert.ok(performance.now() - before < 1500, `${performance.now() - before} ms`);
  await assert.rejects(
    ask(engine, { prompt: text("word ".repeat(600)) }),
    failure("context_length_exceeded", /has 60\d tokens/),
  );
});

Deno.test("WorkerEngine takes any text of a client to be tokenized, however odd", async () => {
  await using real = await startRealEngine({ context: { contextLength: 8192 } });
  // One word, or one run of digits, blanks or signs: what regular expressions may recurse over.
  for (const unit of ["a", "1", " ", "\n", "!", "é", "🌞", "\u0000", "a1 ", "'s"]) {
    const prompt = text(unit.repeat(60_000 / unit.length));
    await ask(real.engine, { prompt, maxTokens: 1 }).catch(failure("context_length_exceeded"));
  }
});

Deno.test("WorkerEngine counts choices, not requests, as what waits", async () => {
  await using real = await startRealEngine({ queue: 2, context: { parallel: 1 } });
  const { engine } = real;
  const leave = new AbortController();
  const many = ask(engine, { choices: 4, maxTokens: 400 }, leave.signal);
  many.catch(() => {});
  await assert.rejects(ask(engine, {}), failure("overloaded", /2 requests or choices wait already/));
  leave.abort();
  await assert.rejects(many, failure("cancelled"));
  assert.notEqual((await ask(engine, { maxTokens: 2 })).text, "");
});

Deno.test("WorkerEngine makes the DRY samplers of many choices without looking for each one's breakers", async () => {
  await using real = await startRealEngine();
  const dry = { dryMultiplier: 1, temperature: 1, seed: 3 };
  const time = async (choices: number): Promise<number> => {
    const before = performance.now();
    await ask(real.engine, { choices, sampling: { ...dry, dryBase: 1.5 + choices / 100 }, maxTokens: 1 });
    return performance.now() - before;
  };
  const [one, sixteen] = [await time(1), await time(16)];
  // Each breaker is looked for in 49,152 tokens: sixteen times that would show.
  assert.ok(sixteen < one * 8 + 300, `${one} and ${sixteen} ms`);
});
