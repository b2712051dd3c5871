import assert from "node:assert/strict";
import fc from "fast-check";
import { CopyTrail } from "../../../lib/engine/copy_trail.ts";
import { TokenLookup } from "../../../lib/engine/token_lookup.ts";

/** A source in which each token occurs once, and what is written of it so far. */
class Copying {
  readonly source = Array.from({ length: 60 }, (_, i) => 100 + i);
  readonly lookup = new TokenLookup();
  readonly trail = new CopyTrail(this.lookup);

  constructor() {
    this.lookup.extend(this.source);
    this.lookup.extend([1, 2, 3]);
  }

  /** Writes tokens one by one, guessing before each, as a sequence does; gives the last guess. */
  write(...tokens: number[]): ReturnType<CopyTrail["find"]> {
    for (const token of tokens) {
      this.lookup.extend([token]);
      this.guess = this.trail.find(8);
    }
    return this.guess;
  }

  guess: ReturnType<CopyTrail["find"]>;
}

Deno.test("CopyTrail goes on with a copy one token after a change: one replaced, some left out, some added", () => {
  const changes: [string, number[], number][] = [
    ["replaced", [9, 112], 113],
    ["left out", [115], 116],
    ["added", [9, 8, 7, 111], 112],
    ["moved back", [105], 106],
  ];
  for (const [what, tokens, next] of changes) {
    const copying = new Copying();
    assert.equal(copying.write(...copying.source.slice(0, 11))?.tokens[0], 111);
    const guess = copying.write(...tokens);
    assert.deepEqual([guess?.resumed, guess?.length, guess?.tokens[0]], [true, 1, next], what);
    assert.equal(copying.write(next)?.tokens[0], next + 1, "and further");
  }
});

Deno.test("CopyTrail takes no single token for a copy where there was none, or it is long over", () => {
  const copying = new Copying();
  assert.equal(copying.write(9, 130), undefined);
  copying.write(...copying.source.slice(0, 11));
  assert.equal(copying.write(...Array.from({ length: 30 }, (_, i) => 1000 + i), 125), undefined);
});

Deno.test("CopyTrail lets a longer match elsewhere be", () => {
  const copying = new Copying();
  copying.write(...copying.source.slice(0, 11));
  const guess = copying.write(140, 141, 142);
  assert.deepEqual(guess, { length: 3, resumed: false, tokens: [143, 144, 145, 146, 147, 148, 149, 150] });
});

Deno.test("CopyTrail guesses what follows some place of the text, and no more than it is asked for, whatever the text", () => {
  const tokens = fc.array(fc.nat({ max: 3 }), { maxLength: 80, size: "max" });
  fc.assert(
    fc.property(tokens, tokens, fc.integer({ min: 1, max: 20 }), (prediction, text, limit) => {
      const lookup = new TokenLookup(prediction);
      const trail = new CopyTrail(lookup);
      for (const token of text) {
        lookup.extend([token]);
        const guess = trail.find(limit);
        if (guess === undefined) continue;
        assert.ok(guess.length >= (guess.resumed ? 1 : 3) && guess.tokens.length >= 1 && guess.tokens.length <= limit);
        assert.ok(guess.tokens.every((token) => token >= 0 && token <= 3), "no token that is not one");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("CopyTrail takes the match elsewhere where its copy has come to the end of the prediction", () => {
  const prediction = Array.from({ length: 20 }, (_, i) => 100 + i);
  const lookup = new TokenLookup(prediction);
  const trail = new CopyTrail(lookup);
  // What ends the prediction occurs in the text, too, and goes on there.
  const text = [...prediction.slice(-3), 7, 8, 9, ...prediction.slice(0, 17), 50, ...prediction.slice(-3)];
  let guess: ReturnType<CopyTrail["find"]>;
  for (const token of text) {
    lookup.extend([token]);
    guess = trail.find(2);
  }
  assert.deepEqual(guess?.tokens, [7, 8]);
});
