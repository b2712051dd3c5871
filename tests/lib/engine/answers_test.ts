import assert from "node:assert/strict";
import fc from "fast-check";
import { Answers } from "../../../lib/engine/answers.ts";
import type { RequestEvent } from "../../../lib/engine/protocol.ts";
import type { Sequence } from "../../../lib/engine/sequence.ts";
import { END } from "./fake_model.ts";
import { makeSequence } from "./make_sequence.ts";

/** Choices of a request, and what each says: tokens 1 to 8 are the letters a to h. */
function choices(id: number, count: number, logprobs?: number): Sequence[] {
  return Array.from(
    { length: count },
    (_, index) => makeSequence({ id, index, stop: ["h"], ...(logprobs === undefined ? {} : { logprobs }) }),
  );
}

/** Feeds a token to a sequence, and the outcome to the answers. */
function say(answers: Answers, sequence: Sequence, token: number): RequestEvent[] {
  const logprob = { token, bytes: new Uint8Array(), logprob: -token, top: [] };
  return answers.advance(sequence, sequence.advance(token, sequence.logprobs === undefined ? undefined : logprob));
}

Deno.test("Answers gives text as it comes, ends each choice, and the request with its last one", () => {
  const answers = new Answers();
  const [first, second] = choices(7, 2);
  assert.ok(first && second);
  answers.begin(7, { choices: 2, stream: true });
  assert.deepEqual(say(answers, first, 1), [{ type: "text", id: 7, index: 0, text: "a" }]);
  assert.deepEqual(say(answers, second, 2), [{ type: "text", id: 7, index: 1, text: "b" }]);
  assert.deepEqual(say(answers, second, END), [
    { type: "finish", id: 7, index: 1, finishReason: "stop", completionTokens: 2 },
  ]);
  const events = say(answers, first, 8);
  assert.deepEqual(events.slice(0, 1), [
    { type: "finish", id: 7, index: 0, finishReason: "stop", stopString: "h", completionTokens: 2 },
  ]);
  const [, done] = events;
  assert.ok(done?.type === "done" && events.length === 2);
  assert.deepEqual(done.usage, { promptTokens: 2, cachedTokens: 0, completionTokens: 4 });
  assert.equal(answers.end(7), false, "it has ended");
});

Deno.test("Answers keeps the text of a choice until its end where none is streamed", () => {
  const answers = new Answers();
  const [first, second] = choices(1, 2, 0);
  assert.ok(first && second);
  answers.begin(1, { choices: 2, stream: false });
  for (const [sequence, token] of [[first, 1], [second, 3], [first, 2]] as const) {
    assert.deepEqual(say(answers, sequence, token), []);
  }
  const [text, finish, ...more] = say(answers, first, END);
  assert.ok(text?.type === "text" && text.text === "ab" && text.index === 0);
  assert.deepEqual(text.logprobs?.map(({ token }) => token), [1, 2]);
  assert.equal(finish?.type, "finish");
  assert.deepEqual(more, []);
  assert.deepEqual(say(answers, second, END).map(({ type }) => type), ["text", "finish", "done"]);
});

Deno.test("Answers says nothing of a request that failed, and nothing of one without text but that it ended", () => {
  const answers = new Answers();
  const [failing] = choices(1, 1);
  const [silent] = choices(2, 1);
  assert.ok(failing && silent);
  answers.begin(1, { choices: 1, stream: true });
  answers.begin(2, { choices: 1, stream: false });
  assert.equal(answers.end(1), true);
  assert.equal(answers.end(1), false);
  assert.deepEqual(say(answers, failing, 1), []);
  assert.deepEqual(say(answers, failing, END), []);
  assert.deepEqual(say(answers, silent, END).map(({ type }) => type), ["finish", "done"]);
});

Deno.test("Answers adds a request's choices up: tokens and guesses all together, the prompt and its cached part once", () => {
  const answers = new Answers();
  const sequences = choices(1, 3);
  answers.begin(1, { choices: 3, stream: true });
  let done: RequestEvent | undefined;
  for (const [i, sequence] of sequences.entries()) {
    sequence.begin();
    sequence.reused = i === 0 ? 0 : 1;
    sequence.judge(5, i);
    say(answers, sequence, 1);
    done = say(answers, sequence, END).at(-1);
  }
  assert.ok(done?.type === "done");
  assert.deepEqual(done.usage, { promptTokens: 2, cachedTokens: 0, completionTokens: 6 });
  const { queueMs, prefillMs, decodeMs, ...drafts } = done.timings;
  assert.deepEqual(drafts, { draftTokens: 15, draftAccepted: 3 });
  assert.ok(queueMs >= 0 && prefillMs >= 0 && decodeMs >= 0);
});

Deno.test("Answers gives each choice's whole text in order, one finish for each and one done at the end, however they interleave", () => {
  const texts = fc.array(fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 6 }), { minLength: 1, maxLength: 4 });
  const order = fc.array(fc.nat({ max: 3 }), { maxLength: 40 });
  fc.assert(
    fc.property(texts, order, fc.boolean(), (texts, order, stream) => {
      const answers = new Answers();
      answers.begin(1, { choices: texts.length, stream });
      const left = choices(1, texts.length).map((sequence, i) => ({ sequence, tokens: [...texts[i] ?? [], END] }));
      const events: RequestEvent[] = [];
      const turn = (i: number): void => {
        const token = left[i]?.tokens.shift();
        if (token !== undefined && left[i] !== undefined) events.push(...say(answers, left[i].sequence, token));
      };
      for (const i of order) turn(i);
      for (let i = 0; i < texts.length; i++) while ((left[i]?.tokens.length ?? 0) > 0) turn(i);
      for (const [index, tokens] of texts.entries()) {
        const own = events.filter((event) => "index" in event && event.index === index);
        const text = own.map((event) => event.type === "text" ? event.text : "").join("");
        assert.equal(text, String.fromCharCode(...tokens.map((token) => 96 + token)));
        assert.deepEqual(own.filter(({ type }) => type === "finish"), own.slice(-1));
        if (!stream) assert.ok(own.length <= 2);
      }
      assert.deepEqual(events.filter(({ type }) => type === "done"), events.slice(-1));
    }),
    { numRuns: 1000 },
  );
});
