import assert from "node:assert/strict";
import fc from "fast-check";
import { NGRAM, TokenLookup } from "../../../lib/engine/token_lookup.ts";

/** As {@linkcode TokenLookup}. */
const LONGEST_MATCH = 32;
const PLACES = 12;

/** The longest match, of several the latest, among the latest places, found by looking at each position. */
function naiveFind(
  prediction: readonly number[],
  text: readonly number[],
  limit: number,
): { length: number; tokens: number[] } | undefined {
  const all = prediction.length > 0 ? [...prediction, -1, ...text] : [...text];
  const end = all.length;
  const common = (place: number): number => {
    let length = 0;
    while (length < LONGEST_MATCH && length < place && all[place - 1 - length] === all[end - 1 - length]) length++;
    return length;
  };
  let best: { place: number; length: number } | undefined;
  let places = 0;
  for (let place = end - 1; place >= NGRAM && places < PLACES; place--) {
    const length = common(place);
    if (length < NGRAM) continue;
    places++;
    if (all[place] !== -1 && length > (best?.length ?? 0)) best = { place, length };
  }
  if (best === undefined) return undefined;
  const { place, length } = best;
  const tokens: number[] = [];
  while (tokens.length < limit) {
    // A text that repeats itself from `place` on has this period.
    const at = place + tokens.length;
    const token = at < end ? all[at] : tokens[tokens.length - (end - place)];
    if (token === undefined || token < 0) break;
    tokens.push(token);
  }
  return { length, tokens };
}

/** What a lookup alone guesses. */
function find(lookup: TokenLookup, limit: number): { length: number; tokens: number[] } | undefined {
  const found = lookup.search();
  return found === undefined ? undefined : { length: found.length, tokens: lookup.continuation(found.place, limit) };
}

const TOKENS = fc.array(fc.nat({ max: 2 }), { maxLength: 60, size: "max" });

Deno.test("TokenLookup finds what a search of the whole text finds: the longest match, of several the latest", () => {
  let found = 0;
  fc.assert(
    fc.property(TOKENS, TOKENS, fc.integer({ min: 1, max: 70 }), (prediction, text, limit) => {
      const lookup = new TokenLookup(prediction);
      for (let i = 0; i < text.length; i += 7) lookup.extend(text.slice(i, i + 7));
      const expected = naiveFind(prediction, text, limit);
      assert.deepEqual(find(lookup, limit), expected);
      found += expected === undefined ? 0 : 1;
    }),
    { numRuns: 3000 },
  );
  assert.ok(found > 1000, `${found}`);
});

Deno.test("TokenLookup goes on with a text that repeats itself, as far as it is asked to", () => {
  const lookup = new TokenLookup();
  lookup.extend([9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2]);
  assert.deepEqual(find(lookup, 10), { length: 6, tokens: [3, 4, 1, 2, 3, 4, 1, 2, 3, 4] });
  assert.equal(find(lookup, 1)?.tokens.length, 1);
  assert.deepEqual(find(lookup, 0)?.tokens, []);
});

Deno.test("TokenLookup guesses from a prediction, and never beyond its end", () => {
  const lookup = new TokenLookup([10, 11, 12, 13, 14, 15]);
  lookup.extend([1, 2, 3, 10, 11, 12]);
  assert.deepEqual(find(lookup, 8), { length: 3, tokens: [13, 14, 15] });
  lookup.extend([13, 14, 15]);
  assert.equal(find(lookup, 8), undefined, "nothing is known to follow the prediction's end");
});

Deno.test("TokenLookup looks before the prediction's end where the same tokens stand there, too", () => {
  const lookup = new TokenLookup([5, 6, 7, 8, 5, 6, 7]);
  lookup.extend([5, 6, 7]);
  assert.deepEqual(find(lookup, 2), { length: 3, tokens: [8, 5] });
});

Deno.test("TokenLookup finds nothing in fewer tokens than an n-gram", () => {
  const lookup = new TokenLookup();
  assert.equal(find(lookup, 5), undefined);
  lookup.extend([1, 1]);
  assert.equal(find(lookup, 5), undefined);
});
