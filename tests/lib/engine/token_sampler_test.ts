import assert from "node:assert/strict";
import fc from "fast-check";
import { Candidates } from "../../../ffi/mod.ts";
import { DEFAULT_SAMPLING, type Sampling } from "../../../lib/engine/mod.ts";
import { Preselection } from "../../../lib/engine/preselection.ts";
import { resolveSampling } from "../../../lib/engine/resolve_sampling.ts";
import { DrySamplers } from "../../../lib/engine/dry_samplers.ts";
import { makeSamplerChain } from "../../../lib/engine/sampling.ts";
import { TokenSampler } from "../../../lib/engine/token_sampler.ts";
import { RealContext } from "../../ffi/real_context.ts";
import { openRealModel, type RealModel } from "../../real_engine.ts";

const CONTEXT_LENGTH = 512;
/** A text that may go on in many ways. */
const TEXT = "My favourite thing is";

let real: RealModel | undefined;
let decoded: { at: RealContext; index: number } | undefined;
Deno.test.beforeAll(async () => {
  real = await openRealModel();
  const at = new RealContext(real.model);
  decoded = { at, index: at.decode(at.tokens(TEXT)) };
});
Deno.test.afterAll(() => {
  drySamplers?.[Symbol.dispose]();
  real?.[Symbol.dispose]();
});

let drySamplers: DrySamplers | undefined;
function dry(): DrySamplers {
  return drySamplers ??= new DrySamplers(model().library);
}

function model(): RealModel["model"] {
  assert.ok(real);
  return real.model;
}

/** Draws from the logits after {@linkcode TEXT}, without decoding what was drawn. */
function draw(sampling: Partial<Sampling>, count: number, before: readonly number[] = []): number[] {
  assert.ok(decoded);
  const { at, index } = decoded;
  const settings = { ...DEFAULT_SAMPLING, seed: 1, ...sampling };
  using sampler = new TokenSampler(model(), { ...settings, seed: settings.seed ?? 1 }, {
    contextLength: CONTEXT_LENGTH,
    dry: dry(),
  });
  for (const token of before) sampler.accept(token);
  return Array.from({ length: count }, () => sampler.sample(at.context, index));
}

function logits(): Float32Array {
  assert.ok(decoded);
  return decoded.at.context.logits(decoded.index);
}

/** Few tokens, so that penalties, DRY and biases meet those that are likely. */
const LIKELY = 40;
const token = fc.nat({ max: LIKELY - 1 });
const bias = fc.oneof(fc.constant(-Infinity), fc.double({ min: -8, max: 8, noNaN: true }));

/** Settings of a chain that keeps few tokens first of all. */
const sampling: fc.Arbitrary<Partial<Sampling>> = fc.record({
  seed: fc.nat(),
  topK: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 512 })),
  temperature: fc.constantFrom(0, 0.3, 0.8, 1, 2),
  topP: fc.constantFrom(0, 0.5, 0.95, 1),
  minP: fc.constantFrom(0, 0.05, 0.3),
  typicalP: fc.constantFrom(0.5, 1, 1, 1),
  xtcProbability: fc.constantFrom(0, 0, 0.5),
  xtcThreshold: fc.constantFrom(0.05, 0.2),
  dynamicTemperatureRange: fc.constantFrom(0, 0, 0.5),
  adaptiveTarget: fc.constantFrom(-1, -1, -1, 0.3),
  minKeep: fc.constantFrom(0, 0, 3),
  repeatLastN: fc.constantFrom(-1, 0, 3, 64),
  repeatPenalty: fc.constantFrom(1, 1.1, 3),
  frequencyPenalty: fc.constantFrom(0, 0, 0.7, 2),
  presencePenalty: fc.constantFrom(0, 0, 1.5),
  dryMultiplier: fc.constantFrom(0, 0, 0, 2),
  dryAllowedLength: fc.constantFrom(0, 1, 2),
  dryPenaltyLastN: fc.constantFrom(-1, 5),
  drySequenceBreakers: fc.constantFrom([], ["\n"]),
  logitBias: fc.array(fc.record({ token, bias }), { maxLength: 6 }),
  ignoreEos: fc.constantFrom(false, false, true),
  samplers: fc.constantFrom(
    DEFAULT_SAMPLING.samplers,
    ["penalties", "top_k", "top_p", "temperature"],
    ["dry", "temperature", "top_k", "penalties", "min_p", "xtc"],
    ["temperature", "top_k", "typ_p"],
  ),
}, { noNullPrototype: true });

