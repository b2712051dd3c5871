import assert from "node:assert/strict";
import fc from "fast-check";
import type { Advance, Sequence, SequenceOptions } from "../../../lib/engine/sequence.ts";
import { cutInto } from "../text/cut.ts";
import { makeSequence } from "./make_sequence.ts";

const END = 9999;

/** A sequence whose token i stands for `pieces[i]`, and whose answer has room for `room` tokens. */
function sequenceOf(
  pieces: Uint8Array[],
  { room = 100, ...options }: Partial<SequenceOptions> & { room?: number } = {},
): Sequence {
  return makeSequence({
    prompt: Int32Array.of(7, 7),
    vocabulary: { isEndOfGeneration: (token) => token === END, piece: (token) => pieces[token] ?? new Uint8Array() },
    limit: 2 + room,
    ...options,
  });
}

/** Has a sequence say its tokens and then end, as far as it lets itself be. */
function say(sequence: Sequence, count: number): { text: string; advances: Advance[]; last: Advance; tokens: number } {
  const advances: Advance[] = [];
  for (let token = 0; token <= count; token++) {
    const at = token === count ? END : token;
    const logprob = { token: at, bytes: new Uint8Array(), logprob: -1, top: [] };
    const last = sequence.advance(at, sequence.logprobs === undefined ? undefined : logprob);
    advances.push(last);
    if (last.finishReason === undefined) continue;
    return { text: advances.map(({ text }) => text).join(""), advances, last, tokens: token + 1 };
  }
  throw new Error("It goes on behind the end");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const LETTERS = ["a", "b", "é", "€", "🦀"];
const CUT = fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 30 }).chain((text) => {
  const bytes = encode(text);
  return cutInto(bytes.length, (from, to) => bytes.slice(from, to)).map((pieces) => ({ text, pieces }));
});
const STOP = fc.option(fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 3 }), {
  nil: undefined,
});

