import assert from "node:assert/strict";
import fc from "fast-check";
import { SamplerChain } from "../../../ffi/mod.ts";
import { DEFAULT_SAMPLING, describeSamplers, SAMPLER_NAMES, type Sampling } from "../../../lib/engine/mod.ts";
import { DrySamplers } from "../../../lib/engine/dry_samplers.ts";
import { resolveSampling } from "../../../lib/engine/resolve_sampling.ts";
import { makeSamplerChain } from "../../../lib/engine/sampling.ts";
import { EngineError } from "../../../lib/errors.ts";
import { openRealModel } from "../../real_engine.ts";

/** What the methods of a chain are for, by the names that descriptions have. */
const NAME_OF_METHOD = {
  logitBias: "logit_bias",
  penalties: "penalties",
  copyOf: "dry",
  dry: "dry",
  topNSigma: "top_n_sigma",
  topK: "top_k",
  typical: "typ_p",
  topP: "top_p",
  minP: "min_p",
  xtc: "xtc",
  temperature: "temperature",
  dynamicTemperature: "temperature",
  mirostat: "mirostat_1",
  mirostat2: "mirostat_2",
  adaptiveP: "adaptive_p",
  greedy: "greedy",
  distribution: "dist",
} as const;

function describe(sampling: Partial<Sampling>): ReturnType<typeof describeSamplers> {
  return describeSamplers({ ...DEFAULT_SAMPLING, seed: 7, ...sampling }, { contextLength: 100, vocabularySize: 1000 });
}

Deno.test("describeSamplers has the chain in order, with its parameters and without what changes nothing", () => {
  assert.deepEqual(describe({}), [
    { name: "top_k", k: 40 },
    { name: "top_p", p: 0.95, min_keep: 0 },
    { name: "min_p", p: 0.05, min_keep: 0 },
    { name: "temperature", temperature: 0.8 },
    { name: "dist", seed: 7 },
  ]);
  assert.deepEqual(describe({ temperature: 0 }), [{ name: "greedy" }]);
  assert.deepEqual(describe({ mirostat: 2, logitBias: [{ token: "a", bias: -Infinity }] }), [
    { name: "logit_bias", entries: 1, ignore_eos: false },
    { name: "temperature", temperature: 0.8 },
    { name: "mirostat_2", tau: 5, eta: 0.1, seed: 7 },
  ]);
  assert.deepEqual(describe({ samplers: ["top_k", "penalties"], topK: 5000, repeatPenalty: 2, repeatLastN: -1 }), [
    { name: "top_k", k: 1000 },
    { name: "penalties", last_n: 100, repeat: 2, frequency: 0, presence: 0 },
    { name: "dist", seed: 7 },
  ]);
});

Deno.test("describeSamplers refuses settings out of range, as the engine does", () => {
  assert.throws(() => describe({ topP: 2 }), (error) => error instanceof EngineError && error.param === "top_p");
});

Deno.test("describeSamplers names the samplers that makeSamplerChain makes", async () => {
  using real = await openRealModel();
  using dry = new DrySamplers(real.library);
  const { model } = real;
  const made = (sampling: Sampling & { seed: number }): string[] => {
    const calls: { chain: unknown; name: string }[] = [];
    using _spy = spyOnChains((chain, name) => calls.push({ chain, name }));
    using chain = makeSamplerChain(model, resolveSampling(model.vocabulary, sampling, { contextLength: 100 }), dry);
    return calls.filter((call) => call.chain === chain).map(({ name }) => name);
  };
  const settings = fc.record({
    temperature: fc.constantFrom(0, 0.5, 1),
    dynamicTemperatureRange: fc.constantFrom(0, 0.5),
    topK: fc.constantFrom(0, 5),
    topP: fc.constantFrom(0.5, 1),
    minP: fc.constantFrom(0, 0.1),
    typicalP: fc.constantFrom(0.5, 1),
    topNSigma: fc.constantFrom(-1, 1),
    xtcProbability: fc.constantFrom(0, 0.5),
    repeatPenalty: fc.constantFrom(1, 1.5),
    dryMultiplier: fc.constantFrom(0, 1),
    mirostat: fc.constantFrom<Sampling["mirostat"]>(0, 0, 0, 1, 2),
    adaptiveTarget: fc.constantFrom(-1, 0.5),
    logitBias: fc.constantFrom<Sampling["logitBias"]>([], [{ token: 1, bias: 2 }]),
    samplers: fc.shuffledSubarray([...SAMPLER_NAMES]),
  });
  fc.assert(
    fc.property(settings, (given) => {
      const sampling = { ...DEFAULT_SAMPLING, ...given, seed: 1 };
      const described = describeSamplers(sampling, { contextLength: 100, vocabularySize: model.vocabulary.size });
      assert.deepEqual(described.map(({ name }) => name), made(sampling));
    }),
    { numRuns: 300 },
  );
});

/** Tells of each sampler that is added to any chain. */
function spyOnChains(tell: (chain: unknown, name: string) => void): Disposable {
  const restore = Object.entries(NAME_OF_METHOD).map(([method, name]) => {
    const own = Object.getOwnPropertyDescriptor(SamplerChain.prototype, method);
    assert.ok(own);
    const original: unknown = own.value;
    assert.ok(typeof original === "function");
    Object.defineProperty(SamplerChain.prototype, method, {
      ...own,
      value(this: unknown, ...args: unknown[]): unknown {
        tell(this, name);
        return Reflect.apply(original, this, args);
      },
    });
    return (): void => void Object.defineProperty(SamplerChain.prototype, method, own);
  });
  return { [Symbol.dispose]: () => restore.forEach((undo) => undo()) };
}
