import assert from "node:assert/strict";
import fc from "fast-check";
import { logProbabilities } from "../../../lib/engine/log_probabilities.ts";

const row = fc.array(fc.float({ min: -40, max: 40, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values));

Deno.test("logProbabilities is the log-softmax over all tokens", () => {
  fc.assert(fc.property(row, fc.nat(), fc.nat({ max: 20 }), (logits, pick, top) => {
    const token = pick % logits.length;
    const logprobOf = (id: number): number =>
      -Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - (logits[id] ?? 0)), 0));
    const found = logProbabilities(logits, token, top);
    assert.ok(Math.abs(found.logprob - logprobOf(token)) < 1e-9, `${found.logprob} for ${logprobOf(token)}`);
    assert.ok(found.logprob <= 0);
    const order = Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
    assert.deepEqual(found.top.map((each) => each.token), order.slice(0, top));
    for (const each of found.top) assert.ok(Math.abs(each.logprob - logprobOf(each.token)) < 1e-9);
  }));
});

Deno.test("logProbabilities of all tokens add up to 1, with logits that would overflow by themselves too", () => {
  const logits = Float32Array.of(1000, 999, -1000, 1000);
  const sum = logits.reduce((all, _, token) => all + Math.exp(logProbabilities(logits, token, 0).logprob), 0);
  assert.ok(Math.abs(sum - 1) < 1e-12, String(sum));
  assert.deepEqual(logProbabilities(logits, 2, 2).top.map(({ token }) => token), [0, 3]);
});

Deno.test("logProbabilities refuses a token that has no logit", () => {
  assert.throws(() => logProbabilities(Float32Array.of(1, 2), 2, 0), RangeError);
});
