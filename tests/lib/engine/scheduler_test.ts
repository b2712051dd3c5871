import assert from "node:assert/strict";
import fc from "fast-check";
import { Batch } from "../../../ffi/mod.ts";
import { Scheduler } from "../../../lib/engine/scheduler.ts";
import type { Advance, Sequence } from "../../../lib/engine/sequence.ts";
import { FakeDecoder, type FakeRequest, FakeSequence } from "./fake_decoder.ts";

interface Setting {
  cells: number;
  slots: number;
  batch: number;
}

/** A scheduler over a fake decoder, and what came of each sequence. */
class Run {
  readonly decoder: FakeDecoder;
  readonly scheduler: Scheduler;
  readonly submitted: FakeSequence[] = [];
  readonly texts = new Map<number, string>();
  readonly ends: { id: number; how: string }[] = [];

  constructor({ cells, slots, batch }: Setting) {
    this.decoder = new FakeDecoder(cells, slots);
    this.scheduler = new Scheduler({
      decoder: this.decoder,
      batch: new Batch(batch),
      slots,
      prefillLimit: batch,
      onAdvance: (sequence, advance) => this.#advance(sequence, advance),
    });
  }

  #advance({ id }: Sequence, { text, finishReason }: Advance): void {
    this.texts.set(id, (this.texts.get(id) ?? "") + text);
    if (finishReason !== undefined) this.ends.push({ id, how: finishReason });
  }

  submit(request: Omit<FakeRequest, "id">): FakeSequence {
    const fake = new FakeSequence({ ...request, id: this.submitted.length + 1 });
    this.submitted.push(fake);
    this.scheduler.submit(fake.sequence);
    return fake;
  }

  cancel(id: number): void {
    if (this.scheduler.cancel(id)) this.ends.push({ id, how: "cancelled" });
  }

  /** Steps, and checks that the oldest of those that run never goes back. */
  step(): void {
    const alive = this.submitted.find(({ request }) => !this.ends.some(({ id }) => id === request.id));
    const before = alive?.sequence.cached ?? 0;
    this.scheduler.step();
    const ended = this.ends.some(({ id }) => id === alive?.request.id);
    if (alive !== undefined && !ended) assert.ok(alive.sequence.cached >= before, "the oldest lost its cells");
  }

  finish(): void {
    for (let steps = 0; !this.scheduler.idle; steps++) {
      assert.ok(steps < 20_000, "it never ends");
      this.step();
    }
  }

  /** What must hold once everything has ended. */
  check(): void {
    const ids = this.submitted.map(({ request }) => request.id);
    assert.deepEqual(this.ends.map(({ id }) => id).sort((a, b) => a - b), ids, "each ends exactly once");
    for (const fake of this.submitted) {
      const { id } = fake.request;
      const text = this.texts.get(id) ?? "";
      const how = this.ends.find((end) => end.id === id)?.how;
      const { expected } = fake;
      assert.equal(fake.disposed, 1, `sequence ${id} is disposed once`);
      if (how === "cancelled") assert.ok(expected.text.startsWith(text));
      else {
        assert.deepEqual({ text, how }, { text: expected.text, how: expected.finishReason });
        assert.equal(fake.sequence.accounts().usage.completionTokens, expected.completionTokens);
      }
    }
    assert.equal(this.decoder.slots.size, 0, "no cells are left behind");
  }
}

/** Sequences that fit the cells each alone, which the engine sees to. */
function requestsFor(cells: number): fc.Arbitrary<Omit<FakeRequest, "id">> {
  return fc.integer({ min: 1, max: cells - 1 }).chain((promptLength) =>
    fc.record({
      promptLength: fc.constant(promptLength),
      maxTokens: fc.integer({ min: 1, max: Math.min(20, cells - promptLength) }),
      endsAfter: fc.integer({ min: 1, max: 25 }),
    })
  );
}

const SCENARIO = fc.record({
  cells: fc.integer({ min: 2, max: 60 }),
  slots: fc.integer({ min: 1, max: 5 }),
  batch: fc.integer({ min: 1, max: 16 }),
}).chain((setting) => {
  const action = fc.oneof(
    { weight: 3, arbitrary: requestsFor(setting.cells).map((request) => ({ type: "submit" as const, request })) },
    { weight: 4, arbitrary: fc.nat({ max: 12 }).map((steps) => ({ type: "step" as const, steps })) },
    { weight: 1, arbitrary: fc.nat({ max: 14 }).map((id) => ({ type: "cancel" as const, id })) },
  );
  return fc.array(action, { maxLength: 25 }).map((actions) => ({ setting, actions }));
});

Deno.test("Scheduler ends every sequence once and with its whole text, whatever arrives, is cancelled or does not fit", () => {
  let refusals = 0;
  fc.assert(
    fc.property(SCENARIO, ({ setting, actions }) => {
      const run = new Run(setting);
      for (const action of actions) {
        if (action.type === "submit") run.submit(action.request);
        else if (action.type === "cancel") run.cancel(action.id);
        else for (let i = 0; i < action.steps; i++) run.step();
      }
      run.finish();
      run.check();
      refusals += run.decoder.refusals;
    }),
    { numRuns: 1500 },
  );
  assert.ok(refusals > 500, `Only ${refusals} times ran the cells out: this tests too little`);
});

