import assert from "node:assert/strict";
import { Candidates, type SamplerChain } from "../../../ffi/mod.ts";
import { DEFAULT_SAMPLING, type Sampling } from "../../../lib/engine/mod.ts";
import { type ResolvedSampling, resolveSampling } from "../../../lib/engine/resolve_sampling.ts";
import { DrySamplers } from "../../../lib/engine/dry_samplers.ts";
import { makeSamplerChain } from "../../../lib/engine/sampling.ts";
import { EngineError } from "../../../lib/errors.ts";
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

/** Every sampler off, so that a test names all that counts. */
const OFF: Partial<Sampling> = { temperature: 1, topK: 0, topP: 1, minP: 0 };

function resolve(sampling: Partial<Sampling>): ResolvedSampling {
  return resolveSampling(model().vocabulary, { ...DEFAULT_SAMPLING, seed: 1, ...sampling }, { contextLength: 100 });
}

/** What a chain leaves of a few tokens, by id: their probabilities, and the token that it selects. */
function run(sampling: Partial<Sampling>, logits: number[], before: number[] = []): { left: number[]; token: number } {
  using dry = new DrySamplers(model().library);
  using chain: SamplerChain = makeSamplerChain(model(), resolve(sampling), dry);
  for (const token of before) chain.accept(token);
  const candidates = new Candidates(logits.length);
  candidates.setAll(Float32Array.from(logits));
  const token = chain.choose(candidates);
  return { left: candidates.probabilities().filter(({ p }) => p > 0).map(({ id }) => id).sort((a, b) => a - b), token };
}

Deno.test("makeSamplerChain has each sampler truncate as it says", () => {
  // Probabilities about 0.64, 0.24, 0.09, 0.03.
  const logits = [3, 2, 1, 0];
  const cases: [Partial<Sampling>, number[]][] = [
    [{}, [0, 1, 2, 3]],
    [{ topK: 2 }, [0, 1]],
    [{ topP: 0.7 }, [0, 1]],
    [{ topP: 0 }, [0]],
    [{ topP: 0, minKeep: 3 }, [0, 1, 2]],
    [{ minP: 0.3 }, [0, 1]],
    [{ minP: 0.99, minKeep: 2 }, [0, 1]],
    [{ topNSigma: 1 }, [0, 1]],
    // The entropy is 0.95: the surprise of token 1, 1.44, is nearer than that of token 0, 0.44.
    [{ typicalP: 0.2 }, [1]],
    [{ xtcProbability: 1, xtcThreshold: 0.2 }, [1, 2, 3]],
    [{ xtcProbability: 1, xtcThreshold: 0.6 }, [0, 1, 2, 3]],
    [{ logitBias: [{ token: 0, bias: -Infinity }] }, [1, 2, 3]],
    [{ logitBias: [{ token: 3, bias: 20 }, { token: 3, bias: 80 }], topK: 1 }, [3]],
  ];
  for (const [sampling, left] of cases) {
    assert.deepEqual(run({ ...OFF, ...sampling }, logits).left, left, JSON.stringify(sampling));
  }
});

Deno.test("makeSamplerChain keeps the order of the samplers, and leaves out those that are not named", () => {
  const logits = [3, 2, 1, 0];
  const sampling: Partial<Sampling> = { ...OFF, temperature: 5, minP: 0.3 };
  assert.deepEqual(run({ ...sampling, samplers: ["min_p", "temperature"] }, logits).left, [0, 1]);
  assert.deepEqual(run({ ...sampling, samplers: ["temperature", "min_p"] }, logits).left, [0, 1, 2, 3]);
  assert.deepEqual(run({ ...sampling, samplers: ["temperature"], topK: 1 }, logits).left, [0, 1, 2, 3]);
});

