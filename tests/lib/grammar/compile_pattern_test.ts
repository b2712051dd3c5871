import assert from "node:assert/strict";
import fc from "fast-check";
import type { Automaton } from "../../../lib/grammar/automaton.ts";
import { compilePattern } from "../../../lib/grammar/compile_pattern.ts";
import { TooLarge } from "../../../lib/grammar/too_large.ts";
import { UnsupportedPattern } from "../../../lib/grammar/unsupported_pattern.ts";

/** What JavaScript makes of a pattern: with the flag `u`, or without, or nothing. */
function engine(source: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(source, flags);
    } catch {
      // Not in this syntax.
    }
  }
  return undefined;
}

function check(source: string, { yes, no }: { yes: string[]; no: string[] }): void {
  const [pattern, expression] = [compilePattern(source), engine(source)];
  for (const text of [...yes, ...no]) {
    assert.equal(expression?.test(text), yes.includes(text), `${source} in the engine, ${JSON.stringify(text)}`);
    assert.equal(pattern.accepts(text), yes.includes(text), `${source}, ${JSON.stringify(text)}`);
  }
}

function refusal(source: string): UnsupportedPattern {
  try {
    compilePattern(source);
  } catch (error) {
    assert.ok(error instanceof UnsupportedPattern, String(error));
    return error;
  }
  return assert.fail(`${source} is taken`);
}

/** Compiled, or undefined when it is one of those that can't be. */
function compiled(source: string): Automaton | undefined {
  try {
    return compilePattern(source);
  } catch (error) {
    if (error instanceof UnsupportedPattern || error instanceof TooLarge) return undefined;
    throw error;
  }
}

Deno.test("compilePattern searches the text, unless anchors say where to look", () => {
  check("b", { yes: ["b", "abc", "bb\n"], no: ["", "ac"] });
  check("^ab", { yes: ["ab", "abc"], no: ["cab"] });
  check("ab$", { yes: ["ab", "cab"], no: ["abc", "ab\n"] });
  check("^(?:a|b$)", { yes: ["a", "ac", "b"], no: ["bc", "cb"] });
  check("^a|b$", { yes: ["ac", "cb"], no: ["ca", "bc"] });
  check("(?:^|,)x(?:,|$)", { yes: ["x", "a,x", "x,b", "a,x,b"], no: ["ax", "xa,"] });
  check("a^b|^$", { yes: [""], no: ["ab", "a"] });
  check("", { yes: ["", "a"], no: [] });
});

Deno.test("compilePattern takes classes, escapes, groups and counts", () => {
  check("^[a-cx\\d-]+$", { yes: ["abc-1", "x"], no: ["d", ""] });
  check("^[^\\s\\W]$", { yes: ["a", "_", "0"], no: ["-", " ", "é"] });
  check("^\\u{1F600}\\ud83d\\ude01\\x41\\cA\\n\\0$", { yes: ["😀😁A\u0001\n\0"], no: ["😀"] });
  check("^\\p{Lu}\\P{L}$", { yes: ["Ä1", "А-"], no: ["ä1", "ÄÄ"] });
  check("^[\\p{Script=Greek}\\p{Nd}]{2,3}$", { yes: ["λ1", "αβγ"], no: ["a1", "αβγδ"] });
  check("^.$", { yes: ["a", "😀"], no: ["\n", "\u2028", "ab"] });
  check("^(?<year>\\d{4})(?:-(\\d\\d)){0,2}?$", { yes: ["2026", "2026-01-02"], no: ["2026-", "2026-01-02-03"] });
  check("^a{0}b{2}c{1,}?$", { yes: ["bbc", "bbcc"], no: ["abbc", "bb"] });
  check("^(?:){5}(?:a{0}){1000000000}x$", { yes: ["x"], no: ["a"] });
});

