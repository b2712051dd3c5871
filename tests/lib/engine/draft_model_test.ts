import assert from "node:assert/strict";
import { realModel, startRealEngine } from "../../real_engine.ts";
import { ask, text } from "./answer.ts";

Deno.test("DraftModel guesses what the model says, and changes none of it", async () => {
  await using plain = await startRealEngine();
  await using drafting = await startRealEngine({ speculation: true, draftModel: await realModel() });
  const prompt = text("The capital of France is");
  const expected = await ask(plain.engine, { prompt, maxTokens: 40 });
  // The model as its own draft model is right each time, so far as batches of other sizes round alike.
  const [first, second] = await Promise.all([
    ask(drafting.engine, { prompt, maxTokens: 40 }),
    ask(drafting.engine, { prompt: text("One, two, three,"), maxTokens: 40 }),
  ]);
  assert.equal(first.text.slice(0, 30), expected.text.slice(0, 30));
  const { draftTokens, draftAccepted } = first.done.timings;
  assert.ok(draftTokens > 0, "the first guess is always worth a try");
  assert.ok(draftAccepted >= draftTokens / 2, `${draftAccepted} of ${draftTokens} were right`);
  assert.equal(second.done.usage.completionTokens, 40);
});

Deno.test("DraftModel samples with it from the model's own distribution", async () => {
  await using drafting = await startRealEngine({ speculation: true, draftModel: await realModel() });
  await using plain = await startRealEngine();
  const input = { prompt: text("My favourite colour is"), sampling: { temperature: 1, seed: 7 }, maxTokens: 12 };
  const [guessed, alone] = [await ask(drafting.engine, input), await ask(plain.engine, input)];
  // The same seed draws the same tokens: guesses use none of its random numbers.
  assert.equal(guessed.text.slice(0, 12), alone.text.slice(0, 12));
});
