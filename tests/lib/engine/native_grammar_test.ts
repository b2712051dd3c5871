import assert from "node:assert/strict";
import fc from "fast-check";
import { Candidates, SamplerChain } from "../../../ffi/mod.ts";
import { ModelGrammars } from "../../../lib/engine/model_grammars.ts";
import { chars, choice, optional, repeat, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression, Grammar } from "../../../lib/grammar/grammar.ts";
import { writeGbnf } from "../../../lib/grammar/mod.ts";
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

/** Expressions of which `solid` ones are never empty: llama.cpp would look for no end of what is repeated and may be empty. */
const { solid } = fc.letrec<{ solid: Expression; any: Expression }>((tie) => ({
  solid: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("a", "the ", "é", "1", '{"x": ', "ab").map(text),
    fc.constantFrom(chars(["a", "z"]), chars("1", "é"), chars([" ", "~"]), chars(["α", "ω"])),
    fc.tuple(tie("any"), tie("solid"), tie("any")).map((items) => sequence(...items)),
    fc.array(tie("solid"), { minLength: 1, maxLength: 3 }).map((options) => choice(...options)),
    fc.tuple(tie("solid"), fc.integer({ min: 1, max: 2 }), fc.nat(2)).map(([item, min, more]) =>
      repeat(item, min, min + more)
    ),
  ),
  any: fc.oneof(
    { maxDepth: 3 },
    tie("solid"),
    tie("solid").map(optional),
    tie("solid").map((item) => repeat(item, 0)),
  ),
}));

/** Which tokens llama.cpp's own sampler leaves; control tokens apart, whose texts it takes for text. */
function nativelyAllowed(chain: SamplerChain, candidates: Candidates, logits: Float32Array): number[] {
  candidates.setAll(logits);
  chain.choose(candidates);
  return candidates.logits().flatMap(({ id, logit }) => logit === -Infinity || isControl(id) ? [] : [id]).sort((a, b) =>
    a - b
  );
}

function isControl(token: number): boolean {
  return model().vocabulary.isControl(token);
}

Deno.test("a grammar allows the tokens that llama.cpp's own sampler allows, step by step", () => {
  const { vocabulary, library } = model();
  const grammars = new ModelGrammars(vocabulary);
  const candidates = new Candidates(vocabulary.size);
  const logits = new Float32Array(vocabulary.size);
  let compared = 0;
  fc.assert(
    fc.property(solid, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (root, picks) => {
      const grammar: Grammar = { rules: { root } };
      const ours = grammars.of(JSON.stringify(grammar));
      using chain = new SamplerChain(library);
      chain.grammar({ vocabulary, grammar: writeGbnf(grammar), root: "root" }).greedy();
      let state = ours.start;
      for (const pick of picks) {
        const allowed = Array.from(ours.allowed(state)).filter((token) => !isControl(token));
        assert.deepEqual(nativelyAllowed(chain, candidates, logits), allowed, writeGbnf(grammar));
        compared++;
        const token = allowed[pick % allowed.length];
        if (token === undefined) break;
        state = ours.next(state, token);
        chain.accept(token);
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(compared > 60, `${compared}`);
});
