import assert from "node:assert/strict";
import { AnswerConstraint } from "../../../lib/engine/answer_constraint.ts";
import { ModelGrammars } from "../../../lib/engine/model_grammars.ts";
import { ThoughtBudget } from "../../../lib/engine/thought_budget.ts";
import { choice, repeat, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression } from "../../../lib/grammar/grammar.ts";
import { openRealModel } from "../../real_engine.ts";

/** Tokens are their numbers as text; 100 and 101 are the marks. */
const TEXTS: Record<number, string> = { 100: "<t>", 101: "</t>", 102: "\n" };

function budgetOf(tokens: number, begin?: string): ThoughtBudget {
  return new ThoughtBudget({
    tokens,
    ending: [102, 101],
    end: "</t>",
    ...(begin === undefined ? {} : { begin }),
    text: (token) => TEXTS[token] ?? ` ${token}`,
  });
}

function take(budget: ThoughtBudget, tokens: number[]): void {
  for (const token of tokens) budget.accept(token);
}

Deno.test("ThoughtBudget ends thoughts that the prompt has begun after so many tokens, token by token, once", () => {
  const budget = budgetOf(3);
  take(budget, [1, 2]);
  assert.equal(budget.ending(), undefined);
  take(budget, [3]);
  assert.deepEqual(budget.ending(), [102, 101]);
  take(budget, [102]);
  assert.deepEqual(budget.ending(), [101]);
  take(budget, [101]);
  assert.equal(budget.ending(), undefined);
  take(budget, [1, 2, 3, 4, 5]);
  assert.equal(budget.ending(), undefined);
  assert.deepEqual(budgetOf(0).ending(), [102, 101]);
});

Deno.test("ThoughtBudget counts from where thoughts begin, and not when they have ended by themselves", () => {
  const none = budgetOf(2, "<t>");
  take(none, [1, 2, 3, 100, 4, 5, 6, 7]);
  assert.equal(none.ending(), undefined, "what is named later begins nothing");
  const budget = budgetOf(2, "<t>");
  take(budget, [102, 100, 1]);
  assert.equal(budget.ending(), undefined);
  take(budget, [2]);
  assert.deepEqual(budget.ending(), [102, 101]);
  const short = budgetOf(2, "<t>");
  take(short, [100, 1, 101, 2, 3, 4, 100, 5, 6, 7]);
  assert.equal(short.ending(), undefined);
});

Deno.test("an answer's thoughts are ended only by what its grammar takes", async () => {
  using real = await openRealModel();
  const { vocabulary } = real.model;
  const tokenize = (
    said: string,
  ): number[] => [...vocabulary.tokenize(said, { addSpecial: false, parseSpecial: true })];
  const constraintOf = (root: Expression): AnswerConstraint =>
    new AnswerConstraint(
      new ModelGrammars(vocabulary).of(JSON.stringify({ rules: { root } })),
      new ThoughtBudget({
        tokens: 2,
        ending: tokenize("</think>\n\n"),
        end: "</think>",
        text: (token) => new TextDecoder().decode(vocabulary.piece(token, true)),
      }),
    );
  const answer = choice(text("yes"), text("no"));
  const strict = constraintOf(sequence({ kind: "until", ends: ["</think>"] }, answer));
  for (const token of tokenize("a b").slice(0, 2)) strict.accept(token);
  const forced = strict.forced();
  assert.ok(forced.length > 0 && forced.length < tokenize("</think>\n\n").length, `${forced}`);
  for (const token of forced) strict.accept(token);
  assert.deepEqual(strict.forced(), [], "what the grammar does not take does not come");
  const loose = constraintOf(sequence({ kind: "until", ends: ["</think>"] }, repeat(text("\n"), 0), answer));
  for (const token of tokenize("a b").slice(0, 2)) loose.accept(token);
  assert.deepEqual(loose.forced(), tokenize("</think>\n\n"));
});
