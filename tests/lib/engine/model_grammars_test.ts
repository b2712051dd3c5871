import assert from "node:assert/strict";
import { ModelGrammars } from "../../../lib/engine/model_grammars.ts";
import { chars, choice, marker, optional, repeat, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression } from "../../../lib/grammar/grammar.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import type { TokenGrammar } from "../../../lib/grammar/token_grammar.ts";
import { failure } from "./answer.ts";
import { openRealModel, type RealModel } from "../../real_engine.ts";

let real: RealModel | undefined;
Deno.test.beforeAll(async () => {
  real = await openRealModel();
});
Deno.test.afterAll(() => real?.[Symbol.dispose]());

function model(): RealModel["model"] {
  assert.ok(real);
  return real.model;
}

function grammarOf(root: Expression): TokenGrammar {
  return new ModelGrammars(model().vocabulary).of(JSON.stringify({ rules: { root } }));
}

function after(grammar: TokenGrammar, said: string): number {
  const tokens = model().vocabulary.tokenize(said, { addSpecial: false, parseSpecial: true });
  return tokens.reduce((state, token) => grammar.next(state, token), grammar.start);
}

const KEY = sequence(text('{"first_name": "'), repeat(chars(["a", "z"]), 1), text('"}'));

Deno.test("the tokens that a grammar allows are those after which it is not dead, ends and control tokens included", () => {
  const cases: [Expression, string[]][] = [
    [KEY, ["", '{"', '{"first_name": "', '{"first_name": "ann', '{"first_name": "ann"}']],
    [sequence(repeat(chars(["α", "ω"]), 1), optional(text("!"))), ["", "λ"]],
    [{ kind: "until", ends: ["<|im_start|>"] }, ["", "some text"]],
    [{ kind: "free", without: ["<tool_call>"] }, ["", "some <tool"]],
    [choice(marker("<|im_start|>"), text("<x>")), ["", "<"]],
    [{ kind: "token", tokens: [5000, "<|im_start|>", "the"] }, [""]],
    [repeat({ kind: "token", tokens: ["the", "<|im_end|>"], except: true }, 1), ["", "a"]],
  ];
  const { vocabulary } = model();
  for (const [root, texts] of cases) {
    const grammar = grammarOf(root);
    for (const said of texts) {
      const state = after(grammar, said);
      assert.notEqual(state, Matcher.DEAD, said);
      const expected = Array.from({ length: vocabulary.size }, (_, token) => token)
        .filter((token) => grammar.next(state, token) !== Matcher.DEAD);
      assert.deepEqual([...grammar.allowed(state)], expected, `after ${JSON.stringify(said)}`);
    }
  }
});

Deno.test("an answer may end by a token of the vocabulary only where the grammar ends", () => {
  const grammar = grammarOf(KEY);
  const end = model().vocabulary.eos;
  assert.ok(end !== undefined);
  assert.equal(grammar.next(after(grammar, '{"first_name": "ann"'), end), Matcher.DEAD);
  assert.notEqual(grammar.next(after(grammar, '{"first_name": "ann"}'), end), Matcher.DEAD);
});

Deno.test("what must come is known as the tokens that the tokenizer makes of it, but for the last, which may go on", () => {
  const { vocabulary } = model();
  const grammar = grammarOf(KEY);
  const forced = [...grammar.forced(grammar.start)];
  const whole = [...vocabulary.tokenize('{"first_name": "', { addSpecial: false, parseSpecial: false })];
  assert.deepEqual(forced, whole.slice(0, -1));
  assert.ok(forced.length >= 4, `${forced}`);
  assert.deepEqual(grammar.forced(after(grammar, '{"first_name": "ann"')), [...vocabulary.tokenize("}", {
    addSpecial: false,
    parseSpecial: false,
  })]);
  assert.deepEqual(grammar.forced(after(grammar, '{"first_name": "ann')), []);
});

Deno.test("grammars of the same text are one, and what is not used for long is made anew", () => {
  const grammars = new ModelGrammars(model().vocabulary);
  const json = (n: number): string => JSON.stringify({ rules: { root: text(`${n}`) } });
  const first = grammars.of(json(0));
  assert.equal(grammars.of(json(0)), first);
  for (let n = 1; n < 40; n++) grammars.of(json(n));
  assert.notEqual(grammars.of(json(0)), first);
});

Deno.test("a grammar in which many ways lead on is used or refused soon: others do not wait for long", () => {
  const letters = chars(["a", "z"], " ");
  const grammar = grammarOf(sequence(...Array.from({ length: 1200 }, () => optional(letters))));
  const before = performance.now();
  try {
    assert.ok(grammar.allowed(grammar.start).length > 0);
  } catch (error) {
    assert.ok(failure("invalid_value", /too complex/)(error));
  }
  const ms = performance.now() - before;
  assert.ok(ms < 3000, `${ms}`);
});