Deno.test("makeSamplerChain is greedy at temperature 0, after penalties and DRY, unless the likeliest may be dropped", () => {
  const greedy: Partial<Sampling> = { ...OFF, temperature: 0 };
  assert.equal(run(greedy, [1, 5, 5, 2]).token, 1);
  assert.equal(run({ ...greedy, presencePenalty: 2 }, [1, 5, 4, 2], [1]).token, 2);
  assert.equal(run({ ...greedy, presencePenalty: 2, repeatLastN: 1 }, [1, 5, 4, 2], [1, 3]).token, 1);
  assert.equal(run({ ...greedy, repeatPenalty: 3 }, [1, 5, 4, 2], [1]).token, 2);
  assert.equal(run({ ...greedy, dryMultiplier: 5 }, [1, 5, 4, 2], [0, 3, 1, 0, 3]).token, 2);
  assert.equal(run({ ...greedy, dryMultiplier: 5, drySequenceBreakers: ["!"] }, [0, 1, 5, 4, 2]).token, 2);
  assert.equal(run({ ...greedy, xtcProbability: 1, xtcThreshold: 0.1 }, [1, 5, 4, 2]).token, 2);
  assert.equal(resolve({ ...greedy, xtcProbability: 1 }).greedy, false);
  assert.equal(resolve({ ...greedy, samplers: ["top_k"] }).greedy, false);
  assert.equal(resolve({ ...greedy, dynamicTemperatureRange: 1 }).greedy, false);
  const late = resolve({ ...greedy, presencePenalty: 2, samplers: ["top_k", "temperature", "penalties", "xtc"] });
  assert.deepEqual([late.greedy, late.active, late.window], [true, [], 0]);
});

Deno.test("makeSamplerChain has Mirostat and adaptive-p in place of what they replace", () => {
  const logits = [3, 2.9, 2.8, -9];
  for (const mirostat of [1, 2] as const) {
    const settings = resolve({ mirostat, presencePenalty: 2 });
    assert.deepEqual([settings.active, settings.window], [[], 0]);
    // A surprise of almost none leaves the likeliest.
    for (let seed = 0; seed < 20; seed++) {
      assert.equal(run({ ...OFF, mirostat, mirostatTau: 0, seed, presencePenalty: 2 }, logits, [0]).token, 0);
    }
    assert.equal(run({ mirostat, temperature: 0 }, logits).token, 0);
  }
  // Of probabilities 0.9 and 0.1 it draws the one that is near the target.
  for (const [target, token] of [[0.9, 0], [0.1, 1]] as const) {
    const drawn = Array.from(
      { length: 50 },
      (_, seed) => run({ ...OFF, adaptiveTarget: target, adaptiveDecay: 0, seed }, [2.197, 0]).token,
    );
    assert.ok(drawn.filter((each) => each === token).length > 40, `${target}: ${drawn}`);
  }
});

Deno.test("resolveSampling makes one bias of each token: of ids, of the tokens of a text, and of what ends generation", () => {
  const { vocabulary } = model();
  const text = Array.from(vocabulary.tokenize(" hello", { addSpecial: false, parseSpecial: false }));
  const [first = -1] = text;
  const { biases } = resolve({
    logitBias: [{ token: " hello", bias: 1 }, { token: first, bias: 2 }, { token: 7, bias: -Infinity }, {
      token: 7,
      bias: 3e38,
    }, { token: 8, bias: 3e38 }],
  });
  assert.equal(biases.find(({ token }) => token === first)?.bias, 3);
  assert.equal(biases.find(({ token }) => token === 7)?.bias, -Infinity);
  assert.ok(Number.isFinite(Math.fround((biases.find(({ token }) => token === 8)?.bias ?? NaN) * 100)));
  assert.equal(biases.length, new Set([...text, 7, 8]).size);
  const ends = resolve({ ignoreEos: true }).biases;
  assert.ok(ends.some(({ token }) => token === vocabulary.eos));
  assert.ok(ends.every(({ token, bias }) => vocabulary.isEndOfGeneration(token) && bias === -Infinity));
});

