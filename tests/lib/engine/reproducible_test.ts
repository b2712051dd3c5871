import assert from "node:assert/strict";
import { startRealEngine } from "../../real_engine.ts";
import { ask, text } from "./answer.ts";
import { someTokens } from "./fake_model.ts";
import { type FakeRequest, SchedulerRun, type Setting } from "./scheduler_run.ts";

const SETTING: Setting = { cells: 1000, slots: 4, batch: 64 };

function request(seed: number, more: Partial<FakeRequest> = {}): FakeRequest {
  return { prompt: someTokens(seed, 20), maxTokens: 8, ...more };
}

/** What each request was told at its end. */
function told(run: SchedulerRun): (boolean | undefined)[] {
  return run.events.filter((event) => event.type === "done").sort((a, b) => a.id - b.id).map(({ alone }) => alone);
}

Deno.test("a reproducible sequence is decoded with all threads, and told that it was alone", () => {
  for (const layout of ["unified", "split", "auto"] as const) {
    const run = new SchedulerRun({ ...SETTING, layout, cacheBytes: 1e6 });
    run.submit(request(1));
    run.finish();
    const before = run.decoder.allThreads.length;
    assert.ok(run.decoder.allThreads.every((all) => !all), "others are not");
    run.submit(request(2, { reproducible: true, cachePrompt: false }));
    run.finish();
    const after = run.decoder.allThreads.slice(before);
    assert.ok(after.length > 0 && after.every((all) => all));
    assert.deepEqual(told(run), [undefined, true], layout);
    run.check();
  }
});

Deno.test("a reproducible sequence is told of others that were computed meanwhile", () => {
  for (const layout of ["unified", "split"] as const) {
    const run = new SchedulerRun({ ...SETTING, layout });
    run.submit(request(1, { reproducible: true, cachePrompt: false, maxTokens: 30 }));
    run.submit(request(2, { variant: "other" }));
    run.finish();
    run.submit(request(3, { reproducible: true, cachePrompt: false, choices: 2 }));
    run.finish();
    assert.deepEqual(told(run), [false, undefined, false], layout);
    run.check();
  }
});

Deno.test("a reproducible sequence is told of idle cells in its pool, which stay where no state is saved", () => {
  for (const [layout, alone] of [["unified", false], ["split", true]] as const) {
    const run = new SchedulerRun({ ...SETTING, layout, cacheBytes: 0 });
    run.submit(request(1));
    run.finish();
    run.submit(request(2, { reproducible: true, cachePrompt: false }));
    run.finish();
    assert.deepEqual(told(run), [undefined, alone], layout);
    run.check();
  }
});

Deno.test("a reproducible request of the real engine has nothing from the cache, no guesses, and the same answer each time", async () => {
  await using real = await startRealEngine({ speculation: true, context: { layout: "auto", contextLength: 1024 } });
  const { engine } = real;
  const prompt = text(
    "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v",
  );
  const input = { prompt, sampling: { temperature: 0.9, seed: 5 }, maxTokens: 24, reproducible: true };
  const first = await ask(engine, input);
  assert.ok((await ask(engine, { prompt })).done.usage.cachedTokens > 0, "there is something in the cache");
  const again = await ask(engine, input);
  assert.equal(again.text, first.text);
  for (const { done } of [first, again]) {
    assert.equal(done.usage.cachedTokens, 0);
    assert.equal(done.timings.draftTokens, 0);
    assert.equal(done.alone, true);
  }
  const both = await Promise.all([ask(engine, { ...input, maxTokens: 12 }), ask(engine, { ...input, maxTokens: 12 })]);
  assert.ok(both.some(({ done }) => done.alone === false), "they were computed together");
});
