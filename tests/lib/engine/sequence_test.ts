import assert from "node:assert/strict";
import fc from "fast-check";
import { Sequence } from "../../../lib/engine/sequence.ts";
import { cutInto } from "../text/cut.ts";

const END = 9999;

/** A sequence whose tokens stand for the given bytes, and whose answer has room for `limit` tokens. */
function makeSequence(pieces: Uint8Array[], { stop = [], limit = 100 }: { stop?: string[]; limit?: number }): Sequence {
  return new Sequence({
    id: 1,
    prompt: Int32Array.of(7, 7),
    sampler: { sample: () => -1, [Symbol.dispose]: (): void => {} },
    vocabulary: { isEndOfGeneration: (token) => token === END, piece: (token) => pieces[token] ?? new Uint8Array() },
    stop,
    limit: 2 + limit,
  });
}

function say(
  sequence: Sequence,
  count: number,
): { text: string; finishReason?: string; tokens: number; parts: string[] } {
  const parts: string[] = [];
  for (let token = 0; token <= count; token++) {
    const { text, finishReason } = sequence.advance(token === count ? END : token);
    parts.push(text);
    if (finishReason !== undefined) return { text: parts.join(""), finishReason, tokens: token + 1, parts };
  }
  return { text: parts.join(""), tokens: count + 1, parts };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const CUT = fc.string({ unit: fc.constantFrom("a", "b", "é", "€", "🦀"), maxLength: 30 }).chain((text) => {
  const bytes = encode(text);
  return cutInto(bytes.length, (from, to) => bytes.slice(from, to)).map((pieces) => ({ text, pieces }));
});

Deno.test("Sequence says what its tokens stand for, never half a character, up to the stop string", () => {
  const stop = fc.option(fc.string({ unit: fc.constantFrom("a", "b", "é", "€", "🦀"), minLength: 1, maxLength: 3 }), {
    nil: undefined,
  });
  fc.assert(
    fc.property(CUT, stop, ({ text, pieces }, stop) => {
      const said = say(makeSequence(pieces, stop === undefined ? {} : { stop: [stop] }), pieces.length);
      const at = stop === undefined ? -1 : text.indexOf(stop);
      assert.equal(said.text, at < 0 ? text : text.slice(0, at));
      assert.equal(said.finishReason, "stop");
      assert.ok(said.parts.every((part) => part.isWellFormed()));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("Sequence ends at its limit, and gives out then what might have become a stop string", () => {
  const pieces = ["One", " EN", "D"].map(encode);
  const said = say(makeSequence(pieces, { stop: ["END"], limit: 2 }), 3);
  assert.deepEqual([said.text, said.finishReason, said.tokens], ["One EN", "length", 2]);
});

Deno.test("Sequence leaves out a character that its limit cuts", () => {
  const crab = encode("🦀");
  const said = say(makeSequence([encode("a"), crab.slice(0, 2), crab.slice(2)], { limit: 2 }), 3);
  assert.deepEqual([said.text, said.finishReason], ["a", "length"]);
});

Deno.test("Sequence prefers a stop string over the limit, and the model's end over both", () => {
  assert.equal(say(makeSequence([encode("x")], { stop: ["x"], limit: 1 }), 1).finishReason, "stop");
  assert.equal(say(makeSequence([encode("x")], { limit: 1 }), 0).finishReason, "stop");
});

Deno.test("Sequence counts prompt and answer, the token that ends it among them", () => {
  const sequence = makeSequence([encode("a"), encode("b")], {});
  sequence.begin();
  say(sequence, 2);
  const { usage, prefillMs, decodeMs } = sequence.accounts();
  assert.deepEqual(usage, { promptTokens: 2, cachedTokens: 0, completionTokens: 3 });
  assert.ok(prefillMs >= 0 && decodeMs >= 0);
});

Deno.test("Sequence measures from its first decode, also after it had to wait once more", () => {
  const sequence = makeSequence([encode("a")], {});
  assert.deepEqual([sequence.accounts().prefillMs, sequence.accounts().decodeMs], [0, 0], "not begun");
  sequence.begin();
  const until = performance.now() + 5;
  while (performance.now() < until);
  sequence.begin();
  assert.ok(sequence.accounts().prefillMs >= 5);
});

Deno.test("Sequence refuses positions that it has not", () => {
  const sequence = makeSequence([], {});
  assert.equal(sequence.tokenAt(1), 7);
  assert.throws(() => sequence.tokenAt(2), RangeError);
  assert.deepEqual([sequence.length, sequence.remaining], [2, 2]);
});
