import assert from "node:assert/strict";
import fc from "fast-check";
import { Candidates, NativeError, SamplerChain } from "../../ffi/mod.ts";
import { openRealModel, type RealModel } from "../real_engine.ts";
import { argmax, RealContext, TEXT } from "./real_context.ts";

let opened: RealModel | undefined;
let context: RealContext | undefined;
Deno.test.beforeAll(async () => {
  opened = await openRealModel();
  context = new RealContext(opened.model);
});
Deno.test.afterAll(() => opened?.[Symbol.dispose]());

function real(): RealModel {
  assert.ok(opened);
  return opened;
}

function decoded(): { it: RealContext; index: number } {
  assert.ok(context);
  context.context.clear();
  return { it: context, index: context.decode(context.tokens(TEXT)) };
}

function chain(): SamplerChain {
  return new SamplerChain(real().library);
}

/** Every sampler with arguments that do something. */
const SAMPLERS: Record<string, (chain: SamplerChain) => SamplerChain> = {
  topK: (chain) => chain.topK(40),
  topP: (chain) => chain.topP(0.9, 2),
  minP: (chain) => chain.minP(0.05, 2),
  typical: (chain) => chain.typical(0.9, 2),
  temperature: (chain) => chain.temperature(0.8),
  "temperature 0": (chain) => chain.temperature(0),
  dynamicTemperature: (chain) => chain.dynamicTemperature({ temperature: 1, range: 0.5, exponent: 1 }),
  xtc: (chain) => chain.xtc({ probability: 1, threshold: 0.01, minKeep: 1, seed: 7 }),
  topNSigma: (chain) => chain.topNSigma(1),
  penalties: (chain) =>
    chain.penalties({ vocabularySize: size(), lastN: 64, repeat: 1.3, frequency: 0.5, presence: 0.5 }),
  dry: (chain) => chain.dry({ ...dry(), breakers: ["\n", ":", '"', "*"] }),
  logitBias: (chain) =>
    chain.logitBias({ vocabularySize: size(), biases: [{ token: 5, bias: 3 }, { token: 6, bias: -Infinity }] }),
  infill: (chain) => chain.topK(10).topP(0.9).infill(real().model.vocabulary),
  grammar: (chain) => chain.grammar(grammar('root ::= " " [a-z]+')),
  lazyGrammar: (chain) => chain.lazyGrammar({ ...grammar('root ::= "{" "}"'), patterns: ["(\\{)"], tokens: [2] }),
};

/** Every sampler that ends a chain. */
const ENDS: Record<string, (chain: SamplerChain) => SamplerChain> = {
  greedy: (chain) => chain.greedy(),
  distribution: (chain) => chain.distribution(1234),
  mirostat: (chain) => chain.mirostat({ vocabularySize: size(), seed: 3, tau: 5, eta: 0.1 }),
  mirostat2: (chain) => chain.mirostat2({ seed: 3, tau: 5, eta: 0.1 }),
  adaptiveP: (chain) => chain.adaptiveP({ target: 0.4, decay: 0.9, seed: 3 }),
};

function size(): number {
  return real().model.vocabulary.size;
}

function grammar(text: string): { vocabulary: RealModel["model"]["vocabulary"]; grammar: string; root: string } {
  return { vocabulary: real().model.vocabulary, grammar: text, root: "root" };
}

function dry(): Omit<Parameters<SamplerChain["dry"]>[0], "breakers"> {
  return { vocabulary: real().model.vocabulary, multiplier: 0.8, base: 1.75, allowedLength: 2, lastN: 64 };
}

Deno.test("SamplerChain runs each of llama.cpp's samplers with each end, and clones that choose alike", () => {
  for (const [name, add] of Object.entries(SAMPLERS)) {
    for (const [end, finish] of Object.entries(ENDS)) {
      const { it, index } = decoded();
      using sampler = finish(add(chain()));
      if (!/rammar/.test(name)) { for (const token of it.tokens(TEXT)) sampler.accept(token); }
      using twin = sampler.clone();
      const tokens = [sampler.sample(it.context, index), sampler.sample(it.context, index)];
      assert.ok(tokens.every((token) => token >= 0 && token < size()), `${name}, ${end}`);
      assert.deepEqual([twin.sample(it.context, index), twin.sample(it.context, index)], tokens, `${name}, ${end}`);
      sampler.reset();
      assert.ok(sampler.sample(it.context, index) >= 0);
    }
  }
});