Deno.test("Sequence says what its tokens stand for, never half a character, up to the stop string", () => {
  fc.assert(
    fc.property(CUT, STOP, ({ text, pieces }, stop) => {
      const said = say(sequenceOf(pieces, stop === undefined ? {} : { stop: [stop] }), pieces.length);
      const at = stop === undefined ? -1 : text.indexOf(stop);
      assert.equal(said.text, at < 0 ? text : text.slice(0, at));
      assert.equal(said.last.finishReason, "stop");
      assert.equal(said.last.stopString, at < 0 ? undefined : stop);
      assert.ok(said.advances.every(({ text }) => text.isWellFormed()));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("Sequence gives log-probabilities out with the text of their tokens, and none of what a stop string cuts off", () => {
  fc.assert(
    fc.property(CUT, STOP, ({ pieces }, stop) => {
      const options = { logprobs: 0, ...(stop === undefined ? {} : { stop: [stop] }) };
      const { advances, text } = say(sequenceOf(pieces, options), pieces.length);
      // Where in the text each token begins: behind the characters that were whole before it.
      const starts = pieces.map((_, i) =>
        new TextDecoder().decode(Uint8Array.from(pieces.slice(0, i).flatMap((piece) => [...piece])), { stream: true })
          .length
      );
      let [given, released] = [0, 0];
      for (const { text, logprobs, finishReason, stopString } of advances) {
        given += text.length;
        // At an end that cuts nothing off, a token counts whose character was not completed.
        const whole = finishReason !== undefined && stopString === undefined;
        for (const { token } of logprobs) {
          assert.equal(token, released++, "in order, each once");
          assert.ok(whole || (starts[token] ?? 0) < given, `token ${token} before its text`);
        }
        assert.ok(starts.slice(released, advances.length).every((start) => start >= given), "with the text, not later");
      }
      assert.equal(given, text.length);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("Sequence ends at its limit, and gives out then what might have become a stop string", () => {
  const pieces = ["One", " EN", "D"].map(encode);
  for (const limit of [{ room: 2 }, { maxTokens: 2 }]) {
    const { text, last, tokens } = say(sequenceOf(pieces, { stop: ["END"], ...limit }), 3);
    assert.deepEqual([text, last.finishReason, tokens], ["One EN", "length", 2]);
  }
});

Deno.test("Sequence leaves out a character that its limit cuts", () => {
  const crab = encode("🦀");
  const { text, last } = say(sequenceOf([encode("a"), crab.slice(0, 2), crab.slice(2)], { room: 2 }), 3);
  assert.deepEqual([text, last.finishReason], ["a", "length"]);
});

Deno.test("Sequence prefers a stop string over the limit, and the model's end over both", () => {
  const stopped = say(sequenceOf([encode("x")], { stop: ["x"], room: 1 }), 1);
  assert.deepEqual([stopped.last.finishReason, stopped.last.stopString], ["stop", "x"]);
  const ended = say(sequenceOf([encode("x")], { room: 1 }), 0);
  assert.deepEqual([ended.last.finishReason, ended.last.stopString], ["stop", undefined]);
});

Deno.test("Sequence counts its tokens, the one that ends it among them, and its times from the first of each", () => {
  const sequence = sequenceOf([encode("a"), encode("b")]);
  const before = performance.now();
  sequence.begin();
  const { begun } = sequence.times;
  while (performance.now() - before < 2);
  sequence.begin();
  assert.equal(sequence.times.begun, begun, "also after it had to wait once more");
  say(sequence, 2);
  assert.deepEqual([sequence.completionTokens, sequence.promptLength, sequence.length], [3, 2, 5]);
  const { created, answering = 0, ended = 0 } = sequence.times;
  assert.ok(created <= (begun ?? 0) && (begun ?? 0) < answering && answering <= ended);
});

Deno.test("Sequence ends in time, but not before a line break", () => {
  const pieces = ["a", "b", "\n", "c", "d"].map(encode);
  const sequence = sequenceOf(pieces, { maxPredictMs: 5 });
  const wait = (): void => {
    const until = performance.now() + 6;
    while (performance.now() < until);
  };
  sequence.advance(0);
  wait();
  assert.equal(sequence.advance(1).finishReason, undefined);
  assert.equal(sequence.advance(2).finishReason, "length");
  const quick = sequenceOf(pieces, { maxPredictMs: 10_000 });
  assert.equal(say(quick, 5).last.finishReason, "stop");
});

Deno.test("Sequence that may be shifted goes on at its limit, keeps what it is to keep and drops half of the rest", () => {
  const make = (keep: number): Sequence =>
    makeSequence({ prompt: Array.from({ length: 20 }, (_, i) => i), limit: 30, keep, maxTokens: Infinity });
  for (const [keep, kept] of [[0, 0], [5, 5], [-1, 20], [100, 20]] as const) {
    const sequence = make(keep);
    sequence.cached = 20;
    for (let token = 1; sequence.shiftLength === 0; token++) {
      assert.equal(sequence.advance(1 + token % 8).finishReason, undefined);
      sequence.cached = sequence.length - 1;
    }
    assert.equal(sequence.length, 30);
    assert.equal(sequence.kept, kept);
    assert.equal(sequence.shiftLength, Math.floor((30 - kept) / 2));
    const { tokens, shiftLength, cached } = sequence;
    const left = [...tokens.slice(0, kept), ...tokens.slice(kept + shiftLength)];
    sequence.drop(shiftLength);
    assert.deepEqual(sequence.tokens, left);
    assert.deepEqual([sequence.cached, sequence.remaining, sequence.shiftLength], [cached - shiftLength, 1, 0]);
    assert.ok(sequence.shifted);
    assert.equal(sequence.completionTokens, 10, "what was dropped was said");
  }
});

Deno.test("Sequence guesses no more tokens than are of use, and learns from each sampled token how good its guesses are", () => {
  const prompt = Array.from({ length: 30 }, (_, i) => 1 + i % 5);
  const sequence = makeSequence({ prompt, maxTokens: 10, speculation: { prediction: [] } });
  assert.ok(sequence.speculates);
  sequence.begin();
  assert.deepEqual(sequence.guess(64)?.tokens, [1, 2, 3, 4, 5, 1, 2, 3, 4], "the tenth of ten is never decoded");
  assert.equal(sequence.guess(3)?.tokens.length, 3);
  const before = sequence.guess(64)?.probability ?? 0;
  sequence.advance(1);
  sequence.judge(0, 0);
  const right = sequence.guess(64)?.probability ?? 0;
  assert.ok(right > before, "one that was right, though nothing was decoded along");
  sequence.judge(3, 0);
  assert.ok((sequence.guess(64)?.probability ?? 1) < right);
  assert.deepEqual([sequence.draftTokens, sequence.draftAccepted], [3, 0]);
  for (const token of [2, 3, 4, 5, 1, 2, 3, 4]) sequence.advance(token);
  assert.equal(sequence.tokensLeft, 1);
  assert.deepEqual(sequence.guess(64)?.tokens, []);
  assert.equal(makeSequence({ prompt }).guess(5), undefined);
});

Deno.test("Sequence that ends inside a character still gives the log-probabilities of all its tokens", () => {
  const sequence = sequenceOf([encode("a"), Uint8Array.of(0xf0, 0x9f)], { logprobs: 0, maxTokens: 2 });
  const logprob = (token: number): { token: number; bytes: Uint8Array; logprob: number; top: [] } => ({
    token,
    bytes: new Uint8Array(),
    logprob: -1,
    top: [],
  });
  const advances = [0, 1].map((token) => sequence.advance(token, logprob(token)));
  assert.deepEqual(advances.flatMap(({ logprobs }) => logprobs.map(({ token }) => token)), [0, 1]);
  assert.equal(advances.at(-1)?.finishReason, "length");
});
