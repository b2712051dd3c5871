import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { checkGrammar } from "../../../lib/grammar/check_grammar.ts";
import { chars, choice, marker, optional, repeat, rule, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression, Grammar } from "../../../lib/grammar/grammar.ts";
import { GrammarError } from "../../../lib/grammar/grammar_error.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { parseGbnf } from "../../../lib/grammar/parse_gbnf.ts";
import { writeGbnf } from "../../../lib/grammar/write_gbnf.ts";
import { provideLlamaSource } from "../../native_source.ts";

function check(source: string, { yes, no }: { yes: string[]; no: string[] }): void {
  const grammar = parseGbnf(source);
  for (const each of [grammar, parseGbnf(writeGbnf(grammar))]) {
    const matcher = new Matcher(each);
    for (const text of yes) assert.ok(matcher.accepts(text), `${source}: ${JSON.stringify(text)} is refused`);
    for (const text of no) assert.ok(!matcher.accepts(text), `${source}: ${JSON.stringify(text)} is accepted`);
  }
}

function refusal(action: () => unknown): GrammarError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof GrammarError, String(error));
    return error;
  }
  return assert.fail("It is accepted");
}

Deno.test("parseGbnf reads rules, literals, classes and repetitions", () => {
  check('root ::= "a" b* # comment\nb ::= "x" | [0-9]+', { yes: ["a", "ax1", "a12x"], no: ["", "b", "a-"] });
  check('root ::= "\\"\\\\\\n\\t\\r\\x41\\u00e9\\U0001F600\\ud83d\\ude01\\[\\]\\-"', {
    yes: ['"\\\n\t\rAé😀😁[]-'],
    no: ["A"],
  });
  check("root ::= [^a-c\\n\\]-]{2,3}", { yes: ["de", "zz^"], no: ["da", "d", "d-", "d]", "d\n"] });
  check("root ::= [a-cé^\\-] . []x-]?".replace("[]x-]", "[\\]x-]"), { yes: ["é\n", "^😀-", "-a]"], no: ["d"] });
  check('root ::= ("a" | "b" "c"?){2} "d"{3} "e"{1,} "f"{0}', {
    yes: ["abcddde", "bbdddee"],
    no: ["adddee", "abdde", "abdddef"],
  });
  check('root ::= "ab"+ "c"*? | ""', { yes: ["", "abab", "abcc"], no: ["abb", "c"] });
  check('root ::=\n  "a" |\n  "b"\n  | (\n  "c"\n\n "d" # e\n | "e" )\r\nother ::= "x"', {
    yes: ["a", "b", "cd", "e"],
    no: ["c", "x"],
  });
  check("root ::= item_1 A\nitem_1 ::= .\nA ::= [\\ud800-\\U0010FFFF]", { yes: ["a😀", "a\ue000"], no: ["ab"] });
  check('root ::= "1"\nroot ::= "2"', { yes: ["2"], no: ["1"] });
  check('__proto__ ::= "a"\nroot ::= __proto__', { yes: ["a"], no: [] });
});

Deno.test("parseGbnf reads tokens by their id and their text", () => {
  const { rules } = parseGbnf("root ::= <think> !</think>* <[7]> !<[8]>\n");
  assert.deepEqual(rules.root, {
    kind: "sequence",
    items: [
      { kind: "token", tokens: ["<think>"] },
      { kind: "repeat", item: { kind: "token", tokens: ["</think>"], except: true }, min: 0 },
      { kind: "token", tokens: [7] },
      { kind: "token", tokens: [8], except: true },
    ],
  });
  assert.deepEqual(parseGbnf(writeGbnf({ rules })).rules, rules);
});

