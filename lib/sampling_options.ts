import { decimal, flag, integer, lines, MAX_INT32 } from "./option_value.ts";
import type { OptionSpec } from "./options.ts";
import {
  LISTED_SAMPLERS,
  type ListedSampler,
  SAMPLER_LETTERS,
  samplerOfLetter,
  samplerOfName,
  type SamplerOrder,
  toSamplerOrder,
} from "./sampler_order.ts";

const DEFAULT_ORDER = toSamplerOrder(LISTED_SAMPLERS).samplers;

/** The options of `serve` that say how tokens are chosen when a request does not. */
export const SAMPLING_OPTIONS = {
  temp: {
    flags: "--temp <t>",
    aliases: ["--temperature"],
    group: "Generation",
    help: "temperature; 0 picks the likeliest token",
    value: decimal(0, 100, 0.8),
  },
  dynatempRange: {
    flags: "--dynatemp-range <x>",
    group: "Generation",
    help: "the temperature goes so far up and down with the entropy; 0: off",
    value: decimal(0, 100, 0),
  },
  dynatempExp: {
    flags: "--dynatemp-exp <x>",
    group: "Generation",
    help: "exponent by which the temperature follows the entropy",
    value: decimal(0, 100, 1),
  },
  topK: {
    flags: "--top-k <k>",
    group: "Generation",
    help: "choose among the k likeliest tokens; 0 and -1: all",
    value: integer(-1, MAX_INT32, 40),
  },
  topP: {
    flags: "--top-p <p>",
    group: "Generation",
    help: "choose among the likeliest tokens that add up to p; 1: all",
    value: decimal(0, 1, 0.95),
  },
  minP: {
    flags: "--min-p <p>",
    group: "Generation",
    help: "leave out tokens less than p times as likely as the likeliest; 0: none",
    value: decimal(0, 1, 0.05),
  },
  typical: {
    flags: "--typical <p>",
    aliases: ["--typical-p"],
    group: "Generation",
    help: "locally typical sampling; 1: off",
    value: decimal(0, 1, 1),
  },
  topNSigma: {
    flags: "--top-n-sigma <n>",
    aliases: ["--top-nsigma"],
    group: "Generation",
    help: "leave out logits more than n standard deviations below the largest; -1: none",
    value: decimal(-1, 1000, -1),
  },
  xtcProbability: {
    flags: "--xtc-probability <p>",
    group: "Generation",
    help: "how often XTC leaves out the likeliest tokens; 0: never",
    value: decimal(0, 1, 0),
  },
  xtcThreshold: {
    flags: "--xtc-threshold <p>",
    group: "Generation",
    help: "XTC leaves out all that are as likely, but for the least likely of them; above 0.5: off",
    value: decimal(0, 1, 0.1),
  },
  seed: {
    flags: "-s, --seed <n>",
    group: "Generation",
    help: "seed of the draw; -1: another one each time",
    value: integer(-1, 2 ** 32 - 1, -1),
  },
  repeatPenalty: {
    flags: "--repeat-penalty <x>",
    group: "Generation",
    help: "divides the logits of repeated tokens; 1: off",
    value: decimal(0.01, 100, 1),
  },
  repeatLastN: {
    flags: "--repeat-last-n <n>",
    group: "Generation",
    help: "tokens that penalties look back at; 0: none, -1: the whole context",
    value: integer(-1, MAX_INT32, 64),
  },
  frequencyPenalty: {
    flags: "--frequency-penalty <x>",
    group: "Generation",
    help: "subtracted from the logit of a token for each time that it occurred",
    value: decimal(-2, 2, 0),
  },
  presencePenalty: {
    flags: "--presence-penalty <x>",
    group: "Generation",
    help: "subtracted once from the logit of a token that occurred",
    value: decimal(-2, 2, 0),
  },
  dryMultiplier: {
    flags: "--dry-multiplier <x>",
    group: "Generation",
    help: "DRY: scale of the penalty on tokens that would go on a repetition; 0: off",
    value: decimal(0, 1000, 0),
  },
  dryBase: {
    flags: "--dry-base <x>",
    group: "Generation",
    help: "DRY: growth of the penalty with each repeated token",
    value: decimal(1, 1000, 1.75),
  },
  dryAllowedLength: {
    flags: "--dry-allowed-length <n>",
    group: "Generation",
    help: "DRY: tokens that may be repeated without a penalty",
    value: integer(0, MAX_INT32, 2),
  },
  dryPenaltyLastN: {
    flags: "--dry-penalty-last-n <n>",
    group: "Generation",
    help: "DRY: tokens to look back at; 0: none, -1: the whole context",
    value: integer(-1, MAX_INT32, 64),
  },
  drySequenceBreaker: {
    flags: "--dry-sequence-breaker <text>",
    group: "Generation",
    help: 'DRY: text at which a repetition ends, or "none"; may be given several times (default: \\n : " *)',
    repeatable: true,
    value: breakers,
  },
  mirostat: {
    flags: "--mirostat <version>",
    group: "Generation",
    help: "Mirostat 1 or 2 in place of all other samplers but the temperature; 0: off",
    value: integer(0, 2, 0),
  },
  mirostatLr: {
    flags: "--mirostat-lr <x>",
    group: "Generation",
    help: "Mirostat: learning rate (eta)",
    value: decimal(0, 1, 0.1),
  },
  mirostatEnt: {
    flags: "--mirostat-ent <x>",
    group: "Generation",
    help: "Mirostat: surprise to aim at (tau)",
    value: decimal(0, 100, 5),
  },
  adaptiveTarget: {
    flags: "--adaptive-target <p>",
    group: "Generation",
    help: "adaptive-p: choose tokens near this probability; -1: off",
    value: decimal(-1, 1, -1),
  },
  adaptiveDecay: {
    flags: "--adaptive-decay <x>",
    group: "Generation",
    help: "adaptive-p: how much earlier tokens count",
    value: decimal(0, 0.99, 0.9),
  },
  samplers: {
    flags: "--samplers <names>",
    group: "Generation",
    help: `order of the samplers, with ; between them; those left out are off (default: ${DEFAULT_ORDER.join(";")})`,
    value: samplerNames,
  },
  samplingSeq: {
    flags: "--sampling-seq <letters>",
    aliases: ["--sampler-seq"],
    group: "Generation",
    help: `the same by letters, where --samplers is not given (default: ${
      DEFAULT_ORDER.map((name) => SAMPLER_LETTERS[name]).join("")
    })`,
    value: samplerLetters,
  },
  logitBias: {
    flags: "-l, --logit-bias <token±bias>",
    group: "Generation",
    help: "added to the logit of the token of this id: 15043+1, or 15043-inf; may be given several times",
    repeatable: true,
    value: logitBiases,
  },
  ignoreEos: {
    flags: "--ignore-eos",
    group: "Generation",
    help: "never end an answer by the model's own wish",
    value: flag(false),
  },
} as const satisfies Record<string, OptionSpec>;

