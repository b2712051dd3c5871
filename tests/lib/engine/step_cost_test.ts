import assert from "node:assert/strict";
import { StepCost } from "../../../lib/engine/step_cost.ts";

Deno.test("StepCost knows what it measured, and draws a line between neighbours", () => {
  const cost = new StepCost();
  cost.record(1, 0, 4);
  cost.record(5, 0, 8);
  cost.record(9, 0, 20);
  assert.deepEqual([1, 2, 4, 5, 7, 9].map((tokens) => cost.estimate(tokens)), [4, 5, 7, 8, 14, 20]);
});

Deno.test("StepCost takes each token beyond what it knows for one of a prompt, and fewer for no cheaper", () => {
  const cost = new StepCost();
  assert.equal(cost.estimate(3), 3 * cost.perPromptToken);
  cost.record(4, 0, 10);
  assert.equal(cost.estimate(6), 10 + 2 * cost.perPromptToken);
  assert.equal(cost.estimate(1), 10);
});

Deno.test("StepCost learns what a prompt's token costs beside answers", () => {
  const cost = new StepCost();
  cost.record(2, 0, 10);
  for (let i = 0; i < 60; i++) cost.record(2, 100, 60);
  assert.ok(Math.abs(cost.perPromptToken - 0.5) < 0.01, `${cost.perPromptToken}`);
  assert.equal(cost.estimate(2), 10, "answers cost what they did");
  cost.record(0, 3, 1000);
  assert.ok(cost.perPromptToken < 0.51, "a few tokens say nothing");
});

Deno.test("StepCost takes a pause of the machine for none of its doing, and follows what lasts", () => {
  const cost = new StepCost();
  cost.record(1, 0, 4);
  cost.record(1, 0, 4000);
  assert.ok(cost.estimate(1) <= 4 * 1.4, `${cost.estimate(1)}`);
  for (let i = 0; i < 60; i++) cost.record(1, 0, 8);
  assert.ok(Math.abs(cost.estimate(1) - 8) < 0.1);
});

Deno.test("StepCost corrects a first measurement that was too high, by larger decodes and in time", () => {
  const cost = new StepCost();
  cost.record(1, 0, 4);
  cost.record(8, 0, 4000);
  assert.ok(cost.estimate(8) <= 3 * (4 + 7 * 2), "a pause counts three times what was expected at most");
  cost.record(16, 0, 30);
  assert.equal(cost.estimate(8), 30, "what sixteen tokens cost, eight do not exceed");
  for (let i = 0; i < 1100; i++) cost.record(1, 0, 4);
  assert.equal(cost.estimate(8), 4 + 7 * cost.perPromptToken, "old measurements no longer count");
});
