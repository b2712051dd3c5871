import assert from "node:assert/strict";
import fc from "fast-check";
import { defineStruct, type FieldType } from "../../ffi/struct.ts";
import { CONTEXT_PARAMS, MODEL_PARAMS } from "../../ffi/structs.ts";

const ALL = defineStruct("all", { b: "bool", i: "i32", u: "u32", l: "i64", f: "f32", n: "usize", p: "pointer" });

const VALUES = {
  b: fc.boolean(),
  i: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  u: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  l: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f: fc.float(),
  n: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  p: fc.bigInt({ min: 0n, max: 2n ** 47n }).map((address) => Deno.UnsafePointer.create(address)),
};

Deno.test("a struct view gives back what was set, whatever the order and the neighbours", () => {
  fc.assert(fc.property(fc.record(VALUES), fc.record(VALUES), (first, second) => {
    const view = ALL.view();
    for (const { b, i, u, l, f, n, p } of [first, second]) {
      view.set("p", p);
      view.set("b", b);
      view.set("n", n);
      view.set("u", u);
      view.set("l", l);
      view.set("i", i);
      view.set("f", f);
    }
    const again = ALL.view(view.bytes.slice());
    assert.deepEqual(
      [again.get("b"), again.get("i"), again.get("u"), again.get("l"), again.get("f"), again.get("n")],
      [second.b, second.i, second.u, second.l, second.f, second.n],
    );
    assert.equal(Deno.UnsafePointer.value(again.get("p")), Deno.UnsafePointer.value(second.p));
  }));
});

Deno.test("a struct view changes the bytes of its field alone", () => {
  fc.assert(fc.property(fc.constantFrom(...ALL.fields), fc.record(VALUES), ({ name, offset, type }, values) => {
    for (const filler of [0, 0xff]) {
      const bytes = new Uint8Array(ALL.size).fill(filler);
      const view: { set(name: string, value: unknown): void } = ALL.view(bytes);
      view.set(name, Object.entries(values).find(([key]) => key === name)?.[1]);
      const sizes: Record<FieldType, number> = { bool: 1, i32: 4, u32: 4, i64: 8, f32: 4, usize: 8, pointer: 8 };
      const others = [...bytes].filter((_, at) => at < offset || at >= offset + sizes[type]);
      assert.ok(others.every((byte) => byte === filler), `${name} at ${offset}`);
    }
  }));
});

Deno.test("a struct view refuses integers out of range and leaves the bytes as they are", () => {
  const outside = fc.oneof(
    fc.tuple(
      fc.constant("i"),
      fc.constantFrom(2 ** 31, -(2 ** 31) - 1, 0.5, NaN, Infinity),
    ),
    fc.tuple(fc.constant("u"), fc.constantFrom(-1, 2 ** 32, 1.5, Infinity, NaN)),
    fc.tuple(fc.constant("l"), fc.oneof(fc.bigInt({ max: -(2n ** 63n) - 1n }), fc.bigInt({ min: 2n ** 63n }))),
    fc.tuple(fc.constant("n"), fc.oneof(fc.bigInt({ max: -1n }), fc.bigInt({ min: 2n ** 64n }))),
  );
  fc.assert(fc.property(outside, ([name, value]) => {
    const view: { set(name: string, value: unknown): void; bytes: Uint8Array } = ALL.view();
    assert.throws(() => view.set(name, value), RangeError);
    assert.ok(view.bytes.every((byte) => byte === 0));
  }));
});

Deno.test("a struct view refuses a value of another type", () => {
  const view: { set(name: string, value: unknown): void } = ALL.view();
  for (
    const [name, value] of [["b", 1], ["i", "1"], ["u", 1n], ["l", 1], ["f", true], ["n", 1], ["p", 1n], [
      "p",
      undefined,
    ]] as const
  ) {
    assert.throws(() => view.set(name, value), { name: "TypeError", message: new RegExp(`"${name}"`) });
  }
});

Deno.test("a struct view refuses names that the struct has not", () => {
  const view: { set(name: string, value: unknown): void; get(name: string): unknown } = ALL.view();
  for (const name of ["x", "", "constructor"]) {
    assert.throws(() => view.get(name), RangeError);
    assert.throws(() => view.set(name, 1), RangeError);
  }
});

Deno.test("a struct view refuses bytes of another length", () => {
  for (const size of [0, ALL.size - 1, ALL.size + 1]) {
    assert.throws(() => ALL.view(new Uint8Array(size)), { name: "RangeError", message: new RegExp(`got ${size}`) });
  }
  assert.equal(ALL.view().bytes.length, ALL.size);
});

Deno.test("a struct view over a part of a buffer begins there", () => {
  const buffer = new Uint8Array(8 + ALL.size);
  ALL.view(buffer.subarray(8)).set("i", -2);
  assert.equal(new DataView(buffer.buffer).getInt32(8 + (ALL.fields[1]?.offset ?? 0), true), -2);
});

Deno.test("structs of llama.h have the sizes that were seen to work by value", () => {
  assert.deepEqual([MODEL_PARAMS.size, CONTEXT_PARAMS.size], [80, 160]);
});