type Given = string | boolean | undefined;

function samplerNames(given: Given): SamplerOrder | undefined {
  if (given === undefined) return undefined;
  const words = String(given).split(";").map((word) => word.trim()).filter((word) => word !== "");
  return samplers(words, samplerOfName);
}

function samplerLetters(given: Given): SamplerOrder | undefined {
  if (given === undefined) return undefined;
  return samplers([...String(given)], samplerOfLetter);
}

function samplers(words: string[], find: (word: string) => ListedSampler | undefined): SamplerOrder {
  const listed = words.map((word) => {
    const name = find(word);
    if (name !== undefined) return name;
    const known = LISTED_SAMPLERS.map((name) => `${name} (${SAMPLER_LETTERS[name]})`).join(", ");
    throw new RangeError(`names the sampler "${word}"; there are ${known}`);
  });
  const twice = words.find((_, i) => listed.slice(0, i).some((name) => name === listed[i]));
  if (twice !== undefined) throw new RangeError(`names the sampler "${twice}" twice`);
  return toSamplerOrder(listed);
}

function breakers(given: Given): string[] | undefined {
  if (given === undefined) return undefined;
  const found = new Set<string>();
  for (const text of lines(given)) {
    if (text === "none") found.clear();
    // A line break itself comes as two empty lines.
    else found.add(text === "" ? "\n" : unescape(text));
  }
  return [...found];
}

/** Escapes that a shell leaves as they are. */
function unescape(text: string): string {
  return text.replaceAll(/\\([nrt"'\\])/g, (_, letter: string) => ESCAPES.get(letter) ?? letter);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([["n", "\n"], ["r", "\r"], ["t", "\t"]]);

function logitBiases(given: Given): { token: number; bias: number }[] {
  return lines(given).map((text) => {
    const [, token, sign, size] = /^(\d{1,9})([+-])(inf|infinity|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.exec(text) ?? [];
    const bias = size?.toLowerCase().startsWith("inf") ? Infinity : Number(size);
    if (token === undefined || (sign === "+" && bias === Infinity)) {
      throw new RangeError(`is not a token's id with a bias, such as 15043+1 or 15043-inf ("${text}")`);
    }
    return { token: Number(token), bias: sign === "-" ? -bias : bias };
  });
}
