import assert from "node:assert/strict";
import fc from "fast-check";
import { commonPrefix } from "../../../lib/engine/common_prefix.ts";

Deno.test("commonPrefix counts the tokens in which two sequences agree from the beginning", () => {
  const tokens = fc.array(fc.nat({ max: 3 }));
  fc.assert(fc.property(tokens, tokens, tokens, (shared, a, b) => {
    const length = commonPrefix(Int32Array.from([...shared, ...a]), [...shared, ...b]);
    assert.ok(length >= shared.length);
    assert.deepEqual([...shared, ...a].slice(0, length), [...shared, ...b].slice(0, length));
    assert.ok(
      length === Math.min(a.length, b.length) + shared.length ||
        a[length - shared.length] !== b[length - shared.length],
    );
  }));
});
