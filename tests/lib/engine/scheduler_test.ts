import assert from "node:assert/strict";
import { someTokens } from "./fake_model.ts";
import { type Choice, type FakeRequest, SchedulerRun, type Setting } from "./scheduler_run.ts";

/** A prompt whose answer by the fake model has at least so many tokens, and no more than asked for. */
function lasting(length: number, atLeast: number, seed = 0): FakeRequest {
  const setting = { cells: 10_000, slots: 1, batch: 64 };
  for (let at = seed * 1000; at < seed * 1000 + 1000; at++) {
    const prompt = someTokens(at, length);
    const [choice] = new SchedulerRun(setting).submit({ prompt, maxTokens: atLeast });
    if (choice?.alone?.completionTokens === atLeast) return { prompt, maxTokens: atLeast };
  }
  throw new Error(`The fake model ends within ${atLeast} tokens whatever it is asked`);
}

function one(run: SchedulerRun, request: FakeRequest): Choice {
  const [choice] = run.submit(request);
  assert.ok(choice);
  return choice;
}

const SETTING: Setting = { cells: 1000, slots: 4, batch: 64 };

Deno.test("Scheduler reads a prompt in pieces while others go on with each step", () => {
  const run = new SchedulerRun({ ...SETTING, batch: 10 });
  const first = one(run, lasting(1, 30));
  run.step();
  const second = one(run, lasting(45, 1, 1));
  for (let steps = 1; steps <= 4; steps++) {
    run.step();
    assert.equal(first.sequence.length, 2 + steps, "one token with each step");
    assert.equal(second.sequence.cached, 9 * steps, "the rest of the batch is the prompt's");
  }
  run.step();
  assert.deepEqual(run.events.at(-1)?.type, "done");
  run.finish();
  run.check();
});

Deno.test("Scheduler decodes sequences together, as many as it has slots, and neighbours side by side in a split cache", () => {
  for (const layout of ["unified", "split"] as const) {
    const run = new SchedulerRun({ ...SETTING, slots: 3, layout });
    for (let i = 0; i < 5; i++) one(run, lasting(4, 10, i));
    run.step();
    run.step();
    assert.deepEqual(run.decoder.sizes, [12, 3]);
    run.finish();
    run.check();
  }
});

Deno.test("Scheduler frees a cancelled sequence's slot before the next decode", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1 });
  one(run, lasting(5, 40));
  const waiting = one(run, lasting(3, 5, 1));
  for (let i = 0; i < 4; i++) run.step();
  assert.equal(waiting.sequence.slot, undefined);
  run.cancel(1);
  run.step();
  assert.equal(waiting.sequence.slot, 0);
  assert.equal(waiting.sequence.cached, 3);
  run.finish();
  run.check();
});

Deno.test("Scheduler says whether it knew the request to cancel", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1 });
  run.submit({ ...lasting(5, 20), choices: 2 });
  run.submit(lasting(5, 20, 1));
  run.step();
  assert.equal(run.scheduler.cancel(2), true, "one that waits");
  assert.equal(run.scheduler.cancel(2), false, "one that was cancelled");
  assert.equal(run.scheduler.cancel(1), true, "one of whose choices one runs and one waits");
  assert.equal(run.scheduler.cancel(9), false);
  assert.ok(run.scheduler.idle);
  assert.ok(run.choices.every(({ disposed }) => disposed === 1));
});

Deno.test("Scheduler lets clients take turns", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1 });
  const clients = ["a", "a", "a", "b", "c", "b"];
  clients.forEach((client, seed) => one(run, { ...lasting(3, 2, seed), client: { user: client } }));
  run.finish();
  run.check();
  assert.deepEqual(run.events.filter(({ type }) => type === "done").map(({ id }) => id), [1, 4, 5, 2, 6, 3]);
});

Deno.test("Scheduler lets the youngest give way when the cells run out, and goes on with what was saved of it", () => {
  for (const cacheBytes of [0, 1e9]) {
    const run = new SchedulerRun({ ...SETTING, cells: 120, slots: 3, cacheBytes });
    const [oldest, middle, youngest] = [0, 1, 2].map((seed) => one(run, lasting(30, 30, seed)));
    assert.ok(oldest && middle && youngest);
    while (run.decoder.counts.refused === 0) run.step();
    assert.equal(youngest.sequence.cached, 0);
    assert.equal(youngest.sequence.slot, undefined);
    assert.ok(oldest.sequence.cached > 0 && middle.sequence.cached > 0);
    run.finish();
    run.check();
    assert.deepEqual(run.events.filter(({ type }) => type === "done").map(({ id }) => id), [1, 2, 3]);
    assert.equal(run.decoder.counts.restored > 0, cacheBytes > 0);
  }
});