Deno.test("parseGbnf says where it stopped, what it found and what it expected", () => {
  const cases: [string, RegExp, number?, number?][] = [
    ['root := "a"', /found ":", expected "::=" behind the name "root", at line 1, column 6/, 1, 6],
    ['root ::= "a" |\n  "b', /found its end, expected '"' for the one of line 2, at line 2, column 5/, 2, 5],
    ['root ::= "é" ("a"\n', /found its end, expected "\)" for the "\(" of line 1/, 2, 1],
    ['root ::= "é" )', /found "\)", expected more of the rule, "\|" or the end of the line/, 1, 14],
    ["root ::= *", /found "\*", expected something that is repeated before it/],
    ["root ::= [a", /expected "\]"/],
    ["root ::= [z-a]", /found "z-a", expected a range that begins with its smaller character/, 1, 11],
    ["root ::= []", /expected a set of one character at least/],
    ['root ::= "\\q"', /found "\\\\q", expected \\n, /, 1, 11],
    ['root ::= "\\x4"', /expected 2 hexadecimal digits behind \\x/],
    ['root ::= "\\U00110000"', /up to \\U0010FFFF/],
    ['root ::= "\\ud800"', /half of a surrogate pair/],
    ['root ::= "a"{3,2}', /found "3", expected no more than 2/],
    ['root ::= "a"{,2}', /found ",", expected a number: how often at least/],
    ['root ::= "a"{70000}', /expected a number up to 65536/],
    ["root ::= <a", /expected ">" at the end of a token/],
    ["root ::= <[a]>", /expected a number: the id of a token/],
    ["root ::= !a", /found "a", expected "<" behind "!"/],
    ["%x", /found "%", expected the name of a rule/, 1, 1],
    ["", /it has no rule at all; expected "root ::= …"/],
    ['a ::= "a"', /it has no rule "root"/],
    ["root ::= a b\na ::= .", /rule "root" names the rule "b", which does not exist at line 1, column 12/, 1, 12],
    [
      'root ::= "a"\nx ::= x "a" | "b"',
      /rule "x" begins with itself; let something else come first at line 2, column 1/,
      2,
      1,
    ],
    [
      'root ::= a\na ::= "x"* b\nb ::= ("" | "y") c\nc ::= a?',
      /rule "a" begins with itself \("a" → "b" → "c" → "a"\)/,
      2,
      1,
    ],
    ["root ::= (root)*", /rule "root" begins with itself/],
    ["root ::= " + "(".repeat(5000), /at most 1000 brackets/],
    ['root ::= "a"' + "*".repeat(5000), /at most 1000 repetitions/],
  ];
  for (const [source, message, line, column] of cases) {
    const error = refusal(() => parseGbnf(source));
    assert.match(error.message, message);
    assert.equal(error.code, "invalid_value");
    if (line !== undefined) assert.deepEqual([error.line, error.column], [line, column], source);
  }
});

Deno.test("parseGbnf takes recursion that is not to the left", () => {
  check('root ::= "[" (root ("," root)*)? "]"', { yes: ["[]", "[[],[[]]]"], no: ["[", "[,]"] });
  check('root ::= "a" root | ""', { yes: ["", "aaa"], no: ["b"] });
  check('root ::= a{0} "x"\na ::= "y" root', { yes: ["x"], no: ["yx"] });
});

Deno.test("parseGbnf reads the grammars that llama.cpp comes with, and writeGbnf writes them", async () => {
  const folder = join(await provideLlamaSource("grammars", ["grammars"]), "grammars");
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".gbnf"));
  assert.ok(names.length >= 8, names.join());
  for (const name of names) {
    const grammar = parseGbnf(await Deno.readTextFile(join(folder, name)));
    const written = writeGbnf(grammar);
    assert.equal(writeGbnf(parseGbnf(written)), written, name);
    assert.deepEqual(Object.keys(parseGbnf(written).rules).sort(), Object.keys(grammar.rules).sort());
  }
  const json = new Matcher(parseGbnf(await Deno.readTextFile(join(folder, "json.gbnf"))));
  assert.ok(json.accepts('{"a": [1, -2.5e3, "x\\n", null]}'));
  assert.ok(!json.accepts('{"a" 1}'));
  const chess = new Matcher(parseGbnf(await Deno.readTextFile(join(folder, "chess.gbnf"))));
  assert.ok(chess.accepts("1. e4 e5\n2. Nf3 Nc6\n"));
});

Deno.test("checkGrammar refuses what is too large, and parts that are none", () => {
  const cases: [Grammar["rules"], RegExp][] = [
    [
      Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`r${i}`, text("a")])),
      /it has 10001 rules; at most 10000/,
    ],
    [{ root: text("a".repeat(500_001)) }, /too large: more than 500000 parts/],
    [
      { root: Array.from({ length: 1001 }).reduce<Expression>((item) => optional(item), text("a")) },
      /nested deeper than 1000/,
    ],
    [{ root: repeat(text("a"), 0, 65_537) }, /rule "root" repeats something 65537 times; at most 65536/],
    [{ root: repeat(text("a"), 3, 2) }, /repeats something 3 to 2 times/],
    [{ root: repeat(text("a"), -1) }, /expected two integers/],
    [{ root: repeat(text("a"), 0.5, 1) }, /expected two integers/],
    [{ root: choice() }, /a choice of nothing/],
    [{ root: { kind: "chars", ranges: [] } }, /a set without characters/],
    [{ root: { kind: "chars", ranges: [[5, 4]] } }, /not in ascending order/],
    [{ root: { kind: "chars", ranges: [[0xd800, 0xd801]] } }, /not of Unicode/],
    [{ root: text("\ud800") }, /half a character/],
    [{ root: marker("") }, /a marker without a text/],
    [{ root: { kind: "until", ends: [] } }, /an end without a text/],
    [{ root: { kind: "token", tokens: [] } }, /names no token/],
    [{ root: rule("toString") }, /names the rule "toString", which does not exist/],
    [
      { root: { kind: "free", without: ["x"] }, a: sequence({ kind: "free", without: [] }, rule("a")) },
      /rule "a" begins with itself/,
    ],
  ];
  for (const [rules, message] of cases) assert.match(refusal(() => checkGrammar({ rules })).message, message);
  checkGrammar({ rules: { root: sequence(chars(["a", "z"]), optional(rule("root"))) } });
});