/** Logits as a model's, most of them low, and {@linkcode LIKELY} high ones; with `ties` many are equal and some -Infinity. */
function makeLogits(seed: number, { ties }: { ties: boolean }): Float32Array {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float32Array.from({ length: model().vocabulary.size }, (_, id) => {
    const logit = (random() + random() + random() - 1.5) * 12 + (id < LIKELY ? 12 : -8);
    if (!ties) return logit;
    return random() < 0.1 ? -Infinity : Math.round(logit);
  });
}

/** What of the likely tokens may be chosen; undefined for all. */
type Allows = ((token: number) => boolean) | undefined;

/** Samples some tokens with and without the preselection, and holds one against the other; false where there is nothing to compare. */
function compare(
  sampling: Partial<Sampling>,
  seed: number,
  { ties, allows }: { ties: boolean; allows?: Allows },
): boolean {
  const { vocabulary } = model();
  const settings = resolveSampling(vocabulary, { ...DEFAULT_SAMPLING, ...sampling, seed: sampling.seed ?? 0 }, {
    contextLength: CONTEXT_LENGTH,
  });
  const preselection = Preselection.of(settings);
  if (preselection === undefined) return false;
  // Of equal tokens that are cut off, one may have a penalty that comes later.
  if (ties && settings.active.lastIndexOf("penalties") > settings.active.indexOf("top_k")) return false;
  using few = makeSamplerChain(model(), settings, dry());
  using all = makeSamplerChain(model(), settings, dry());
  const some = new Candidates(preselection.capacity);
  const whole = new Candidates(vocabulary.size);
  const accept = (token: number): void => {
    for (const each of [few, all, preselection]) each.accept(token);
  };
  for (let i = 0; i < 12; i++) accept((seed + i * i) % 7);
  for (let step = 0; step < 4; step++) {
    const logits = makeLogits(seed + step, { ties });
    const selected = preselection.select(logits, some, allows);
    assert.ok(selected || allows !== undefined);
    if (!selected) return false;
    setAllowed(whole, logits, allows);
    const found = few.choose(some);
    const expected = all.choose(whole);
    if (settings.greedy) assert.equal(found, expected, JSON.stringify(settings));
    else {
      // Which of equal ones a chain cuts off or puts first, std::partial_sort leaves open.
      const [left, leftOfAll] = [some.logits(), whole.logits()];
      assert.deepEqual(left.map(({ logit }) => logit), leftOfAll.map(({ logit }) => logit), JSON.stringify(settings));
      assert.equal(
        left.find(({ id }) => id === found)?.logit,
        leftOfAll.find(({ id }) => id === expected)?.logit,
        JSON.stringify(settings),
      );
      if (!ties) assert.equal(found, expected, JSON.stringify(settings));
    }
    // From here on they would choose after different tokens.
    if (found !== expected) break;
    accept(expected);
  }
  return true;
}

function setAllowed(candidates: Candidates, logits: Float32Array, allows: Allows): void {
  if (allows === undefined) return candidates.setAll(logits);
  const ids = Int32Array.from(logits.keys()).filter(allows);
  candidates.set(ids, Float32Array.from(ids, (id) => logits[id] ?? 0), ids.length, false);
}

Deno.test("Preselection gives the chain all that it chooses among of the tokens that are allowed, or says that it cannot", () => {
  let compared = 0;
  fc.assert(
    fc.property(sampling, fc.nat(), fc.integer({ min: 1, max: 5 }), (settings, seed, part) => {
      const allows = (token: number): boolean => Math.imul(token + seed, 0x9e3779b1) >>> 0 < 2 ** 32 / part;
      if (compare(settings, seed, { ties: false, allows })) compared++;
    }),
    { numRuns: 80 },
  );
  assert.ok(compared > 15, `only ${compared} could`);
});

