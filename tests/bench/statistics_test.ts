import assert from "node:assert/strict";
import fc from "fast-check";
import { percentile, ratiosOf, spreadOf } from "./statistics.ts";

const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 });

Deno.test("spreadOf takes the middle of an odd number of values and the mean of the middle two of an even one", () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
  assert.deepEqual(spreadOf([7]), { median: 7, min: 7, max: 7 });
});

Deno.test("spreadOf has as many values below its median as above", () => {
  fc.assert(fc.property(values, (list) => {
    const { median, min, max } = spreadOf(list);
    assert.ok(min <= median && median <= max);
    assert.equal(min, Math.min(...list));
    assert.equal(max, Math.max(...list));
    assert.ok(list.filter((value) => value < median).length <= list.length / 2);
    assert.ok(list.filter((value) => value > median).length <= list.length / 2);
  }));
});

Deno.test("percentile is the least value that its share of the values does not exceed", () => {
  assert.equal(percentile([15, 20, 35, 40, 50], 0.3), 20);
  assert.equal(percentile([15, 20, 35, 40, 50], 1), 50);
  assert.ok(Number.isNaN(percentile([], 0.5)));
  fc.assert(fc.property(values, fc.double({ noNaN: true, min: 0.01, max: 1 }), (list, share) => {
    const found = percentile(list, share);
    assert.ok(list.includes(found));
    assert.ok(list.filter((value) => value <= found).length >= share * list.length - 1e-9);
    assert.ok(list.filter((value) => value < found).length < share * list.length + 1e-9);
  }));
});

Deno.test("ratiosOf pairs by round and leaves out what one side lacks", () => {
  assert.deepEqual(ratiosOf([10, 9, undefined, 8], [5, undefined, 4, 2]), [2, 4]);
  assert.deepEqual(ratiosOf([1], [0]), []);
});
