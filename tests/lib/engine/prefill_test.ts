import assert from "node:assert/strict";
import fc from "fast-check";
import { prefillBudget, sharePrefill } from "../../../lib/engine/prefill.ts";
import type { Sequence } from "../../../lib/engine/sequence.ts";
import { makeSequence } from "./make_sequence.ts";
import { FixedCost } from "./scheduler_run.ts";

function prompts(lengths: readonly number[]): Sequence[] {
  return lengths.map((length, id) => makeSequence({ id, prompt: Array.from({ length }, () => 1) }));
}

Deno.test("sharePrefill gives all of the budget out while a prompt has any left, and to each no more than it has", () => {
  const lengths = fc.array(fc.integer({ min: 2, max: 300 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 600 }), (lengths, budget) => {
      const sequences = prompts(lengths);
      const shares = sharePrefill(sequences, budget);
      const total = lengths.reduce((a, b) => a + b, 0);
      assert.equal(shares.reduce((sum, { count }) => sum + count, 0), Math.min(budget, total));
      assert.equal(new Set(shares.map(({ sequence }) => sequence)).size, shares.length, "each once");
      for (const { sequence, count } of shares) assert.ok(count >= 1 && count <= sequence.remaining);
      const shortest = Math.min(...lengths);
      const fastest = shares.find(({ sequence }) => sequence.remaining === shortest);
      assert.ok((fastest?.count ?? 0) >= Math.min(shortest, Math.max(1, budget >> 1)), "the shortest has its share");
      const rest = shares.filter(({ sequence }) => sequence !== fastest?.sequence && sequence.remaining > shortest);
      for (const { sequence } of rest) {
        for (const older of sequences.slice(0, sequences.indexOf(sequence))) {
          if (older === fastest?.sequence) continue;
          assert.equal(shares.find((share) => share.sequence === older)?.count, older.remaining, "the oldest first");
        }
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("sharePrefill does nothing without prompts or without room", () => {
  assert.deepEqual(sharePrefill([], 10), []);
  assert.deepEqual(sharePrefill(prompts([5, 7]), 0), []);
});

Deno.test("prefillBudget keeps a step short where answers wait, and never so short that nothing is done", () => {
  const cost = new FixedCost();
  assert.equal(prefillBudget({ decoding: 0, prefilling: 1, cost, limit: 512 }), 512, "alone it takes all it can");
  const beside = prefillBudget({ decoding: 2, prefilling: 1, cost, limit: 512 });
  assert.equal(beside % 16, 0);
  assert.ok(beside >= 310 && beside <= 350, `${beside} tokens of a millisecond in 350`);
  assert.equal(prefillBudget({ decoding: 2, prefilling: 1, cost: new FixedCost(1000), limit: 512 }), 32);
  assert.equal(prefillBudget({ decoding: 2, prefilling: 1, cost: new FixedCost(1000), limit: 7 }), 7);
});

Deno.test("prefillBudget lets few answers wait longer where many prompts do, within a limit", () => {
  const cost = new FixedCost();
  const budget = (prefilling: number): number => prefillBudget({ decoding: 2, prefilling, cost, limit: 10_000 });
  assert.equal(budget(2), budget(1));
  assert.ok(budget(4) > 1.9 * budget(2) - 20);
  assert.ok(budget(100) <= 2 * 350);
});