Deno.test("compilePattern takes lookaheads and word boundaries", () => {
  check("^(?=.*[A-Z])(?=.*\\d)(?!.*\\s).{4,8}$", { yes: ["aB1c"], no: ["aB1", "ab1c", "aBcd", "aB 1"] });
  check("^(?!(?:foo|bar)$).+$", { yes: ["fo", "food"], no: ["foo", "bar", ""] });
  check("^(?:a(?=b)|x)[bc]$", { yes: ["ab", "xc"], no: ["ac"] });
  check("(?!a)\\w(?=c$)", { yes: ["bc"], no: ["ac", "cb"] });
  check("\\bcat\\b", { yes: ["cat", "a cat!", "cat-"], no: ["cats", "concat", "_cat"] });
  check("\\Bat", { yes: ["cat"], no: ["at", " at"] });
  check("^\\b|\\b$", { yes: ["a", "a-", "-a"], no: ["", "-"] });
});

Deno.test("compilePattern means patterns that are none with the flag u as JavaScript means them without", () => {
  check("^[\\w-\\.]+\\-\\@$", { yes: ["a.-@"], no: ["a"] });
  check("^.{2}$", { yes: ["ab", "😀😁"], no: ["a", "abc"] });
  check("^\\-.{2}$", { yes: ["-ab", "-😀"], no: ["-a", "-😀😁"] });
  check("^\\-[^a]{4}$", { yes: ["-😀😁", "-bcde", "-b😀c"], no: ["-a😀b", "-bcd"] });
  check("^a{,2}\\_$", { yes: ["a{,2}_"], no: ["a_"] });
  check("^\\u{2}\\p{L}]}$", { yes: ["uup{L}]}"], no: ["2", "uua]}"] });
  check("^\\8(a)\\2\\101\\c$", { yes: ["8a\u0002A\\c"], no: ["8a"] });
});

Deno.test("compilePattern names what it can't hold, and where that is", () => {
  assert.match(
    refusal("^(a)\\1$").message,
    /"\^\(a\)\\\\1\$" has a backreference \(\\1\) at position 4, which no grammar/,
  );
  assert.equal(refusal("(?<x>a)\\k<x>").position, 7);
  assert.match(refusal("a(?<=b)").message, /a lookbehind \(\(\?<=…\) at position 1/);
  assert.match(refusal("a(?<!b)").message, /lookbehind/);
  assert.match(refusal("(?:a(?!b))*").message, /a lookahead \(\(\?!…\) at position 4, .* repetition without end/);
  assert.match(refusal("(?i:a)").message, /flags of its own for a group at position 0/);
  assert.match(refusal("(a").message, /is no regular expression of ECMA-262: Unterminated group/);
  assert.match(refusal("a**").message, /Nothing to repeat/);
  assert.match(refusal("a".repeat(100_001)).message, /has 100001 characters; at most/);
});

Deno.test("compilePattern refuses what would be too large, soon", () => {
  for (
    const source of ["a.{30}b", "(?:(?:a{1000}){1000}){1000}", "^(?:a?){60000}$", "(".repeat(2000) + ")".repeat(2000)]
  ) {
    const start = performance.now();
    assert.throws(() => compilePattern(source), TooLarge, source.slice(0, 40));
    assert.ok(performance.now() - start < 10_000, source.slice(0, 40));
  }
});

/** Patterns whose parts fit together. */
function patterns(assertions: string[]): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    ..."ab-1é😀.".match(/./gu) ?? [],
    ...["\\d", "\\W", "\\s", "[ab]", "[^a]", "[^\\d-]", "\\x61", "\\u{1f600}", "\\p{L}"],
  );
  const count = fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{0,2}?", "{1,}");
  return fc.letrec<{ choice: string; sequence: string; part: string }>((tie) => ({
    choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 2 }).map((options) => options.join("|")),
    sequence: fc.array(tie("part"), { maxLength: 3 }).map((parts) => parts.join("")),
    part: fc.oneof(
      { depthSize: "small" },
      { weight: 4, arbitrary: fc.tuple(piece, count).map((parts) => parts.join("")) },
      { weight: 1, arbitrary: fc.constantFrom(...assertions) },
      { weight: 2, arbitrary: fc.tuple(tie("choice"), count).map(([inside, times]) => `(${inside})${times}`) },
    ),
  })).choice;
}