Deno.test("Scheduler takes none of a prompt for cached that it had computed before the sequence gave way", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 120, slots: 2, batch: 20, cacheBytes: 1e9 });
  one(run, lasting(20, 90));
  const second = one(run, lasting(100, 2, 1));
  while (run.decoder.counts.refused === 0) run.step();
  assert.equal(second.sequence.slot, undefined);
  assert.equal(second.sequence.completionTokens, 0);
  run.finish();
  run.check();
  assert.ok(run.decoder.counts.restored > 0, "its cells were saved");
  assert.equal(second.sequence.reused, 0);
});

Deno.test("Scheduler goes on from what an earlier prompt left, in place and by a copy, and computes at least the last token", () => {
  for (const layout of ["unified", "split"] as const) {
    const run = new SchedulerRun({ ...SETTING, layout });
    const { prompt } = lasting(80, 4);
    const first = one(run, { prompt, maxTokens: 4 });
    run.finish();
    const again = one(run, { prompt, maxTokens: 4 });
    const other = one(run, { prompt: [...prompt.slice(0, 60), 1, 2, 3], maxTokens: 4 });
    const apart = one(run, { prompt, maxTokens: 4, cachePrompt: false });
    const adapted = one(run, { prompt, maxTokens: 4, variant: "0.5" });
    run.finish();
    run.check();
    const reused = [first, again, other, apart, adapted].map(({ sequence }) => sequence.reused);
    assert.deepEqual(reused, [0, 79, 60, 0, 0], layout);
  }
});

Deno.test("Scheduler computes the prompt of several choices once", () => {
  for (const layout of ["unified", "split"] as const) {
    const run = new SchedulerRun({ ...SETTING, layout, batch: 256 });
    const choices = run.submit({ ...lasting(200, 3), choices: 4 });
    run.finish();
    run.check();
    assert.deepEqual(choices.map(({ sequence }) => sequence.reused), [0, 199, 199, 199]);
    assert.equal(run.decoder.sizes[0], 200);
  }
});

Deno.test("Scheduler does not keep a prompt waiting for another's cells that it could not go on from", () => {
  const run = new SchedulerRun({ ...SETTING, divisible: false, batch: 20 });
  const [first, second] = run.submit({ ...lasting(100, 3), choices: 2 });
  assert.ok(first && second);
  run.step();
  assert.ok(first.sequence.slot !== undefined && second.sequence.slot !== undefined);
  run.finish();
  run.check();
});

Deno.test("Scheduler restores what was saved when cells ran out, as long as it is there", () => {
  const { prompt } = lasting(80, 3);
  const run = new SchedulerRun({ ...SETTING, cells: 100, slots: 1, cacheBytes: 1e9 });
  const reused: number[] = [];
  for (const request of [{ prompt }, lasting(90, 3, 1), { prompt }, { prompt: [...prompt.slice(0, 70), 1] }]) {
    const choice = one(run, { ...request, maxTokens: 3 });
    run.finish();
    reused.push(choice.sequence.reused ?? 0);
  }
  run.check();
  assert.deepEqual(reused, [0, 0, 79, 70]);
});

Deno.test("Scheduler decodes guesses along, keeps those that hold and never goes beyond the token limit", () => {
  const { prompt } = lasting(30, 50);
  const run = new SchedulerRun({ ...SETTING, slots: 1 });
  const plain = one(run, { prompt, maxTokens: 50 });
  run.finish();
  const decodes = run.decoder.sizes.length;
  const guessed = one(run, { prompt, maxTokens: 50, speculation: { prediction: plain.alone?.tokens ?? [] } });
  run.finish();
  run.check();
  assert.ok(guessed.sequence.draftAccepted > 25, `${guessed.sequence.draftAccepted} guesses came true`);
  assert.ok(run.decoder.sizes.length - decodes < decodes / 2, "in fewer decodes");
  const tokens = run.decoder.sizes.slice(decodes).reduce((a, b) => a + b, 0);
  // The last token of an answer is never decoded, so it is of no use as a guess.
  assert.ok(tokens <= 1 + 49 + guessed.sequence.draftTokens - guessed.sequence.draftAccepted, `${tokens} tokens`);
});

