import {
  decimal,
  flag,
  integer,
  layers,
  lines,
  MAX_INT32,
  oneOf,
  onOffAuto,
  type OptionValue,
  text,
} from "./option_value.ts";
import { SAMPLING_OPTIONS } from "./sampling_options.ts";
import { TEMPLATE_OPTIONS } from "./template_options.ts";

/** Types that a KV cache may have, as ggml calls them. */
export const KV_TYPE_NAMES = ["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"] as const;

// Checked by hand and not by zod, whose evaluation alone would delay the first token by 10 to 20 ms.

/** How one option of `serve` is written, checked and explained. Its environment variable is `PACKLLAMA_` and its long name. */
export interface OptionSpec<T = unknown> {
  /** As commander takes it: `-c, --ctx-size <n>`. */
  flags: string;
  /** Other spellings that users of llama.cpp and llamafile know. */
  aliases?: string[];
  group: "Model" | "Computing" | "Generation" | "Server" | "Diagnostics";
  help: string;
  /** May be given more than once: the texts come joined by line breaks. Otherwise the last one wins. */
  repeatable?: boolean;
  /** Checks the text given; its default applies when none is. */
  value: OptionValue<T>;
}

/** Every option of `serve`, by the name that the parsed values have. */
export const SERVE_OPTIONS = {
  model: {
    flags: "-m, --model <file>",
    aliases: ["--models-dir"],
    group: "Model",
    help: "GGUF or llamafile to serve, the name of a pulled model, or a folder of GGUFs; several times for several " +
      "models, of which a request's model names one; without it the model packed inside",
    repeatable: true,
    value: text(undefined),
  },
  alias: { flags: "-a, --alias <name>", group: "Model", help: "name of the model in the API", value: text(undefined) },
  strictModel: {
    flags: "--strict-model",
    group: "Model",
    help: "refuse requests for a model of another name; else the only model answers to any",
    value: flag(false),
  },
  modelsMax: {
    flags: "--models-max <n>",
    group: "Model",
    help: "most of several models loaded at once; fewer where memory is short",
    value: integer(1, 1024, 4),
  },
  modelIdle: {
    flags: "--model-idle <seconds>",
    aliases: ["--sleep-idle-seconds"],
    group: "Model",
    help: "unload a model so long after its last request; 0: never",
    value: integer(0, 1_000_000, 0),
  },
  lora: {
    flags: "--lora <file[:scale]>",
    aliases: ["--lora-scaled"],
    group: "Model",
    help: "LoRA adapter (GGUF) and how strongly it applies; may be given several times",
    repeatable: true,
    value: lines,
  },
  pooling: {
    flags: "--pooling <how>",
    group: "Model",
    help: "how embeddings of tokens become one: none, mean, cls, last or rank (default: the model's own way, or mean)",
    value: oneOf(["none", "mean", "cls", "last", "rank"], undefined),
  },
  modelDraft: {
    flags: "--model-draft <file>",
    aliases: ["-md"],
    group: "Model",
    help: "small model with the same vocabulary that guesses tokens ahead",
    value: text(undefined),
  },

  ctxSize: {
    flags: "-c, --ctx-size <n>",
    group: "Computing",
    help:
      "tokens of context, shared by the requests at once; 0: as many as the model was trained for, if memory suffices",
    value: integer(0, MAX_INT32, 0),
  },
  threads: {
    flags: "-t, --threads <n>",
    group: "Computing",
    help: "threads that compute; -1: one for each physical core",
    value: integer(-1, 512, -1),
  },
  threadsBatch: {
    flags: "--threads-batch <n>",
    aliases: ["-tb"],
    group: "Computing",
    help: "threads that compute prompts and batches; -1: as many as --threads",
    value: integer(-1, 512, -1),
  },
  poll: {
    flags: "--poll <level>",
    group: "Computing",
    help: "how long threads look for work before they sleep: 0 not at all, 100 long",
    value: integer(0, 100, 50),
  },
  numa: {
    flags: "--numa <how>",
    group: "Computing",
    help: "spread over NUMA nodes: distribute, isolate or numactl",
    value: oneOf(["distribute", "isolate", "numactl"], undefined),
  },
  batchSize: {
    flags: "-b, --batch-size <n>",
    group: "Computing",
    help:
      "caps --ubatch-size: a decode never holds more tokens than are computed at once, so that a cancelled one ends soon",
    value: integer(1, 65536, 2048),
  },
  ubatchSize: {
    flags: "--ubatch-size <n>",
    aliases: ["-ub"],
    group: "Computing",
    help: "most tokens of one decode",
    value: integer(1, 65536, 512),
  },
  parallel: {
    flags: "--parallel <n>",
    aliases: ["-np"],
    group: "Computing",
    help: "requests computed at once; more wait (default: by cores and memory, up to 8)",
    value: integer(1, 64, undefined),
  },
  kvUnified: {
    flags: "--kv-unified [on|off|auto]",
    aliases: ["-kvu"],
    group: "Computing",
    help: "one pool of KV cells for all requests, or an equal part for each (default: auto, by the load)",
    value: onOffAuto,
  },
  noKvUnified: {
    flags: "--no-kv-unified",
    aliases: ["-no-kvu"],
    group: "Computing",
    help: "the same as --kv-unified off",
    value: flag(true),
  },
  cacheTypeK: {
    flags: "--cache-type-k <type>",
    aliases: ["-ctk"],
    group: "Computing",
    help: `type of K in the KV cache: ${KV_TYPE_NAMES.join(", ")}`,
    value: oneOf(KV_TYPE_NAMES, "f16"),
  },
  cacheTypeV: {
    flags: "--cache-type-v <type>",
    aliases: ["-ctv"],
    group: "Computing",
    help: "type of V in the KV cache; a quantized one needs flash attention",
    value: oneOf(KV_TYPE_NAMES, "f16"),
  },
  swaFull: {
    flags: "--swa-full",
    group: "Computing",
    help: "keep all cells of layers with a sliding window, so that any prefix can be used again",
    value: flag(false),
  },
  cacheRam: {
    flags: "--cache-ram <mib>",
    aliases: ["-cram"],
    group: "Computing",
    help:
      "most RAM for KV states of earlier prompts in MiB; 0: none, -1: no limit (default: an eighth of what is free)",
    value: integer(-1, MAX_INT32, undefined),
  },
  promptCache: {
    flags: "--prompt-cache <file>",
    group: "Computing",
    help: "keep KV states of prompts in this file from one run to the next",
    value: text(undefined),
  },
  speculation: {
    flags: "--no-speculation",
    group: "Computing",
    help: "guess no tokens ahead",
    value: flag(true),
  },
  contextShift: {
    flags: "--context-shift",
    group: "Computing",
    help: "at the end of the context drop its older half and go on, instead of ending the answer",
    value: flag(false),
  },
  ropeScaling: {
    flags: "--rope-scaling <how>",
    group: "Computing",
    help: "RoPE scaling: none, linear or yarn (default: the model's own)",
    value: oneOf(["none", "linear", "yarn"], undefined),
  },
  ropeFreqBase: {
    flags: "--rope-freq-base <x>",
    group: "Computing",
    help: "RoPE base frequency; 0: the model's own",
    value: decimal(0, 1e12, 0),
  },
  ropeFreqScale: {
    flags: "--rope-freq-scale <x>",
    group: "Computing",
    help: "RoPE frequency factor: 1/x stretches the context x times; 0: the model's own",
    value: decimal(0, 1e3, 0),
  },
  ropeScale: {
    flags: "--rope-scale <x>",
    group: "Computing",
    help: "stretches the context x times: --rope-freq-scale 1/x",
    value: decimal(0, 1e6, 0),
  },
  yarnOrigCtx: {
    flags: "--yarn-orig-ctx <n>",
    group: "Computing",
    help: "YaRN: tokens of context the model was trained for; 0: as the model says",
    value: integer(0, MAX_INT32, 0),
  },
  yarnExtFactor: {
    flags: "--yarn-ext-factor <x>",
    group: "Computing",
    help: "YaRN: extrapolation mix; -1: the model's own",
    value: decimal(-1, 1e3, -1),
  },
  yarnAttnFactor: {
    flags: "--yarn-attn-factor <x>",
    group: "Computing",
    help: "YaRN: scale of the attention; -1: the model's own",
    value: decimal(-1, 1e3, -1),
  },
  yarnBetaSlow: {
    flags: "--yarn-beta-slow <x>",
    group: "Computing",
    help: "YaRN: high correction dimension; -1: the model's own",
    value: decimal(-1, 1e3, -1),
  },
  yarnBetaFast: {
    flags: "--yarn-beta-fast <x>",
    group: "Computing",
    help: "YaRN: low correction dimension; -1: the model's own",
    value: decimal(-1, 1e3, -1),
  },
  gpuLayers: {
    flags: "--gpu-layers <n>",
    aliases: ["-ngl", "--n-gpu-layers"],
    group: "Computing",
    help: "layers given to a GPU: a number, all or auto",
    value: layers,
  },
  flashAttn: {
    flags: "--flash-attn [on|off|auto]",
    aliases: ["-fa"],
    group: "Computing",
    help: "flash attention (default: auto)",
    value: onOffAuto,
  },
  mmap: { flags: "--no-mmap", group: "Computing", help: "read the weights instead of mapping them", value: flag(true) },
  mlock: { flags: "--mlock", group: "Computing", help: "keep the weights from being swapped out", value: flag(false) },
  cpuVariant: {
    flags: "--cpu-variant <name>",
    group: "Computing",
    help: "CPU variant of ggml, e.g. haswell (default: the best for this processor)",
    value: text(undefined),
  },
  memoryCheck: {
    flags: "--no-memory-check",
    group: "Computing",
    help: "load even what seems not to fit memory",
    value: flag(true),
  },

  nPredict: {
    flags: "-n, --n-predict <n>",
    aliases: ["--predict"],
    group: "Generation",
    help: "most tokens of an answer when a request does not say; -1: up to the end of the context",
    value: integer(-2, MAX_INT32, -1),
  },
  system: {
    flags: "--system <text>",
    aliases: ["-sys", "--system-prompt"],
    group: "Generation",
    help: "system prompt for conversations that bring none",
    value: text(undefined),
  },
  ...TEMPLATE_OPTIONS,
  ...SAMPLING_OPTIONS,
  keep: {
    flags: "--keep <n>",
    group: "Generation",
    help: "prompt tokens that a context shift keeps; -1: all",
    value: integer(-1, MAX_INT32, 0),
  },

  queue: {
    flags: "--queue <n>",
    group: "Server",
    help: "requests that may wait; more get a 503",
    value: integer(0, 1_000_000, 256),
  },
  host: { flags: "--host <address>", group: "Server", help: "address to listen at", value: text("127.0.0.1") },
  port: {
    flags: "--port <n>",
    group: "Server",
    help: "port to listen at; 0: any free one (default: 8080, or the next free one)",
    value: integer(0, 65535, undefined),
  },
  browser: {
    flags: "--no-browser",
    aliases: ["--nobrowser"],
    group: "Server",
    help: "open no browser; none is opened yet",
    value: flag(true),
  },
  store: {
    flags: "--store <file>",
    group: "Server",
    help: "keep stored responses in this SQLite file; else in memory, until the end",
    value: text(undefined),
  },
  slotSavePath: {
    flags: "--slot-save-path <folder>",
    group: "Server",
    help: "let clients keep what a slot holds in files of this folder, and restore it (POST /slots/ID?action=save)",
    value: text(undefined),
  },
  readyJson: {
    flags: "--ready-json",
    group: "Server",
    help: "print one line of JSON to standard output once requests are answered",
    value: flag(false),
  },
  exitWithStdin: {
    flags: "--exit-with-stdin",
    group: "Server",
    help: "end when standard input ends: with the program that started this one",
    value: flag(false),
  },

  verbose: {
    flags: "-v, --verbose",
    group: "Diagnostics",
    help: "show llama.cpp's log and our own",
    value: flag(false),
  },
} as const satisfies Record<string, OptionSpec>;

/** The parsed and checked options of `serve`. */
export type ServeOptions = {
  -readonly [K in keyof typeof SERVE_OPTIONS]: ReturnType<typeof SERVE_OPTIONS[K]["value"]>;
};

/**
 * Flags of llama.cpp and Mozilla's llamafile that ask for what is so anyway, or for what has no meaning here; the number says how many
 * values each takes. They are accepted and do nothing.
 */
export const ACCEPTED_FLAGS: Readonly<Record<string, number>> = {
  "--server": 0,
  "--cli": 0,
  "--chat": 0,
  "--v2": 0,
  "--fast": 0,
  "--unsecure": 0,
  "--log-disable": 0,
  "--no-display-prompt": 0,
  "--silent-prompt": 0,
  "--no-warmup": 0,
  "--cont-batching": 0,
  "-cb": 0,
  "--mmap": 0,
  "--embedding": 0,
  "--embeddings": 0,
  "--rerank": 0,
  "--reranking": 0,
  "--jinja": 0,
  "--no-jinja": 0,
  "--prefill-assistant": 0,
  "--reasoning-preserve": 0,
  "--gpu": 1,
};