for (const ties of [false, true]) {
  Deno.test(`Preselection gives the chain all that it chooses among${ties ? ", with logits that are equal" : ""}`, () => {
    let compared = 0;
    fc.assert(
      fc.property(sampling, fc.nat(), (settings, seed) => {
        if (compare(settings, seed, { ties })) compared++;
      }),
      { numRuns: 120 },
    );
    assert.ok(compared > 40, `only ${compared} had one`);
  });
}

Deno.test("Preselection is left where anything but the k likeliest might count", () => {
  const of = (sampling: Partial<Sampling>): Preselection | undefined =>
    Preselection.of(resolveSampling(model().vocabulary, { ...DEFAULT_SAMPLING, seed: 0, ...sampling }, {
      contextLength: CONTEXT_LENGTH,
    }));
  for (
    const without of [
      { topK: 0 },
      { topK: 513 },
      { topNSigma: 1 },
      { mirostat: 2 },
      { frequencyPenalty: -1 },
      { repeatPenalty: 0.9 },
      { samplers: ["min_p", "top_k"] },
      { samplers: ["temperature", "top_k"], dynamicTemperatureRange: 1 },
    ] satisfies Partial<Sampling>[]
  ) assert.equal(of(without), undefined, JSON.stringify(without));
  assert.ok(of({}) !== undefined);
  assert.ok(of({ temperature: 0, topK: 0 }) !== undefined);
});

Deno.test("TokenSampler draws from the softmax of what top-k, top-p and temperature leave", () => {
  const draws = 20_000;
  const cases: Partial<Sampling>[] = [
    { topK: 12, topP: 1, minP: 0, temperature: 1.5 },
    // Here the whole vocabulary goes to the chain.
    { topK: 0, topP: 1, minP: 0.02, temperature: 1 },
    { topK: 8, topP: 1, minP: 0, temperature: 2, logitBias: [{ token: 5, bias: 15 }] },
  ];
  for (const sampling of cases) {
    const expected = distribution(sampling);
    const counts = new Map<number, number>();
    for (const token of draw(sampling, draws)) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const token of counts.keys()) assert.ok(expected.has(token), `${token} should not be drawn`);
    const statistic = chiSquare(expected, counts, draws);
    assert.ok(statistic.z < 5, `${JSON.stringify(sampling)}: ${JSON.stringify(statistic)}`);
    assert.ok(statistic.degrees >= 3);
  }
});