Deno.test("Scheduler guesses nothing when a single token may still come", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1 });
  const prompt = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3];
  const choice = one(run, { prompt, maxTokens: 1, speculation: { prediction: [] } });
  run.finish();
  run.check();
  assert.deepEqual(run.decoder.sizes, [prompt.length]);
  const again = one(run, { prompt, maxTokens: 1, speculation: { prediction: [] } });
  run.finish();
  assert.equal(run.decoder.sizes.at(-1), prompt.length, "too short to be kept");
  const long = [...someTokens(0, 20), ...prompt];
  for (let i = 0; i < 2; i++) one(run, { prompt: long, maxTokens: 1, speculation: { prediction: [] } });
  run.finish();
  assert.equal(run.decoder.sizes.at(-1), 1, "the last of the prompt alone");
  assert.deepEqual([choice, again].map(({ sequence }) => sequence.draftTokens), [0, 0]);
});

Deno.test("Scheduler does without guesses that its part has no room for, rather than give up what idle slots hold", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 500, slots: 5, layout: "auto" });
  for (let seed = 2; seed < 6; seed++) one(run, lasting(20, 30, seed));
  run.step();
  assert.equal(run.decoder.unified, false, "four at once");
  run.finish();
  const { prompt } = lasting(40, 3);
  one(run, { prompt, maxTokens: 3 });
  run.finish();
  // Its answer is guessed right up to its end, but in a part of 100 cells.
  const long = lasting(60, 60, 1);
  const [alone] = new SchedulerRun(SETTING).submit(long);
  const guessed = one(run, { ...long, speculation: { prediction: alone?.alone?.tokens ?? [] } });
  while (run.decoder.counts.refused === 0) run.step();
  while (run.decoder.unified === false && guessed.sequence.length < 99) run.step();
  const again = one(run, { prompt: [...prompt, 2], maxTokens: 1 });
  while (again.sequence.reused === undefined) run.step();
  assert.ok((again.sequence.reused ?? 0) >= 40, `${again.sequence.reused}`);
  run.finish();
  run.check();
});

Deno.test("Scheduler changes into the split layout for many and back for a long one, and computes nothing anew", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 600, slots: 6, layout: "auto" });
  const many = [0, 1, 2, 3, 4].map((seed) => one(run, lasting(30, 40, seed)));
  run.step();
  assert.equal(run.decoder.unified, false);
  for (let i = 0; i < 5; i++) run.step();
  const long = one(run, lasting(150, 5, 9));
  run.step();
  assert.equal(run.decoder.unified, true);
  assert.ok(many.every(({ sequence }) => sequence.slot !== undefined));
  run.finish();
  run.check();
  assert.equal(run.decoder.counts.switched, 2);
  const tokens = run.decoder.sizes.reduce((a, b) => a + b, 0);
  const needed = [...many, long].reduce((sum, { sequence }) => sum + sequence.length - 1, 0);
  assert.equal(tokens, needed);
});

Deno.test("Scheduler computes sequences with other adapters apart, in turn", () => {
  const run = new SchedulerRun(SETTING);
  const choices = ["", "1", "", "1"].map((variant, seed) => one(run, { ...lasting(5, 10, seed), variant }));
  run.step();
  run.step();
  assert.deepEqual(run.decoder.sizes, [10, 10]);
  assert.ok(choices.every(({ sequence }) => sequence.completionTokens === 1));
  run.finish();
  run.check();
});

Deno.test("Scheduler makes room at the end of the context where that is wanted, and goes on to the token limit", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 64, slots: 2 });
  const shared = lasting(40, 150);
  const [a, b] = [0, -1].map((keep) => one(run, { ...shared, keep, limit: 64 }));
  run.finish();
  run.check();
  for (const choice of [a, b]) assert.ok((choice?.sequence.completionTokens ?? 0) > 24, "more than there was room for");
  assert.ok(run.decoder.counts.shifted > 2);
});

