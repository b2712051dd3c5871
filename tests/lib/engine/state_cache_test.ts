import assert from "node:assert/strict";
import { type SavedState, StateCache } from "../../../lib/engine/state_cache.ts";

const WHOLE = { divisibleTo: Infinity };

function saved(tokens: number[], bytes = 6): SavedState {
  return { tokens: Int32Array.from(tokens), state: new Uint8Array(bytes), variant: "" };
}

function upTo(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

Deno.test("StateCache drops the least recently used when it is full", () => {
  const cache = new StateCache(30, WHOLE);
  const [a, b, c] = [saved([1]), saved([2]), saved([3])];
  for (const each of [a, b, c]) cache.add(each);
  cache.touch(a);
  cache.add(saved([4]));
  assert.deepEqual([...cache].map(({ tokens }) => tokens[0]), [3, 1, 4]);
  assert.equal(cache.bytes, 30);
});

Deno.test("StateCache holds a longer state in place of those that it goes on from", () => {
  const cache = new StateCache(1000, WHOLE);
  cache.add(saved(upTo(3)));
  cache.add(saved(upTo(5)));
  assert.equal([...cache].length, 1);
  assert.ok(cache.holds(upTo(2), ""));
  assert.ok(!cache.holds(upTo(2), "1"));
  assert.equal(cache.find([0, 1, 9], "")?.common, 2);
});

Deno.test("StateCache takes no state of a recurrent model for one of its prefixes", () => {
  const cache = new StateCache(1000, { divisibleTo: 0 });
  const [short, long] = [saved(upTo(3)), saved(upTo(5))];
  cache.add(short);
  cache.add(long);
  assert.ok(!cache.holds(upTo(4), ""));
  assert.deepEqual(cache.find([...upTo(4), 9], ""), { saved: short, common: 3 });
  assert.deepEqual(cache.find(upTo(9), ""), { saved: long, common: 5 });
  assert.equal(cache.find(upTo(2), ""), undefined);
});

Deno.test("StateCache takes a state longer than the sliding window for none of its prefixes", () => {
  const cache = new StateCache(1000, { divisibleTo: 4 });
  cache.add(saved(upTo(4)));
  assert.equal(cache.find(upTo(3), "")?.common, 3);
  cache.add(saved(upTo(6)));
  assert.equal(cache.find(upTo(5), "")?.common, 4);
  assert.equal(cache.find(upTo(8), "")?.common, 6);
});

Deno.test("StateCache holds what is pinned beyond its capacity, until it is removed", () => {
  const cache = new StateCache(10, WHOLE);
  const pinned = saved(upTo(100));
  cache.pin(pinned);
  cache.add(saved([7]));
  cache.add(saved([8]));
  assert.deepEqual(cache.find(upTo(200), ""), { saved: pinned, common: 100 });
  assert.ok(cache.holds(upTo(50), ""));
  assert.deepEqual([...cache].map(({ tokens }) => [...tokens]), [[8]], "it is not among those to be kept in a file");
  assert.equal(cache.bytes, 10);
  cache.touch(pinned);
  assert.equal([...cache].length, 1);
  cache.remove(pinned);
  assert.equal(cache.find(upTo(200), ""), undefined);
});
