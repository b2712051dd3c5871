import { EngineError } from "../errors.ts";
import { SAMPLER_NAMES, type Sampling } from "./engine.ts";

/** What a number may be. */
interface Range {
  /** As llama-server calls it. */
  param: string;
  min: number;
  max: number;
  integer?: true;
}

/** The largest `int32_t`. */
const INT32 = 2 ** 31 - 1;
/** The largest `float`. */
const FLOAT = 3.4028234663852886e38;
/** The largest seed: llama.cpp takes 2³²-1 for none. */
const SEED = 2 ** 32 - 2;

/** Each one is looked for in the whole vocabulary, which takes milliseconds, and for some texts a hundred of them. */
const MOST_BREAKERS = 32;

/** The ranges that {@linkcode Sampling} states. */
const RANGES: Record<NumberName, Range> = {
  temperature: { param: "temperature", min: 0, max: FLOAT },
  dynamicTemperatureRange: { param: "dynatemp_range", min: 0, max: FLOAT },
  dynamicTemperatureExponent: { param: "dynatemp_exponent", min: 0, max: FLOAT },
  topK: { param: "top_k", min: 0, max: INT32, integer: true },
  topP: { param: "top_p", min: 0, max: 1 },
  minP: { param: "min_p", min: 0, max: 1 },
  typicalP: { param: "typical_p", min: 0, max: 1 },
  topNSigma: { param: "top_n_sigma", min: -FLOAT, max: FLOAT },
  xtcProbability: { param: "xtc_probability", min: 0, max: 1 },
  xtcThreshold: { param: "xtc_threshold", min: 0, max: 1 },
  minKeep: { param: "min_keep", min: 0, max: INT32, integer: true },
  seed: { param: "seed", min: 0, max: SEED, integer: true },
  repeatLastN: { param: "repeat_last_n", min: -1, max: INT32, integer: true },
  // Beyond, logits would no longer be finite.
  repeatPenalty: { param: "repeat_penalty", min: 1e-6, max: 1e6 },
  frequencyPenalty: { param: "frequency_penalty", min: -2, max: 2 },
  presencePenalty: { param: "presence_penalty", min: -2, max: 2 },
  dryMultiplier: { param: "dry_multiplier", min: 0, max: FLOAT },
  dryBase: { param: "dry_base", min: 1, max: FLOAT },
  dryAllowedLength: { param: "dry_allowed_length", min: 0, max: INT32, integer: true },
  dryPenaltyLastN: { param: "dry_penalty_last_n", min: -1, max: INT32, integer: true },
  mirostat: { param: "mirostat", min: 0, max: 2, integer: true },
  mirostatTau: { param: "mirostat_tau", min: 0, max: FLOAT },
  mirostatEta: { param: "mirostat_eta", min: 0, max: 1 },
  adaptiveTarget: { param: "adaptive_target", min: -FLOAT, max: 1 },
  adaptiveDecay: { param: "adaptive_decay", min: 0, max: 0.99 },
};

type NumberName = { [K in keyof Sampling]: Sampling[K] extends number | undefined ? K : never }[keyof Sampling];

/**
 * Holds sampling settings against their ranges, before native code sees them.
 *
 * @throws {EngineError} `invalid_value` naming the parameter as llama-server calls it.
 */
export function checkSampling(sampling: Sampling): void {
  for (const [name, range] of Object.entries(RANGES)) {
    // The keys of RANGES are names of numbers.
    const value = sampling[name as NumberName];
    if (value !== undefined) checkNumber(value, range);
  }
  for (const { bias } of sampling.logitBias) {
    if (Number.isNaN(bias) || bias > FLOAT) {
      fail("logit_bias", `has the bias ${bias}; it must be a number or -Infinity`);
    }
  }
  const { length } = sampling.drySequenceBreakers;
  if (length > MOST_BREAKERS) fail("dry_sequence_breakers", `has ${length} texts; ${MOST_BREAKERS} are the most`);
  if (sampling.drySequenceBreakers.some((text) => text.includes("\0"))) {
    fail("dry_sequence_breakers", "has a NUL in it");
  }
  for (const [i, name] of sampling.samplers.entries()) {
    if (!SAMPLER_NAMES.includes(name)) fail("samplers", `names "${name}"; there are ${SAMPLER_NAMES.join(", ")}`);
    if (sampling.samplers.indexOf(name) < i) fail("samplers", `names "${name}" twice`);
  }
}

function checkNumber(value: number, range: Range): void {
  const { param, min, max, integer } = range;
  if ((integer !== true || Number.isInteger(value)) && value >= min && value <= max) return;
  fail(param, `is ${value}; it must be ${integer === true ? "an integer" : "a number"}${describe(range)}`);
}

function describe({ min, max }: Range): string {
  if (min <= -FLOAT) return max >= FLOAT ? "" : ` up to ${max}`;
  return max >= INT32 ? ` from ${min} on` : ` from ${min} to ${max}`;
}

function fail(param: string, what: string): never {
  throw new EngineError("invalid_value", `${param} ${what}`, { param });
}
