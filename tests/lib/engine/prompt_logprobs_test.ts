import assert from "node:assert/strict";
import type { GenerateEvent, PromptToken } from "../../../lib/engine/mod.ts";
import { startRealEngine } from "../../real_engine.ts";
import { text } from "./answer.ts";

/** How far rounding may move a log-probability from one shape of batch to another. */
const ROUNDING = 0.1;

Deno.test("WorkerEngine tells the log-probabilities of a prompt's tokens: those that its answer had", async () => {
  await using real = await startRealEngine({ context: { contextLength: 1024 } });
  const { engine } = real;
  const prompt = text(`The lighthouse keeper lit the lamp. ${"The storm went on. ".repeat(30)}`);
  const before = Array.from(await engine.tokenize({ prompt }));
  const answered = (await Array.fromAsync(engine.generate({ prompt, sampling: {}, maxTokens: 12, logprobs: 2 })))
    .flatMap(logprobsOf);
  assert.equal(answered.length, 12);
  const tokens = [...before, ...answered.map(({ token }) => token)];
  const input = { prompt: { kind: "tokens", tokens }, sampling: {}, maxTokens: 1, logprobs: 2, promptLogprobs: true };
  for (const stream of [true, false]) {
    const events = await Array.fromAsync(engine.generate({ ...input, prompt: { kind: "tokens", tokens }, stream }));
    const told = events.flatMap((event): PromptToken[] => event.type === "text" ? event.prompt ?? [] : []);
    assert.deepEqual(told.map(({ token }) => token), tokens);
    assert.equal(told[0]?.logprob, undefined);
    assert.ok(told.slice(1).every(({ logprob = NaN, top }) => logprob <= 0 && top?.length === 2));
    for (const [i, { logprob }] of answered.entries()) {
      const there = told[before.length + i]?.logprob ?? NaN;
      assert.ok(Math.abs(there - logprob) < ROUNDING, `token ${i}: ${there}, ${logprob} when it was answered`);
    }
    const done = events.at(-1);
    assert.equal(done?.type === "done" ? done.usage.cachedTokens : undefined, 0);
  }
});

function logprobsOf(event: GenerateEvent): { token: number; logprob: number }[] {
  return event.type === "text" ? event.logprobs ?? [] : [];
}
