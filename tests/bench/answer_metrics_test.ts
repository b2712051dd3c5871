import assert from "node:assert/strict";
import { aggregateSpeed, decodeOnlySpeed, decodeSpeed, latencies, longestSilence } from "./answer_metrics.ts";
import type { StreamedAnswer } from "./stream_client.ts";

/** An answer whose chunks came at these milliseconds, one token each unless told otherwise. */
function answerAt(
  times: number[],
  { started = 0, tokens = times.length }: { started?: number; tokens?: number } = {},
): StreamedAnswer {
  return { started, ended: times.at(-1) ?? started, times, promptTokens: 10, completionTokens: tokens };
}

Deno.test("decodeSpeed counts tokens, not chunks, and not the first one", () => {
  assert.equal(decodeSpeed(answerAt([100, 110, 120])), 100);
  assert.equal(decodeSpeed(answerAt([100, 110, 120], { tokens: 9 })), 400);
  assert.ok(Number.isNaN(decodeSpeed(answerAt([100]))));
});

Deno.test("decodeOnlySpeed looks only at the time in which all answers come", () => {
  const early = answerAt([0, 10, 20, 30, 40]);
  const late = answerAt([20, 30, 40, 50, 60]);
  // Between 20 and 40 ms: two tokens of each.
  assert.equal(decodeOnlySpeed([early, late]), 200);
  assert.equal(decodeOnlySpeed([early, { ...late, completionTokens: 10 }]), 300);
  assert.ok(Number.isNaN(decodeOnlySpeed([answerAt([0, 10]), answerAt([20, 30])])));
});

Deno.test("aggregateSpeed divides all tokens by the time from the first request to the last end", () => {
  assert.equal(aggregateSpeed([answerAt([10, 20], { started: 5 }), answerAt([50, 105], { started: 40 })]), 40);
});

Deno.test("longestSilence takes the gaps that overlap the span, whole", () => {
  const chats = [answerAt([0, 100, 110, 160, 400]), answerAt([90, 120, 130])];
  assert.equal(longestSilence(chats, { from: 105, to: 150 }), 50);
  assert.equal(longestSilence(chats, { from: 105, to: 170 }), 240);
  assert.ok(Number.isNaN(longestSilence(chats, { from: 500, to: 600 })));
});

Deno.test("latencies pool all requests", () => {
  const found = latencies([answerAt([10, 20, 50]), answerAt([30, 31])]);
  assert.deepEqual(found, { first50: 10, first99: 30, gap50: 10, gap99: 30 });
});
