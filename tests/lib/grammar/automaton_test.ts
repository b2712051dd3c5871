import assert from "node:assert/strict";
import fc from "fast-check";
import { compilePattern } from "../../../lib/grammar/compile_pattern.ts";
import {
  anyOf,
  anyText,
  complement,
  concatenated,
  exactly,
  lengthBetween,
  noText,
} from "../../../lib/grammar/text_automata.ts";
import { TooLarge } from "../../../lib/grammar/too_large.ts";

Deno.test("Automaton knows its texts while they are few", () => {
  assert.deepEqual(anyOf(["b", "", "abc", "ab", "b"]).texts(4), ["", "b", "ab", "abc"]);
  assert.equal(anyOf(["a", "b", "c"]).texts(2), undefined);
  assert.deepEqual(compilePattern("^[a-c]x?$").texts(6), ["a", "b", "c", "ax", "bx", "cx"]);
  assert.equal(compilePattern("^[a-c]x?$").texts(5), undefined);
  assert.equal(compilePattern("^a*$").texts(1000), undefined);
  assert.equal(anyText().texts(1_000_000), undefined);
  assert.deepEqual(noText().texts(0), []);
  assert.deepEqual(exactly("").texts(1), [""]);
  assert.equal(exactly("").texts(0), undefined);
  assert.deepEqual(exactly("x".repeat(5000)).texts(1), ["x".repeat(5000)]);
});

Deno.test("Automaton is empty when nothing is left", () => {
  const [some, more] = [compilePattern("^a+$"), compilePattern("^[ab]+$")];
  assert.ok(some.subtract(more).isEmpty);
  assert.ok(!more.subtract(some).isEmpty);
  assert.ok(some.intersect(compilePattern("b")).isEmpty);
  assert.ok(noText().isEmpty && !exactly("").isEmpty && !anyText().isEmpty);
  assert.ok(complement(anyText()).isEmpty);
  assert.ok(complement(noText()).accepts("\u{10ffff}"));
});

Deno.test("Automaton is the smallest there is", () => {
  assert.equal(anyText().size, 1);
  assert.equal(lengthBetween(0, 500).size, 501);
  assert.equal(compilePattern("^(?:ab|cb|db|eb)*$").size, 2);
  assert.equal(complement(complement(lengthBetween(3, 7))).size, lengthBetween(3, 7).size);
  const words = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, "0"));
  assert.equal(anyOf(words).size, 4);
  assert.equal(anyOf(words).alphabet.size, 1);
  assert.equal(lengthBetween(0, 19_000).size, 19_001);
});

Deno.test("Automaton refuses more than 20000 states", () => {
  assert.throws(() => lengthBetween(20_000), TooLarge);
  assert.throws(() => lengthBetween(0, 300_000), TooLarge);
  assert.throws(
    () => lengthBetween(0, 250).intersect(compilePattern("^(?:.{100})*$").union(compilePattern("a.{10}$"))),
    TooLarge,
  );
});

Deno.test("Automaton counts code points, not units of UTF-16", () => {
  assert.ok(lengthBetween(2, 2).accepts("😀é"));
  assert.ok(!lengthBetween(2, 2).accepts("😀"));
  assert.ok(lengthBetween(0, 0).accepts(""));
  assert.ok(lengthBetween(5, 4).isEmpty);
});

const set = fc.uniqueArray(fc.stringMatching(/^[ab]{0,4}$/), { maxLength: 12 });

Deno.test("Automaton joins, meets, subtracts and concatenates as sets do", () => {
  fc.assert(fc.property(set, set, (a, b) => {
    const [first, second] = [anyOf(a), anyOf(b)];
    const sorted = (texts: readonly string[] | undefined): string[] => [...new Set(texts)].sort();
    assert.deepEqual(sorted(first.union(second).texts(100)), sorted([...a, ...b]));
    assert.deepEqual(sorted(first.intersect(second).texts(100)), sorted(a.filter((text) => b.includes(text))));
    assert.deepEqual(sorted(first.subtract(second).texts(100)), sorted(a.filter((text) => !b.includes(text))));
    const pairs = a.flatMap((head) => b.map((tail) => head + tail));
    assert.deepEqual(sorted(concatenated(first, second).texts(1000)), sorted(pairs));
    for (const text of [...a, ...b]) assert.equal(complement(first).accepts(text), !a.includes(text));
  }));
});
