import assert from "node:assert/strict";
import fc from "fast-check";
import type { Automaton } from "../../../lib/grammar/automaton.ts";
import { compilePattern } from "../../../lib/grammar/compile_pattern.ts";
import type { Expression } from "../../../lib/grammar/grammar.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import type { Encoding } from "../../../lib/grammar/spelling.ts";
import { anyOf, anyText, exactly, lengthBetween, noText } from "../../../lib/grammar/text_automata.ts";
import { toRules } from "../../../lib/grammar/to_rules.ts";

function matcherOf(automaton: Automaton, encode: Encoding): Matcher {
  const { rules, start } = toRules(automaton, { prefix: "t", encode });
  for (const name of Object.keys(rules)) assert.match(name, /^t(?:-\d+)?$/);
  return new Matcher({ rules: { ...rules, root: start } });
}

function inside(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

Deno.test("toRules writes short grammars", () => {
  const rulesOf = (automaton: Automaton) => toRules(automaton, { prefix: "t", encode: "plain" });
  const digit: Expression = { kind: "chars", ranges: [[0x30, 0x39]] };
  assert.deepEqual(rulesOf(exactly("abc")), { rules: {}, start: { kind: "text", text: "abc" } });
  assert.deepEqual(rulesOf(exactly("")), { rules: {}, start: { kind: "text", text: "" } });
  assert.deepEqual(rulesOf(compilePattern("^\\d{3}-\\d{0,5}$")).start, {
    kind: "sequence",
    items: [
      { kind: "repeat", item: digit, min: 3, max: 3 },
      { kind: "text", text: "-" },
      { kind: "repeat", item: digit, min: 0, max: 5 },
    ],
  });
  assert.deepEqual(rulesOf(compilePattern("^a\\d*$")).start, {
    kind: "sequence",
    items: [{ kind: "text", text: "a" }, { kind: "repeat", item: digit, min: 0 }],
  });
  assert.deepEqual(rulesOf(lengthBetween(0, 10_000)).rules, {});
  assert.deepEqual(rulesOf(noText()), { rules: {}, start: { kind: "choice", options: [] } });
});

Deno.test("toRules as JSON takes the one spelling of JSON.stringify, and no other", () => {
  const matcher = matcherOf(anyText(), "json");
  const characters = [
    ...Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)),
    "\u2028",
    "é",
    "😀",
    "\u{10ffff}",
  ];
  for (const character of characters) {
    assert.ok(matcher.accepts(inside(character)), inside(character));
    assert.ok(matcherOf(exactly(character), "json").accepts(inside(character)), inside(character));
  }
  for (const no of ['"', "\\", "\n", "\\u0041", "\\u001F", "\\u000a", "\\/", "\\u00e9", "\\u0020"]) {
    assert.ok(!matcher.accepts(no), no);
  }
  assert.ok(matcherOf(exactly('a"\n\u0001'), "json").accepts('a\\"\\n\\u0001'));
});

const texts = fc.uniqueArray(
  fc.array(fc.constantFrom("a", "b", '"', "\n", "\u0001", "é", "😀")).map((all) => all.join("")),
  {
    maxLength: 8,
  },
);
const patterns = fc.constantFrom(
  "^(?:a|b)*a.{3}$",
  '^a?b?"?\\n?(?:é|😀b)*$',
  "^(?:(?:ab)*|a{2,7}|[^a]{3,})$",
  "a[^b]{2,4}b",
  '^(?:a(?:b(?:"(?:\\n)?)?)?)?$',
  "^(?:ab|b){5}$",
  "^(?:[ab]{3})*$",
  "",
);

Deno.test("toRules derives the texts that the automaton accepts, plain and as JSON", () => {
  fc.assert(
    fc.property(texts, patterns, texts, (some, pattern, tried) => {
      for (const automaton of [anyOf(some), compilePattern(pattern), compilePattern(pattern).subtract(anyOf(some))]) {
        const [plain, json] = [matcherOf(automaton, "plain"), matcherOf(automaton, "json")];
        for (const text of [...tried, ...some, ...some.map((each) => `${each}a`)]) {
          assert.equal(plain.accepts(text), automaton.accepts(text), JSON.stringify(text));
          assert.equal(json.accepts(inside(text)), automaton.accepts(text), JSON.stringify(text));
        }
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("toRules keeps large automata shallow", () => {
  const words = Array.from({ length: 3000 }, (_, i) => `${(i * 7919) % 10_007}`.repeat(3));
  const matcher = matcherOf(anyOf(words), "json");
  for (const word of words.slice(0, 50)) assert.ok(matcher.accepts(word));
  const prefixes = anyOf(Array.from({ length: 300 }, (_, i) => "abc".repeat(100).slice(0, i)));
  const { rules, start } = toRules(prefixes, { prefix: "t", encode: "plain" });
  const depth = (expression: Expression): number => {
    if (expression.kind === "sequence") return 1 + Math.max(...expression.items.map(depth));
    if (expression.kind === "choice") return 1 + Math.max(...expression.options.map(depth));
    return expression.kind === "repeat" ? 1 + depth(expression.item) : 1;
  };
  assert.ok(Math.max(...[start, ...Object.values(rules)].map(depth)) < 100);
  assert.ok(matcherOf(prefixes, "plain").accepts("abc".repeat(90)));
});
