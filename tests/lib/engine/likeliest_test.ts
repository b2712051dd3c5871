import assert from "node:assert/strict";
import fc from "fast-check";
import { likeliest, selectLikeliest } from "../../../lib/engine/likeliest.ts";

/** Few different values, so that many are equal; some are -Infinity. */
const logit = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -4, max: 4 }) },
  { weight: 4, arbitrary: fc.float({ min: -30, max: 30, noNaN: true }) },
  fc.constant(-Infinity),
);
const row = fc.array(logit, { minLength: 1, maxLength: 700 }).map((values) => Float32Array.from(values));

function select(logits: Float32Array, k: number): { ids: number[]; values: number[] } {
  const found = { ids: new Int32Array(k).fill(-1), values: new Float32Array(k) };
  const count = selectLikeliest(logits, k, found);
  return { ids: [...found.ids.subarray(0, count)], values: [...found.values.subarray(0, count)] };
}

function sorted(logits: Float32Array): number[] {
  return Array.from(logits.keys()).sort((a, b) => {
    const difference = (logits[b] ?? 0) - (logits[a] ?? 0);
    return difference > 0 || difference < 0 ? difference : a - b;
  });
}

Deno.test("selectLikeliest finds what sorting all finds, of equal ones the lowest ids", () => {
  fc.assert(fc.property(row, fc.integer({ min: 1, max: 800 }), (logits, k) => {
    const { ids, values } = select(logits, k);
    assert.deepEqual(ids, sorted(logits).slice(0, k));
    assert.deepEqual(values, ids.map((id) => logits[id]));
  }));
});

Deno.test("selectLikeliest takes logits that rise all the way, and k beyond their number", () => {
  const rising = Float32Array.from({ length: 5000 }, (_, i) => i / 7 - 300);
  assert.deepEqual(select(rising, 3).ids, [4999, 4998, 4997]);
  assert.deepEqual(select(Float32Array.of(1, 3, 2), 9).ids, [1, 2, 0]);
  assert.deepEqual(select(new Float32Array(20).fill(-Infinity), 2).ids, [0, 1]);
});

Deno.test("likeliest is the first of the largest", () => {
  fc.assert(fc.property(row, (logits) => assert.equal(likeliest(logits), sorted(logits)[0])));
  assert.equal(likeliest(new Float32Array(40).fill(-Infinity)), 0);
});
