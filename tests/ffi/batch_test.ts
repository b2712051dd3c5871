import assert from "node:assert/strict";
import fc from "fast-check";
import { Batch } from "../../ffi/mod.ts";
import { readBatch } from "./read_batch.ts";

Deno.test("Batch refuses capacities that are no count", () => {
  for (const capacity of [0, -1, 1.5, NaN, 2 ** 31]) assert.throws(() => new Batch(capacity), RangeError);
});

Deno.test("Batch refuses a token beyond its capacity and keeps those before", () => {
  const batch = new Batch(2);
  batch.add(7, { sequence: 0, position: 0, output: false });
  batch.add(8, { sequence: 0, position: 1, output: true });
  assert.throws(() => batch.add(9, { sequence: 0, position: 2, output: true }), {
    name: "RangeError",
    message: "The batch is full with 2 tokens",
  });
  assert.equal(batch.size, 2);
  batch.clear();
  assert.equal(batch.size, 0);
  assert.equal(batch.add(9, { sequence: 0, position: 0, output: true }), 0);
});

Deno.test("Batch hands llama.cpp each token with its position, sequence and output flag", () => {
  const token = fc.record(
    { token: fc.nat(), sequence: fc.nat({ max: 255 }), position: fc.nat(), output: fc.boolean() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(
      fc.array(token, { minLength: 1, maxLength: 40 }),
      fc.array(token, { maxLength: 40 }),
      (tokens, before) => {
        const batch = new Batch(40);
        for (const { token, ...at } of before) batch.add(token, at);
        batch.clear();
        assert.deepEqual(tokens.map(({ token, ...at }) => batch.add(token, at)), tokens.map((_, index) => index));
        assert.deepEqual(readBatch(batch), tokens);
      },
    ),
  );
});