Deno.test("SamplerChain chooses among candidates as it samples from all logits", () => {
  const { it, index } = decoded();
  const logits = it.context.logits(index).slice();
  const all = new Candidates(size());
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      fc.double({ min: 0.2, max: 3, noNaN: true }),
      fc.nat({ max: 2 ** 32 - 2 }),
      (k, p, temperature, seed) => {
        const make = (): SamplerChain => chain().topK(k).topP(p).temperature(temperature).distribution(seed);
        using direct = make();
        using ours = make();
        using preselected = chain().topP(p).temperature(temperature).distribution(seed);
        for (let round = 0; round < 4; round++) {
          const expected = direct.sample(it.context, index);
          all.setAll(logits);
          const chosen = ours.choose(all);
          ours.accept(chosen);
          assert.equal(chosen, expected);
          // The k likeliest, sorted here: the same distribution, and so the same draw.
          const { ids, values } = likeliest(logits, k);
          const few = new Candidates(k);
          few.set(ids, values, k, true);
          assert.equal(preselected.choose(few), expected);
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("Candidates tell what samplers left, with probabilities that add up to 1", () => {
  const { it, index } = decoded();
  const candidates = new Candidates(size());
  candidates.setAll(it.context.logits(index));
  using sampler = chain().topK(5).distribution(1);
  assert.equal(candidates.selected, undefined);
  const chosen = sampler.choose(candidates);
  assert.equal(candidates.selected, chosen);
  assert.equal(candidates.size, 5);
  assert.equal(candidates.sorted, true);
  const left = candidates.probabilities();
  assert.equal(left[0]?.id, argmax(it.context.logits(index)));
  assert.ok(left.some(({ id }) => id === chosen));
  assert.ok(Math.abs(left.reduce((sum, { p }) => sum + p, 0) - 1) < 1e-5);
  assert.deepEqual(left.map(({ p }) => p), left.map(({ p }) => p).sort((a, b) => b - a));
  assert.deepEqual(candidates.logits().map(({ id }) => id), left.map(({ id }) => id));
});

Deno.test("Candidates refuse counts out of range, and a chain refuses none at all", () => {
  for (const capacity of [0, -1, 1.5, NaN, 2 ** 31]) assert.throws(() => new Candidates(capacity), RangeError);
  const candidates = new Candidates(2);
  const [ids, logits] = [Int32Array.of(1, 2, 3), Float32Array.of(1, 2)];
  for (const count of [0, 3, -1, 0.5]) assert.throws(() => candidates.set(ids, logits, count, false), RangeError);
  assert.throws(() => candidates.set(ids, logits.subarray(1), 2, false), RangeError);
  assert.throws(() => candidates.setAll(new Float32Array(3)), RangeError);
  using sampler = chain().greedy();
  assert.throws(() => sampler.choose(candidates), { name: "RangeError", message: /no candidates/ });
  candidates.set(ids, logits, 2, false);
  assert.equal(sampler.choose(candidates), 2);
});

Deno.test("SamplerChain refuses to select without a sampler that does, rather than ending the process", () => {
  const { it, index } = decoded();
  const candidates = new Candidates(1);
  candidates.set(Int32Array.of(1), Float32Array.of(1), 1, true);
  using empty = chain();
  using open = chain().topK(1);
  for (const sampler of [empty, open]) {
    assert.throws(() => sampler.sample(it.context, index), { name: "NativeError", message: /does not end with/ });
    assert.throws(() => sampler.choose(candidates), NativeError);
  }
});

Deno.test("SamplerChain chooses without accepting", () => {
  using sampler = chain().penalties({ vocabularySize: size(), lastN: 8, repeat: 1, frequency: 0, presence: 100 })
    .greedy();
  const candidates = new Candidates(2);
  const choose = (): number => {
    candidates.set(Int32Array.of(10, 11), Float32Array.of(2, 1), 2, true);
    return sampler.choose(candidates);
  };
  assert.deepEqual([choose(), choose()], [10, 10]);
  sampler.accept(10);
  assert.equal(choose(), 11);
  using twin = sampler.clone();
  sampler.reset();
  assert.equal(choose(), 10);
  candidates.set(Int32Array.of(10, 11), Float32Array.of(2, 1), 2, true);
  assert.equal(twin.choose(candidates), 11, "the clone keeps what it was told");
});

Deno.test("SamplerChain clones an adaptive sampler between its choice and the word that it was taken", () => {
  const { it, index } = decoded();
  using sampler = chain().adaptiveP({ target: 0.4, decay: 0.9, seed: 3 });
  const candidates = new Candidates(size());
  candidates.setAll(it.context.logits(index));
  const chosen = sampler.choose(candidates);
  using twin = sampler.clone();
  twin.accept(chosen);
  sampler.accept(chosen);
  assert.ok(twin.sample(it.context, index) >= 0);
});

Deno.test("SamplerChain bans and favours tokens by logit bias", () => {
  const { it, index } = decoded();
  const best = argmax(it.context.logits(index));
  using ban = chain().logitBias({ vocabularySize: size(), biases: [{ token: best, bias: -Infinity }] }).greedy();
  assert.notEqual(ban.sample(it.context, index), best);
  using favour = chain().logitBias({ vocabularySize: size(), biases: [{ token: 77, bias: 1000 }] }).greedy();
  assert.equal(favour.sample(it.context, index), 77);
  using none = chain().logitBias({ vocabularySize: size(), biases: [] }).greedy();
  assert.equal(none.sample(it.context, index), best);
});

Deno.test("SamplerChain holds to a grammar, and refuses a token that it does not allow", () => {
  const { it, index } = decoded();
  using sampler = chain().grammar(grammar('root ::= " cat"')).greedy();
  const [token] = it.tokens(" cat");
  assert.ok(token !== undefined);
  assert.throws(() => sampler.accept(argmax(it.context.logits(index))), {
    name: "NativeError",
    message: /grammar does not allow token/,
  });
  assert.throws(() => sampler.accept(size()), RangeError);
  const first = sampler.sample(it.context, index);
  assert.ok(" cat".startsWith(new TextDecoder().decode(real().model.vocabulary.piece(first))));
  assert.throws(() => chain().grammar(grammar("root ::= nowhere")), { name: "NativeError", message: /grammar/ });
  assert.throws(() => chain().grammar(grammar("start ::= [a]")), NativeError);
});

Deno.test("SamplerChain refuses arguments out of range before native code sees them", () => {
  using sampler = chain();
  const ok = { vocabularySize: 10, lastN: 5, repeat: 1.1, frequency: 0, presence: 0 };
  const xtc = { probability: 0.5, threshold: 0.1, minKeep: 1, seed: 1 };
  const bias = (token: number, value: number): SamplerChain =>
    sampler.logitBias({ vocabularySize: 10, biases: [{ token, bias: value }] });
  const uses: (() => unknown)[] = [
    () => sampler.topK(-1),
    () => sampler.topK(1.5),
    () => sampler.topP(1.1),
    () => sampler.topP(NaN),
    () => sampler.topP(0.5, -1),
    () => sampler.minP(-0.1),
    () => sampler.typical(2),
    () => sampler.temperature(-1),
    () => sampler.temperature(Infinity),
    () => sampler.temperature(1e300),
    () => sampler.dynamicTemperature({ temperature: 1, range: -1, exponent: 1 }),
    () => sampler.dynamicTemperature({ temperature: 1, range: 1, exponent: NaN }),
    () => sampler.xtc({ ...xtc, probability: 2 }),
    () => sampler.xtc({ ...xtc, threshold: -1 }),
    () => sampler.xtc({ ...xtc, seed: -1 }),
    () => sampler.topNSigma(-1),
    () => sampler.distribution(2 ** 32),
    () => sampler.distribution(0.5),
    () => sampler.mirostat({ vocabularySize: 10, seed: 1, tau: -1, eta: 0.1 }),
    () => sampler.mirostat({ vocabularySize: 10, seed: 1, tau: 5, eta: 0.1, m: 1 }),
    () => sampler.mirostat({ vocabularySize: 0, seed: 1, tau: 5, eta: 0.1 }),
    () => sampler.mirostat2({ seed: 1, tau: NaN, eta: 0.1 }),
    () => sampler.penalties({ ...ok, repeat: 0 }),
    () => sampler.penalties({ ...ok, repeat: NaN }),
    () => sampler.penalties({ ...ok, lastN: -1 }),
    () => sampler.penalties({ ...ok, lastN: 2 ** 31 }),
    () => sampler.penalties({ ...ok, frequency: Infinity }),
    () => sampler.dry({ ...dry(), multiplier: -1, breakers: [] }),
    () => sampler.dry({ ...dry(), allowedLength: -1, breakers: [] }),
    () => sampler.dry({ ...dry(), lastN: 2 ** 31, breakers: [] }),
    () => sampler.adaptiveP({ target: 1.5, decay: 0.9, seed: 1 }),
    () => sampler.adaptiveP({ target: 0.5, decay: 1, seed: 1 }),
    () => bias(10, 1),
    () => bias(-1, 1),
    () => bias(1, NaN),
    () => bias(1, Infinity),
    () => sampler.lazyGrammar({ ...grammar('root ::= "a"'), patterns: [], tokens: [size()] }),
    () => sampler.accept(-1),
    () => sampler.accept(0.5),
  ];
  for (const use of uses) assert.throws(use, RangeError, String(use));
  assert.throws(() => sampler.dry({ ...dry(), breakers: ["\0"] }), TypeError);
  assert.equal(sampler.greedy(), sampler, "the chain is whole");
});

Deno.test("SamplerChain is freed by `using` when a later step throws", () => {
  const build = (): void => {
    using made = new DisposableStack();
    const sampler = made.use(chain());
    sampler.topK(5).topP(7);
  };
  assert.throws(build, RangeError);
});

function likeliest(logits: Float32Array, k: number): { ids: Int32Array; values: Float32Array } {
  const ids = Int32Array.from([...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0)).slice(0, k));
  return { ids, values: Float32Array.from(ids, (id) => logits[id] ?? 0) };
}
