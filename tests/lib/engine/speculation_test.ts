import assert from "node:assert/strict";
import fc from "fast-check";
import { Acceptance, type Guess, LONGEST_DRAFT, planDrafts } from "../../../lib/engine/speculation.ts";
import { StepCost } from "../../../lib/engine/step_cost.ts";

/** A decode of n tokens takes 1 + (n - 1) · `perToken` milliseconds. */
function costOf(perToken: number): StepCost {
  const cost = new StepCost();
  for (let tokens = 1; tokens <= 600; tokens++) cost.record(tokens, 0, 1 + (tokens - 1) * perToken);
  return cost;
}

const GUESS: fc.Arbitrary<Guess> = fc.record({
  available: fc.constantFrom(0, 1, 2, 7, 30, LONGEST_DRAFT),
  probability: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  msPerToken: fc.constantFrom(0, 0.05, 1),
});

/** Tokens expected of a plan, by adding up the probability of each. */
function expected(guesses: readonly Guess[], lengths: readonly number[]): number {
  return guesses.reduce((sum, { probability }, i) => {
    let tokens = 1;
    for (let length = 1; length <= (lengths[i] ?? 0); length++) tokens += probability ** length;
    return sum + tokens;
  }, 0);
}

const SCALES = [0, 0.02, 0.1, 0.5, 1].map(costOf);

const SHORT = { length: 3, resumed: false };
const LONG = { length: 20, resumed: false };

Deno.test("planDrafts stays within what is available and what the batch takes, and chooses nothing worse than no drafts", () => {
  let planned = 0;
  fc.assert(
    fc.property(
      fc.array(GUESS, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 300 }),
      fc.constantFrom(...SCALES),
      (guesses, tokens, cost) => {
        const lengths = planDrafts(guesses, { tokens, cost });
        assert.equal(lengths.length, guesses.length);
        const drafted = lengths.reduce((a, b) => a + b, 0);
        assert.ok(drafted <= tokens);
        for (const [i, length] of lengths.entries()) {
          assert.ok(Number.isInteger(length) && length >= 0 && length <= (guesses[i]?.available ?? 0));
        }
        if (drafted === 0) return;
        planned++;
        const guessing = guesses.reduce((sum, { msPerToken = 0 }, i) => sum + msPerToken * (lengths[i] ?? 0), 0);
        const rate = expected(guesses, lengths) / (cost.estimate(guesses.length + drafted) + guessing);
        assert.ok(rate >= guesses.length / cost.estimate(guesses.length), `${lengths}: ${rate}`);
      },
    ),
    { numRuns: 2000 },
  );
  assert.ok(planned > 60, `${planned}`);
});

Deno.test("planDrafts drafts nothing where a token costs what it does alone and guesses mostly fail", () => {
  const guess = { available: LONGEST_DRAFT, probability: 0.3 };
  assert.deepEqual(planDrafts([guess, guess], { tokens: 500, cost: costOf(1) }), [0, 0]);
  assert.deepEqual(planDrafts([{ ...guess, probability: 0.95 }], { tokens: 500, cost: costOf(1) }), [0]);
});

Deno.test("planDrafts drafts much where guesses hold and batches are cheap, also guesses that never failed", () => {
  const cost = costOf(0.02);
  for (const probability of [0.95, 0.99, 0.9999]) {
    const [length = 0] = planDrafts([{ available: LONGEST_DRAFT, probability }], { tokens: 500, cost });
    assert.ok(length >= 12, `${length} at ${probability}`);
  }
  const acceptance = new Acceptance();
  for (let i = 0; i < 500; i++) {
    acceptance.record(LONG, { right: LONGEST_DRAFT, wrong: false });
    const probability = acceptance.probability(LONG);
    assert.ok(probability > 0.89 && probability < 1, `${probability}`);
    const [length = 0] = planDrafts([{ available: LONGEST_DRAFT, probability }], { tokens: 500, cost });
    assert.ok(length >= 12, `${length} after ${i + 1} drafts`);
  }
});

Deno.test("planDrafts lets a sequence without a guess be, and the likelier guess have the longer draft", () => {
  const guesses = [{ available: 0, probability: 0 }, { available: 64, probability: 0.4 }, {
    available: 64,
    probability: 0.95,
  }];
  const [none, short = 0, long = 0] = planDrafts(guesses, { tokens: 500, cost: costOf(0.02) });
  assert.equal(none, 0);
  assert.ok(short >= 1 && long > short, `${short}, ${long}`);
});

Deno.test("Acceptance comes to what was seen, by the length of the match, and notices a change", () => {
  const acceptance = new Acceptance();
  const before = acceptance.probability(SHORT);
  for (let i = 0; i < 50; i++) acceptance.record(LONG, { right: i % 2 === 0 ? 1 : 0, wrong: i % 2 === 1 });
  assert.ok(Math.abs(acceptance.probability(LONG) - 0.5) < 0.15, `${acceptance.probability(LONG)}`);
  assert.equal(acceptance.probability(SHORT), before);
  for (let i = 0; i < 60; i++) acceptance.record(LONG, { right: 0, wrong: true });
  assert.ok(acceptance.probability(LONG) < 0.15 && acceptance.probability(LONG) > 0);
  for (let i = 0; i < 20_000; i++) acceptance.record(LONG, { right: 0, wrong: true });
  assert.ok(acceptance.probability(LONG) > 0, "it never is certain");
  assert.ok(acceptance.probability({ length: 1, resumed: true }) > 0.4, "a copy gone on with is another kind");
});