Deno.test("resolveSampling never looks back further than the context, nor keeps more than the vocabulary", () => {
  const { vocabulary } = model();
  const settings = resolve({
    repeatPenalty: 2,
    repeatLastN: 2 ** 31 - 1,
    dryMultiplier: 1,
    dryPenaltyLastN: -1,
    topK: 2 ** 31 - 1,
    minKeep: 2 ** 31 - 1,
  });
  assert.deepEqual([settings.repeatLastN, settings.dryPenaltyLastN, settings.window], [100, 100, 100]);
  assert.deepEqual([settings.topK, settings.minKeep], [vocabulary.size, vocabulary.size]);
  using dry = new DrySamplers(model().library);
  makeSamplerChain(model(), settings, dry)[Symbol.dispose]();
});

Deno.test("resolveSampling names the parameter that is wrong", () => {
  const { vocabulary } = model();
  const cases: [Partial<Sampling>, string, RegExp][] = [
    [{ logitBias: [{ token: vocabulary.size, bias: 1 }] }, "logit_bias", new RegExp(`token ${vocabulary.size}\\b`)],
    [{ logitBias: [{ token: -1, bias: 1 }] }, "logit_bias", /token -1\b/],
    [{ logitBias: [{ token: 1, bias: NaN }] }, "logit_bias", /NaN/],
    [{ logitBias: [{ token: 1, bias: Infinity }] }, "logit_bias", /Infinity/],
    [{ topP: 1.5 }, "top_p", /1\.5.* from 0 to 1$/],
    [{ topK: 1.5 }, "top_k", /integer from 0 on$/],
    [{ typicalP: -1 }, "typical_p", /from 0 to 1$/],
    [{ temperature: NaN }, "temperature", /NaN/],
    [{ repeatPenalty: 0 }, "repeat_penalty", /is 0/],
    [{ dryBase: 0.5 }, "dry_base", /from 1 on/],
    [{ adaptiveTarget: 2 }, "adaptive_target", / up to 1$/],
    [{ drySequenceBreakers: Array.from({ length: 33 }, String) }, "dry_sequence_breakers", /33/],
    [{ drySequenceBreakers: ["a\0b"] }, "dry_sequence_breakers", /NUL/],
    [{ samplers: ["top_k", "top_k"] }, "samplers", /"top_k" twice/],
  ];
  for (const [sampling, param, message] of cases) {
    assert.throws(
      () => resolve(sampling),
      (error) =>
        error instanceof EngineError && error.code === "invalid_value" && error.param === param &&
        error.message.replaceAll('"', "").startsWith(param) && message.test(error.message),
      JSON.stringify(sampling),
    );
  }
});

Deno.test("DrySamplers gives each chain a sampler of its own, which does what one made anew does", () => {
  using dry = new DrySamplers(model().library);
  const settings = resolve({ ...OFF, samplers: ["dry"], dryMultiplier: 5, dryAllowedLength: 1, dryBase: 2 });
  using first = makeSamplerChain(model(), settings, dry);
  using second = makeSamplerChain(model(), settings, dry);
  using other = makeSamplerChain(model(), resolve({ ...OFF, samplers: ["dry"], dryMultiplier: 0.001 }), dry);
  for (const token of [1, 2, 3, 1, 2]) for (const chain of [first, other]) chain.accept(token);
  const chance = (chain: SamplerChain): number => {
    const candidates = new Candidates(5);
    candidates.setAll(Float32Array.from([1, 1, 1, 1, 1]));
    chain.choose(candidates);
    return candidates.probabilities().find(({ id }) => id === 3)?.p ?? 0;
  };
  assert.ok(chance(first) < 0.01, "3 would go on the repetition");
  assert.ok(Math.abs(chance(second) - 0.2) < 1e-6, "another chain knows nothing of it");
  assert.ok(chance(other) > 0.19, "other settings have a sampler of their own");
});