const character = fc.constantFrom("a", "b", "-", "1", "é", "😀", " ", "\n", "_");
const text = fc.array(character, { maxLength: 6 }).map((characters) => characters.join(""));

/**
 * Whether a pattern matches from one of the places at which ECMA-262 has it looked for. V8's own search looks in the middle of pairs, too, even with
 * the flag u: `/\\B/u` is found in "_😀_".
 */
function finds({ source, unicode }: RegExp, text: string): boolean {
  const expression = new RegExp(source, unicode ? "uy" : "y");
  const places = [0];
  for (const part of unicode ? text : text.split("")) places.push((places.at(-1) ?? 0) + part.length);
  return places.some((place) => {
    expression.lastIndex = place;
    return expression.test(text);
  });
}

/** Compares with the engine, and says whether it could. */
function agrees(source: string, texts: string[]): boolean {
  const automaton = compiled(source);
  if (automaton === undefined) return false;
  const expression = engine(source);
  if (expression === undefined) return assert.fail(`${source} is none`);
  for (const each of texts) {
    assert.equal(automaton.accepts(each), finds(expression, each), `${source} ${JSON.stringify(each)}`);
  }
  return true;
}

Deno.test("compilePattern takes the texts that JavaScript's own engine finds a pattern in", () => {
  let [seen, same] = [0, 0];
  const texts = fc.array(text, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(patterns(["^", "$", "\\b", "\\B"]), texts, (source, each) => {
      seen++;
      if (agrees(source, each)) same++;
    }),
    { numRuns: 2000 },
  );
  assert.ok(same > 0.9 * seen, `${same} of ${seen} were compiled`);
});

Deno.test("compilePattern looks ahead as JavaScript's own engine does", () => {
  let [seen, same] = [0, 0];
  const part = patterns(["$"]);
  const ahead = fc.tuple(fc.constantFrom("(?=", "(?!"), part).map(([open, inside]) => `${open}${inside})`);
  const source = fc.tuple(fc.constantFrom("^", "", "\\b", "a?"), ahead, part, ahead, part).map((parts) =>
    parts.join("")
  );
  fc.assert(
    fc.property(source, fc.array(text, { minLength: 1, maxLength: 20 }), (each, texts) => {
      seen++;
      if (agrees(each, texts)) same++;
    }),
    { numRuns: 500 },
  );
  assert.ok(same > seen / 2, `${same} of ${seen} were compiled`);
});

/** Pieces of patterns in any order: most are only patterns without the flag u, or none. */
const soup = fc.array(
  fc.constantFrom(
    ..."^$.*+?{}[]()|\\-,:=!<>ab1280_😀cdDwWsSbBkpuxnt".match(/./gu) ?? [],
    "\\c",
    "\\x4",
    "\\u0061",
    "(?:",
    "{2}",
    "\\1",
    "[^",
    "\\k<",
    "\\ud83d",
    "(?<a>",
  ),
  { maxLength: 9 },
).map((pieces) => pieces.join(""));

Deno.test("compilePattern reads any pattern as JavaScript does, with the flag u or without", () => {
  fc.assert(
    fc.property(soup, fc.array(text, { minLength: 1, maxLength: 10 }), (source, texts) => {
      const expression = engine(source);
      const automaton = compiled(source);
      if (expression === undefined) return assert.equal(automaton, undefined);
      if (automaton === undefined) return;
      const all = [...texts, ...texts.map((each) => source + each), source.replaceAll("\\", ""), "\\c", "\u0001x"];
      for (const each of all.filter((one) => one.isWellFormed())) {
        assert.equal(automaton.accepts(each), finds(expression, each), `${source} ${JSON.stringify(each)}`);
      }
    }),
    { numRuns: 5000 },
  );
});
