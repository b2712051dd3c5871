import assert from "node:assert/strict";
import { DEFAULT_SAMPLING, type Sampling } from "../../lib/engine/mod.ts";
import { checkOptions, readOptionLine } from "../../lib/option_line.ts";
import { samplingOfOptions } from "../../server/sampling_of_options.ts";

function parse(line: string): Sampling {
  return samplingOfOptions(checkOptions(readOptionLine(line === "" ? [] : line.split(" ")).options));
}

Deno.test("samplingOfOptions gives the engine's defaults when nothing is asked for", () => {
  assert.deepEqual(parse(""), DEFAULT_SAMPLING);
});

Deno.test("samplingOfOptions has each option at its place", () => {
  const cases: [string, Partial<Sampling>][] = [
    ["--temp 0.1 --dynatemp-range 0.2 --dynatemp-exp 3", {
      temperature: 0.1,
      dynamicTemperatureRange: 0.2,
      dynamicTemperatureExponent: 3,
    }],
    ["--top-k -1 --top-p 0.4 --min-p 0.6 --typical 0.7", { topK: 0, topP: 0.4, minP: 0.6, typicalP: 0.7 }],
    ["--top-nsigma 1.5 --xtc-probability 0.3 --xtc-threshold 0.2", {
      topNSigma: 1.5,
      xtcProbability: 0.3,
      xtcThreshold: 0.2,
    }],
    ["--seed 7", { seed: 7 }],
    ["--seed 4294967295", { seed: undefined }],
    ["--repeat-penalty 1.2 --repeat-last-n 5 --frequency-penalty 0.3 --presence-penalty 0.4", {
      repeatPenalty: 1.2,
      repeatLastN: 5,
      frequencyPenalty: 0.3,
      presencePenalty: 0.4,
    }],
    ["--dry-multiplier 0.8 --dry-base 2 --dry-allowed-length 4 --dry-penalty-last-n -1 --dry-sequence-breaker none", {
      dryMultiplier: 0.8,
      dryBase: 2,
      dryAllowedLength: 4,
      dryPenaltyLastN: -1,
      drySequenceBreakers: [],
    }],
    ["--mirostat 2 --mirostat-lr 0.2 --mirostat-ent 4", { mirostat: 2, mirostatEta: 0.2, mirostatTau: 4 }],
    ["--adaptive-target 0.5 --adaptive-decay 0.8", { adaptiveTarget: 0.5, adaptiveDecay: 0.8 }],
    ["--logit-bias 5-inf --ignore-eos", { logitBias: [{ token: 5, bias: -Infinity }], ignoreEos: true }],
    ["--sampling-seq kt", { samplers: ["top_k", "temperature"] }],
    ["--sampling-seq ka --adaptive-target 0.5", { samplers: ["top_k"], adaptiveTarget: 0.5 }],
    ["--samplers top_k --adaptive-target 0.5", { samplers: ["top_k"], adaptiveTarget: -1 }],
    ["--sampling-seq kt --samplers min_p", { samplers: ["min_p"] }],
  ];
  for (const [line, expected] of cases) assert.deepEqual(parse(line), { ...DEFAULT_SAMPLING, ...expected }, line);
});