Deno.test("Scheduler takes no prefix from a sequence whose beginning was dropped, although its tokens are the same", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 200 });
  const shifting = one(run, { ...lasting(40, 150), keep: 0, limit: 64 });
  while (!shifting.sequence.shifted) run.step();
  const prompt = shifting.sequence.tokens.slice(0, -1);
  assert.ok(prompt.length > 20);
  const same = one(run, { prompt, maxTokens: 5 });
  run.finish();
  run.check();
  assert.equal(same.sequence.reused, 0);
});

Deno.test("Scheduler restores nothing into a slot from which a copy waits to be made", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 2, layout: "split", cacheBytes: 1e9 });
  const earlier = lasting(80, 3);
  one(run, earlier);
  run.finish();
  run.scheduler.saveIdle();
  const long = lasting(200, 3, 1);
  one(run, long);
  run.finish();
  const other = 1 + (long.prompt[60] ?? 0) % 11;
  const branch = one(run, { prompt: [...long.prompt.slice(0, 60), other], maxTokens: 3 });
  const again = one(run, { ...earlier });
  run.finish();
  run.check();
  assert.deepEqual([branch.sequence.reused, run.decoder.counts.copied], [60, 1]);
  assert.equal(again.sequence.reused, 0, "computed anew, as it could not be restored");
});

Deno.test("Scheduler ends those that run when a decode fails, and goes on with the others", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 100, slots: 2 });
  for (let seed = 0; seed < 4; seed++) one(run, lasting(30, 30, seed));
  while (run.decoder.counts.refused === 0) run.step();
  run.stepBroken();
  // One of the two that ran had given its cells back by then.
  assert.deepEqual(run.events.filter(({ type }) => type === "failed").map(({ id }) => id), [1]);
  one(run, lasting(30, 30));
  run.finish();
  run.check();
});

Deno.test("Scheduler fails a sequence that does not fit alone rather than trying for ever", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 10, slots: 2 });
  one(run, { prompt: someTokens(0, 15), limit: 100 });
  assert.throws(() => run.scheduler.step(), { message: "The KV cache has no room for one sequence of 15 tokens" });
});

Deno.test("Scheduler does nothing when there is nothing to do", () => {
  const run = new SchedulerRun(SETTING);
  assert.ok(run.scheduler.idle);
  run.step();
  assert.deepEqual(run.decoder.sizes, []);
});

Deno.test("Scheduler ends the request alone whose token cannot be sampled", () => {
  const run = new SchedulerRun(SETTING);
  const [first, second] = run.submit({ ...lasting(5, 20), choices: 2 });
  const other = one(run, lasting(5, 20, 1));
  run.step();
  run.decoder.failing.sample = true;
  run.step();
  assert.ok(first && second);
  assert.deepEqual([first.disposed, second.disposed, other.disposed], [1, 1, 0], "both choices of the first request");
  run.finish();
  run.check();
  assert.deepEqual(run.events.filter(({ type }) => type === "failed").map(({ id }) => id), [1]);
});

Deno.test("Scheduler ends the request alone whose cells cannot be restored, and computes what cannot be saved", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1, cacheBytes: 1e9 });
  const long = { ...lasting(40, 5), cachePrompt: true };
  one(run, long);
  run.finish();
  one(run, lasting(40, 5, 1));
  run.finish();
  assert.ok(run.decoder.counts.saved > 0);
  run.decoder.failing.restore = true;
  one(run, long);
  const waiting = one(run, lasting(30, 5, 2));
  run.finish();
  assert.deepEqual(run.events.filter(({ type }) => type === "failed").map(({ id }) => id), [3]);
  assert.equal(waiting.disposed, 1);
  run.decoder.failing.save = true;
  one(run, lasting(40, 5, 3));
  run.finish();
  assert.equal(run.decoder.failing.save, false, "a save was tried");
  run.check();
});

Deno.test("Scheduler goes on with those that waited after a decode that failed", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1 });
  one(run, lasting(5, 10));
  one(run, lasting(5, 10, 1));
  run.step();
  run.stepBroken();
  run.finish();
  run.check();
  assert.deepEqual(run.events.filter(({ type }) => type === "failed").map(({ id }) => id), [1]);
});

Deno.test("Scheduler goes on where the state that it needs must give way to the one that it saves", () => {
  const first = lasting(40, 5);
  const bytes = (first.prompt.length + 4) * 4 * 4 + 4;
  // Room for one state, and one slot: what comes back is the only state, and what goes would take its place.
  const run = new SchedulerRun({ ...SETTING, slots: 1, cacheBytes: bytes + 40 });
  const prompts = [first, lasting(40, 5, 1)];
  for (let round = 0; round < 4; round++) {
    for (const request of prompts) {
      one(run, request);
      run.finish();
    }
  }
  run.check();
  assert.ok(run.decoder.counts.saved > 0);
  assert.equal(run.events.filter(({ type }) => type === "failed").length, 0);
});

