import assert from "node:assert/strict";
import fc from "fast-check";
import { chars, choice, marker, optional, repeat, rule, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression } from "../../../lib/grammar/grammar.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { utf8Ranges } from "../../../lib/grammar/utf8_ranges.ts";

function matcherOf(root: Expression, rules: Record<string, Expression> = {}): Matcher {
  return new Matcher({ rules: { root, ...rules } });
}

function check(root: Expression, { yes, no }: { yes: string[]; no: string[] }): void {
  const matcher = matcherOf(root);
  for (const text of yes) assert.ok(matcher.accepts(text), `${JSON.stringify(text)} is refused`);
  for (const text of no) assert.ok(!matcher.accepts(text), `${JSON.stringify(text)} is accepted`);
}

Deno.test("Matcher takes texts, characters of many bytes, choices and repetitions", () => {
  check(text(""), { yes: [""], no: ["a"] });
  check(text("né"), { yes: ["né"], no: ["n", "ne", "néé"] });
  check(chars(["α", "ω"], "😀"), { yes: ["λ", "😀"], no: ["a", "😁", ""] });
  check(choice(text("ab"), text("abc"), text("d")), { yes: ["ab", "abc", "d"], no: ["a", "abcd"] });
  check(repeat(text("ab"), 2, 3), { yes: ["abab", "ababab"], no: ["ab", "abababab", "aba"] });
  check(repeat(text("x"), 0, 70_000), { yes: ["", "x".repeat(70_000)], no: ["x".repeat(70_001)] });
  check(repeat(optional(text("x")), 3), { yes: ["", "xxxx"], no: ["y"] });
  check(sequence(repeat(chars(["a", "z"]), 0), text("!")), { yes: ["!", "abc!"], no: ["abc", "a!b"] });
});

Deno.test("Matcher follows rules that contain themselves, to their end and not beyond", () => {
  const list = matcherOf(rule("list"), {
    list: sequence(
      text("["),
      optional(sequence(rule("list"), repeat(sequence(text(","), rule("list")), 0))),
      text("]"),
    ),
  });
  for (const yes of ["[]", "[[],[[]]]", "[".repeat(1000) + "]".repeat(1000)]) assert.ok(list.accepts(yes));
  for (const no of ["", "[", "[]]", "[,]", "[[],]"]) assert.ok(!list.accepts(no));
  assert.ok(list.isOver(list.follow("[]")));
  assert.ok(!list.isOver(list.follow("[")));
});

Deno.test("Matcher finds the first of the texts that end an until, and keeps them out of a free text", () => {
  check({ kind: "until", ends: ["</b>", "</a>x"] }, {
    yes: ["</b>", "a <b </b>", "</a></a>x", "<</b>", "\u{1f600}</b>"],
    no: ["", "</b", "</b>!", "</a>x</b>"],
  });
  check({ kind: "free", without: ["<t>"] }, { yes: ["", "<t", "<<t", "any\n😀"], no: ["<t>", "a<<t>b"] });
  const either = choice({ kind: "free", without: ["<t>"] }, sequence({ kind: "until", ends: ["<t>"] }, text("1")));
  check(either, { yes: ["", "abc", "<t>1", "abc<t>1"], no: ["<t>", "<t>2", "<t>1 "] });
});

Deno.test("Matcher takes control tokens where they are named, or where anything may stand", () => {
  const named = matcherOf(sequence(marker("<a>"), text("1")));
  assert.ok(named.accepts("<a>1"));
  const after = named.control(named.start, 7, "<a>");
  assert.equal(after, named.follow("<a>"));
  assert.equal(named.control(named.start, 8, "<b>"), Matcher.DEAD);
  assert.equal(named.control(after, 7, "<a>"), Matcher.DEAD);
  const until = matcherOf(sequence({ kind: "until", ends: ["<a>"] }, text("1")));
  const within = until.follow("x<");
  assert.equal(until.control(within, 8, "<b>"), until.start);
  assert.ok(until.ends(until.follow("1", until.control(within, 7, "<a>"))));
});

Deno.test("Matcher sees control tokens as parts of the texts that it looks for", () => {
  const until = new Matcher({ rules: { root: { kind: "until", ends: ["<a>b<c>"] } } });
  const open = until.control(until.follow("1<"), 7, "<a>");
  assert.ok(until.ends(until.control(until.follow("b", open), 9, "<c>")));
  assert.ok(until.ends(until.follow("b<c>", open)));
  assert.ok(!until.ends(until.control(until.follow("x", open), 9, "<c>")));
  const free = new Matcher({ rules: { root: { kind: "free", without: ["<a>b<c>"] } } });
  const near = free.follow("b", free.control(free.start, 7, "<a>"));
  assert.ok(free.ends(near));
  assert.equal(free.control(near, 9, "<c>"), Matcher.DEAD);
});

Deno.test("Matcher takes tokens as such by number or text, or all others", () => {
  const exact = matcherOf({ kind: "token", tokens: [5, "<x>"] });
  assert.ok(exact.ends(exact.element(exact.start, 5, "five")));
  assert.ok(exact.ends(exact.element(exact.start, 9, "<x>")));
  assert.equal(exact.element(exact.start, 9, "nine"), Matcher.DEAD);
  const others = matcherOf(repeat({ kind: "token", tokens: [5], except: true }, 0));
  assert.equal(others.element(others.start, 5, "five"), Matcher.DEAD);
  assert.ok(others.ends(others.element(others.start, 9, "nine")));
});

Deno.test("Matcher knows where only one byte can follow", () => {
  const matcher = matcherOf(sequence(text('{"a": '), choice(text("1"), text("true"), text("tree"))));
  let forced = "";
  let state = matcher.start;
  for (let byte = matcher.sole(state); byte !== undefined; byte = matcher.sole(state)) {
    forced += String.fromCharCode(byte);
    state = matcher.next(state, byte);
  }
  assert.equal(forced, '{"a": ');
  assert.equal(matcher.sole(matcher.follow("t", state)), "r".charCodeAt(0));
  assert.equal(matcher.sole(matcher.follow("1", state)), undefined);
});

Deno.test("Matcher refuses a grammar in which more ways lead on than it follows", () => {
  const deep = sequence(...Array.from({ length: 5000 }, (_, i) => optional(text(`${i}`))));
  assert.throws(() => matcherOf(deep), /too complex/);
});

Deno.test("utf8Ranges has exactly the encodings of its code points", () => {
  const point = fc.oneof(
    fc.nat(0x10ffff),
    fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000),
  );
  fc.assert(
    fc.property(point, point, point, (a, b, asked) => {
      if (asked >= 0xd800 && asked <= 0xdfff) return;
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const bytes = new TextEncoder().encode(String.fromCodePoint(asked));
      const matches = utf8Ranges(first, last).filter((ranges) =>
        ranges.length === bytes.length &&
        ranges.every(([from, to], i) => from <= (bytes[i] ?? 0) && (bytes[i] ?? 0) <= to)
      );
      assert.equal(matches.length, first <= asked && asked <= last ? 1 : 0);
    }),
    { numRuns: 2000 },
  );
});