Deno.test("writeGbnf writes what people can read", () => {
  const grammar: Grammar = {
    rules: {
      "a b": repeat(sequence(text("x"), choice(text("y"), text(""))), 2, 3),
      root: choice(sequence(rule("a b"), chars(["0", "9"], "^", "-", "]", "é", "\n")), {
        kind: "chars",
        ranges: [[0, 0x21], [0x23, 0xd7ff], [0xe000, 0x10ffff]],
      }),
    },
  };
  assert.equal(writeGbnf(grammar), 'root ::= a-b [\\n\\-0-9\\]\\x5Eé] | [^"]\na-b ::= ("x" ("y" | "")){2,3}\n');
  const markers = writeGbnf({
    rules: { root: sequence(marker("<t>"), marker("[T]"), { kind: "until", ends: ["</t>"] }) },
  });
  assert.match(
    markers,
    /^# "\[T\]": these letters, or the control token of this text\nroot ::= \(<t> \| "<t>"\) "\[T\\?\]" until\n# anything up to and with the first of: "<\/t>"\nuntil ::=/,
  );
});

Deno.test("writeGbnf keeps what until and free take of texts", () => {
  const texts = fc.array(fc.constantFrom("<", "/", "a", ">", "b", "\n", "é")).map((all) => all.join(""));
  const ends = fc.uniqueArray(fc.constantFrom("<a>", "</a>", "a", "aba", "é\n", "<<"), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(ends, fc.array(texts, { maxLength: 30 }), (some, tried) => {
    const until: Grammar = { rules: { root: { kind: "until", ends: some } } };
    const free: Grammar = {
      rules: { root: sequence(optional(text("!")), { kind: "free", without: some }), "free-part": text("x") },
    };
    for (const grammar of [until, free]) {
      const [before, after] = [new Matcher(grammar), new Matcher(parseGbnf(writeGbnf(grammar)))];
      for (const each of tried.flatMap((one) => some.map((end) => one + end).concat(one))) {
        assert.equal(after.accepts(each), before.accepts(each), `${writeGbnf(grammar)} ${JSON.stringify(each)}`);
      }
    }
  }));
});

const expression = fc.letrec<{ any: Expression }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(
      text("a"),
      text('"\\\n'),
      text(""),
      chars(["a", "c"]),
      chars("^", "]", "-", "\\"),
      rule("more"),
      marker("<m>"),
    ),
    fc.constant<Expression>({ kind: "chars", ranges: [[0, 0x60], [0x62, 0xd7ff], [0xe000, 0x10ffff]] }),
    fc.array(tie("any"), { maxLength: 3 }).map((items) => sequence(...items)),
    fc.array(tie("any"), { minLength: 1, maxLength: 3 }).map((options) => choice(...options)),
    fc.tuple(tie("any"), fc.constantFrom<[number, number?]>([0], [1], [0, 1], [2, 2], [2], [0, 3])).map((
      [item, [min, max]],
    ) => repeat(item, min, max)),
  ),
})).any;

Deno.test("writeGbnf writes what parseGbnf reads as the same texts", () => {
  const texts = fc.array(fc.stringMatching(/^[abc^\]\\"\n-]{0,5}$/), { maxLength: 20 });
  fc.assert(
    fc.property(expression, texts, (root, tried) => {
      const grammar = { rules: { root, more: text("c") } };
      const [before, after] = [new Matcher(grammar), new Matcher(parseGbnf(writeGbnf(grammar)))];
      for (const each of tried) {
        assert.equal(after.accepts(each), before.accepts(each), `${writeGbnf(grammar)} ${JSON.stringify(each)}`);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseGbnf reads any text or says what is wrong with it", () => {
  const pieces = fc.array(
    fc.constantFrom(
      ...'abroot::=|()[]{}*+?.,"<>!^\\-#\n\r\t 0129é😀'.match(/./gsu) ?? [],
      "root ::= ",
      " ::= ",
      "\\u00",
      '"a"',
      "[a-c]",
      "{1,2}",
      "<[1]>",
    ),
    { maxLength: 40 },
  ).map((all) => `root ::= ${all.join("")}`);
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string({ unit: "binary" })), (source) => {
      try {
        checkGrammar(parseGbnf(source));
        read++;
      } catch (error) {
        assert.ok(error instanceof GrammarError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(read > 20, `${read} were read`);
});