Deno.test("Scheduler ends the request alone whose cells cannot be shifted, or whose guess fails", () => {
  const settings = [
    { what: "shift", setting: { ...SETTING, cells: 128 }, request: { keep: 0, limit: 40 } },
    { what: "guess", setting: { ...SETTING, drafter: true }, request: { speculation: { prediction: [] } } },
  ] as const;
  for (const { what, setting, request } of settings) {
    const run = new SchedulerRun({ ...setting, cacheBytes: 1e9 });
    one(run, { ...lasting(20, 60), ...request });
    one(run, lasting(5, 50, 1));
    run.step();
    run.fail(what);
    run.finish();
    run.check();
    assert.deepEqual(run.events.filter(({ type }) => type === "failed").map(({ id }) => id), [1], what);
  }
});

Deno.test("Scheduler keeps none of the cells of a request that failed, among which are its guesses", () => {
  const run = new SchedulerRun({ ...SETTING, slots: 1, cacheBytes: 1e9 });
  const { prompt } = lasting(30, 50);
  const plain = one(run, { prompt, maxTokens: 50 });
  run.finish();
  one(run, { prompt, maxTokens: 50, speculation: { prediction: plain.alone?.tokens ?? [] } });
  while (run.decoder.counts.drafted === 0) run.step();
  run.decoder.failing.sample = true;
  run.step();
  assert.equal(run.events.at(-1)?.type, "failed");
  assert.equal(run.decoder.used, 0);
  run.scheduler.saveIdle();
  run.step();
  run.check();
});

Deno.test("Scheduler disposes of a sequence that has ended although nobody could be told", () => {
  const run = new SchedulerRun(SETTING);
  const choice = one(run, { prompt: [1, 2, 3], maxTokens: 1 });
  run.fail("advance");
  run.step();
  assert.equal(choice.disposed, 1);
  assert.deepEqual(run.events.map(({ type }) => type), ["failed"]);
});

Deno.test("Scheduler counts as cached what a prompt had from the cache when it was computed, not at a try before", () => {
  const run = new SchedulerRun({ ...SETTING, cells: 120, slots: 2 });
  const { prompt } = lasting(60, 3);
  one(run, { prompt, maxTokens: 3 });
  run.finish();
  one(run, lasting(50, 30, 1));
  for (let i = 0; i < 7; i++) run.step();
  const second = one(run, { prompt: [...prompt.slice(0, 50), ...someTokens(7, 20)], maxTokens: 2 });
  run.step();
  assert.deepEqual([run.decoder.counts.refused, second.sequence.slot], [1, undefined], "its first decode is refused");
  run.finish();
  run.check();
  assert.equal(second.sequence.reused, 0);
});

Deno.test("Scheduler tells how probable each token of a prompt was, in pieces, beside others and after giving way", () => {
  const request = { ...lasting(90, 5, 3), logprobs: 0, promptLogprobs: true };
  const told = (run: SchedulerRun): unknown[] =>
    run.events.flatMap((event) => event.type === "text" && event.prompt !== undefined ? [event.prompt] : []);
  const alone = new SchedulerRun({ ...SETTING, batch: 256 });
  one(alone, request);
  alone.finish();
  alone.check();
  const [expected, ...more] = told(alone);
  assert.ok(Array.isArray(expected) && more.length === 0);
  assert.deepEqual(expected.map(({ token }) => token), request.prompt);
  assert.deepEqual(expected.map(({ logprob }) => logprob === undefined), request.prompt.map((_, i) => i === 0));
  assert.ok(Math.max(...alone.decoder.sizes) <= 64, "rows of logits are few at once");
  const run = new SchedulerRun({ ...SETTING, cells: 140, slots: 2, batch: 20, cacheBytes: 1e9 });
  one(run, lasting(20, 90));
  one(run, request);
  while (run.decoder.counts.refused === 0) run.step();
  run.finish();
  one(run, request);
  run.finish();
  run.check();
  assert.deepEqual(told(run), [expected, expected]);
});
