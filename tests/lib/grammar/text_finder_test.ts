import assert from "node:assert/strict";
import fc from "fast-check";
import { TextFinder } from "../../../lib/grammar/text_finder.ts";

const TEXT = fc.stringMatching(/^[ab]{1,4}$/);

Deno.test("TextFinder is done with the byte that completes a text, and not before", () => {
  fc.assert(
    fc.property(fc.array(TEXT, { minLength: 1, maxLength: 4 }), fc.stringMatching(/^[abc]{0,20}$/), (texts, read) => {
      const finder = new TextFinder(texts);
      const first = Math.min(
        ...texts.map((text) => read.indexOf(text) < 0 ? Infinity : read.indexOf(text) + text.length),
      );
      let [state, at] = [0 as number | undefined, 0];
      for (const byte of new TextEncoder().encode(read)) {
        if (state === undefined) break;
        state = finder.next(state, byte);
        at++;
      }
      assert.equal(state === undefined, first !== Infinity);
      if (state === undefined) assert.equal(at, first);
      else assert.ok(state < finder.states);
    }),
    { numRuns: 1000 },
  );
});