/** Probabilities by token after bias, temperature, top-k and min-p, computed without llama.cpp. */
function distribution({ topK = 0, minP = 0, temperature = 1, logitBias = [] }: Partial<Sampling>): Map<number, number> {
  const row = Float64Array.from(logits());
  for (const { token, bias } of logitBias) if (typeof token === "number") row[token] = (row[token] ?? 0) + bias;
  const order = Array.from(row.keys()).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
  const largest = row[order[0] ?? 0] ?? 0;
  const left = order.slice(0, topK || order.length).filter((id) => (row[id] ?? 0) - largest >= Math.log(minP));
  const weights = left.map((id) => Math.exp(((row[id] ?? 0) - largest) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return new Map(left.map((id, i) => [id, (weights[i] ?? 0) / sum]));
}

/** Pearson's statistic over tokens expected at least five times, the rest together; z of it by Wilson and Hilferty's approximation. */
function chiSquare(
  expected: Map<number, number>,
  counts: Map<number, number>,
  draws: number,
): { z: number; degrees: number } {
  const cells: [expected: number, found: number][] = [[0, 0]];
  for (const [token, p] of expected) {
    const cell: [number, number] = [p * draws, counts.get(token) ?? 0];
    const [rest = cell] = cells;
    if (cell[0] >= 5) cells.push(cell);
    else [rest[0], rest[1]] = [rest[0] + cell[0], rest[1] + cell[1]];
  }
  const used = cells.filter(([mean]) => mean > 0);
  const statistic = used.reduce((sum, [mean, found]) => sum + (found - mean) ** 2 / mean, 0);
  const degrees = used.length - 1;
  const spread = 2 / (9 * degrees);
  return { z: (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread), degrees };
}

Deno.test("TokenSampler repeats its draws for the same seed, and draws others for another", () => {
  for (const sampling of [{ temperature: 1.5 }, { temperature: 1.5, topK: 0 }, { mirostat: 2 as const }]) {
    assert.deepEqual(draw({ ...sampling, seed: 3 }, 30), draw({ ...sampling, seed: 3 }, 30));
    assert.notDeepEqual(draw({ ...sampling, seed: 3 }, 30), draw({ ...sampling, seed: 4 }, 30));
  }
});

Deno.test("TokenSampler draws the same whatever others draw in between", () => {
  assert.ok(decoded);
  const { at, index } = decoded;
  const make = (seed: number): TokenSampler =>
    new TokenSampler(model(), { ...DEFAULT_SAMPLING, ...WILD, seed }, { contextLength: CONTEXT_LENGTH, dry: dry() });
  using one = make(3);
  using other = make(4);
  const drawn = Array.from({ length: 30 }, (_, i) => {
    if (i % 3 > 0) other.sample(at.context, index);
    return one.sample(at.context, index);
  });
  assert.deepEqual(drawn, draw({ ...WILD, seed: 3 }, 30));
});

/** Everything that has a generator or a memory. */
const WILD: Partial<Sampling> = {
  temperature: 1.5,
  xtcProbability: 0.5,
  xtcThreshold: 0.02,
  presencePenalty: 0.5,
  dryMultiplier: 0.5,
};

Deno.test("TokenSampler takes the likeliest token at temperature 0, whatever the seed", () => {
  const row = logits();
  const likeliest = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  for (const seed of [0, 5]) assert.deepEqual(draw({ temperature: 0, seed }, 2), [likeliest, likeliest]);
});

Deno.test("TokenSampler looks back at the prompt's tokens and at its own where it is to", () => {
  const [likeliest = -1] = draw({ temperature: 0 }, 1);
  const penalized: Partial<Sampling> = { temperature: 0, presencePenalty: 2, frequencyPenalty: 2, repeatPenalty: 5 };
  assert.notEqual(draw(penalized, 1, [likeliest])[0], likeliest);
  const own = draw(penalized, 4);
  assert.equal(own[0], likeliest);
  assert.equal(new Set(own).size, 4);
  const looksBack = (sampling: Partial<Sampling>): boolean => {
    const settings = { ...DEFAULT_SAMPLING, seed: 1, ...sampling };
    using sampler = new TokenSampler(model(), { ...settings, seed: 1 }, { contextLength: CONTEXT_LENGTH, dry: dry() });
    return sampler.window > 0;
  };
  assert.deepEqual([looksBack({}), looksBack(penalized), looksBack({ dryMultiplier: 1 })], [false, true, true]);
  assert.equal(looksBack({ ...penalized, repeatLastN: 0 }), false);
});

Deno.test("TokenSampler goes on when more tokens have a penalty than can be picked out", () => {
  const sampling: Partial<Sampling> = { temperature: 0, presencePenalty: 2, repeatLastN: -1, logitBias: [] };
  const many = Array.from({ length: 600 }, (_, i) => i + 1000);
  assert.deepEqual(draw({ ...sampling, topK: 512 }, 3, many), draw({ ...sampling, topK: 0 }, 3, many));
  const drawn = draw({ presencePenalty: 2, repeatLastN: -1, topK: 512, temperature: 1.5 }, 20, many);
  assert.ok(new Set(drawn).size > 2);
});

Deno.test("TokenSampler never samples a banned token, nor one that ends generation when it is to ignore those", () => {
  const [likeliest = -1, ...rest] = draw({ temperature: 0 }, 1);
  assert.deepEqual(rest, []);
  assert.ok(!draw({ logitBias: [{ token: likeliest, bias: -Infinity }], temperature: 2 }, 200).includes(likeliest));
  const { vocabulary } = model();
  const eos = vocabulary.eos ?? -1;
  const pushed = { logitBias: [{ token: eos, bias: 100 }] };
  assert.deepEqual(draw(pushed, 1), [eos]);
  assert.ok(draw({ ...pushed, ignoreEos: true }, 100).every((token) => !vocabulary.isEndOfGeneration(token)));
});