Deno.test("Scheduler reads a prompt in pieces while others go on with each step", () => {
  const run = new Run({ cells: 200, slots: 2, batch: 10 });
  const first = run.submit({ promptLength: 1, endsAfter: 30, maxTokens: 40 });
  run.step();
  const second = run.submit({ promptLength: 45, endsAfter: 1, maxTokens: 1 });
  for (let steps = 1; steps <= 5; steps++) {
    run.step();
    assert.equal(first.sequence.length, 2 + steps, "one token with each step");
    assert.equal(second.sequence.cached, Math.min(45, 9 * steps), "the rest of the batch is the prompt's");
  }
  assert.deepEqual(run.ends, [{ id: 2, how: "stop" }]);
});

Deno.test("Scheduler decodes sequences together, as many as it has slots", () => {
  const run = new Run({ cells: 200, slots: 3, batch: 16 });
  for (let i = 0; i < 5; i++) run.submit({ promptLength: 4, endsAfter: 10, maxTokens: 10 });
  run.step();
  assert.equal(run.decoder.slots.size, 3);
  run.step();
  assert.deepEqual(run.decoder.sizes, [12, 3]);
  run.finish();
  run.check();
});

Deno.test("Scheduler frees a cancelled sequence's cells and slot before the next decode", () => {
  const run = new Run({ cells: 50, slots: 1, batch: 16 });
  run.submit({ promptLength: 5, endsAfter: 40, maxTokens: 40 });
  const waiting = run.submit({ promptLength: 3, endsAfter: 5, maxTokens: 5 });
  for (let i = 0; i < 4; i++) run.step();
  assert.equal(waiting.sequence.slot, undefined);
  run.cancel(1);
  assert.equal(run.decoder.used, 0);
  run.step();
  assert.deepEqual([...run.decoder.slots.values()], [{ id: 2, length: 3 }]);
});

Deno.test("Scheduler says whether it knew the sequence to cancel", () => {
  const run = new Run({ cells: 50, slots: 1, batch: 16 });
  run.submit({ promptLength: 5, endsAfter: 2, maxTokens: 5 });
  run.submit({ promptLength: 5, endsAfter: 2, maxTokens: 5 });
  run.step();
  assert.equal(run.scheduler.cancel(2), true, "one that waits");
  assert.equal(run.scheduler.cancel(2), false, "one that was cancelled");
  assert.equal(run.scheduler.cancel(1), true, "one that runs");
  assert.equal(run.scheduler.cancel(9), false);
  assert.ok(run.scheduler.idle);
});

Deno.test("Scheduler lets the youngest give way when the cells run out, and computes it anew", () => {
  const run = new Run({ cells: 20, slots: 3, batch: 16 });
  const [oldest, middle, youngest] = [1, 2, 3].map(() => run.submit({ promptLength: 5, endsAfter: 9, maxTokens: 9 }));
  assert.ok(oldest && middle && youngest);
  while (run.decoder.refusals === 0) run.step();
  assert.equal(youngest.sequence.cached, 0);
  assert.equal(youngest.sequence.slot, undefined);
  assert.ok(oldest.sequence.cached > 0 && middle.sequence.cached > 0);
  run.finish();
  run.check();
  assert.deepEqual(run.ends.map(({ id }) => id), [1, 2, 3]);
});

Deno.test("Scheduler gives back all sequences in the order of their arrival when a decode fails", () => {
  const run = new Run({ cells: 20, slots: 2, batch: 16 });
  for (let i = 0; i < 4; i++) run.submit({ promptLength: 5, endsAfter: 9, maxTokens: 9 });
  while (run.decoder.refusals === 0) run.step();
  assert.deepEqual(run.scheduler.drain().map(({ id }) => id), [1, 2, 3, 4]);
  assert.ok(run.scheduler.idle);
  assert.equal(run.decoder.slots.size, 0);
  assert.deepEqual(run.submitted.map(({ disposed }) => disposed), [1, 1, 1, 1]);
  run.submitted.length = 0;
  run.texts.clear();
  run.submit({ promptLength: 5, endsAfter: 3, maxTokens: 9 });
  run.finish();
  run.check();
});

Deno.test("Scheduler fails a sequence that does not fit alone rather than trying for ever", () => {
  const run = new Run({ cells: 10, slots: 2, batch: 16 });
  run.submit({ promptLength: 15, endsAfter: 3, maxTokens: 3 });
  assert.throws(() => run.scheduler.step(), { message: "The KV cache has no room for one sequence of 15 tokens" });
});

Deno.test("Scheduler does nothing when there is nothing to do", () => {
  const run = new Run({ cells: 10, slots: 2, batch: 16 });
  assert.ok(run.scheduler.idle);
  run.scheduler.step();
  assert.equal(run.decoder.decodes, 0);
});
