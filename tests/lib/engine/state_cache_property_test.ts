import assert from "node:assert/strict";
import fc from "fast-check";
import { type SavedState, StateCache } from "../../../lib/engine/state_cache.ts";

/** A state of so many bytes, tokens of four bytes each included. */
function stateOf(tokens: readonly number[], bytes = 100): SavedState {
  return { tokens: Int32Array.from(tokens), state: new Uint8Array(bytes - tokens.length * 4), variant: "" };
}

Deno.test("StateCache passes over what does not fit at all, and what is larger drops several", () => {
  const cache = new StateCache(300, { divisibleTo: Infinity });
  const a = stateOf([1]);
  cache.add(a);
  cache.add(stateOf([2], 301));
  assert.deepEqual([...cache], [a]);
  cache.add(stateOf([3]));
  const large = stateOf([4], 250);
  cache.add(large);
  assert.deepEqual([...cache], [large]);
});

Deno.test("StateCache holds beyond its capacity when told to, until it is trimmed", () => {
  for (const capacity of [0, 150]) {
    const cache = new StateCache(capacity, { divisibleTo: Infinity });
    assert.equal(cache.enabled, capacity > 0);
    for (const token of [1, 2, 3]) cache.add(stateOf([token]), { beyond: true });
    assert.equal(cache.bytes, 300);
    const first = cache.find([1, 5], "");
    assert.ok(first);
    cache.touch(first.saved);
    cache.trim();
    assert.deepEqual([...cache], capacity === 0 ? [] : [first.saved]);
    assert.equal(cache.bytes, capacity === 0 ? 0 : 100);
  }
});

Deno.test("StateCache finds the longest prefix, and never holds more bytes than it may, whatever is added, used and removed", () => {
  const tokens = fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 6 });
  const action = fc.record({
    tokens,
    bytes: fc.integer({ min: 24, max: 400 }),
    kind: fc.constantFrom("add", "find", "remove"),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.constantFrom(0, 2, Infinity), (actions, divisibleTo) => {
      const cache = new StateCache(500, { divisibleTo });
      for (const { tokens, bytes, kind } of actions) {
        if (kind === "add") {
          const state = stateOf(tokens, bytes);
          cache.add(state);
          assert.equal([...cache].at(-1), state, "what is new stays");
        }
        const found = cache.find(tokens, "");
        const usable = [...cache].map((saved) => {
          const differs = saved.tokens.findIndex((token, i) => token !== tokens[i]);
          const shared = differs < 0 ? saved.tokens.length : differs;
          return shared === saved.tokens.length || saved.tokens.length <= divisibleTo ? shared : 0;
        });
        assert.equal(found?.common ?? 0, Math.max(0, ...usable));
        if (kind === "remove" && found !== undefined) cache.remove(found.saved);
        if (kind === "find" && found !== undefined) {
          cache.touch(found.saved);
          assert.equal([...cache].at(-1), found.saved);
        }
        const held = [...cache].reduce((sum, { tokens, state }) => sum + tokens.byteLength + state.byteLength, 0);
        assert.equal(cache.bytes, held);
        assert.ok(held <= 500);
      }
    }),
    { numRuns: 1000 },
  );
});
