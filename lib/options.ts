import { decimal, flag, integer, layers, MAX_INT32, onOffAuto, type OptionValue, text } from "./option_value.ts";

// Checked by hand and not by zod, whose evaluation alone would delay the first token by 10 to 20 ms.

/** How one option of `serve` is written, checked and explained. Its environment variable is `PACKLLAMA_` and its long name. */
export interface OptionSpec<T = unknown> {
  /** As commander takes it: `-c, --ctx-size <n>`. */
  flags: string;
  /** Other spellings that users of llama.cpp and llamafile know. */
  aliases?: string[];
  group: "Model" | "Computing" | "Generation" | "Server" | "Diagnostics";
  help: string;
  /** Checks the text given; its default applies when none is. */
  value: OptionValue<T>;
}

/** Every option of `serve`, by the name that the parsed values have. */
export const SERVE_OPTIONS = {
  model: {
    flags: "-m, --model <file>",
    group: "Model",
    help: "GGUF or llamafile to serve, or the name of a pulled model; without it the model packed inside",
    value: text(undefined),
  },
  alias: { flags: "-a, --alias <name>", group: "Model", help: "name of the model in the API", value: text(undefined) },

  ctxSize: {
    flags: "-c, --ctx-size <n>",
    group: "Computing",
    help:
      "tokens of context, shared by the requests at once; 0: as many as the model was trained for, if memory suffices",
    value: integer(0, MAX_INT32, 0),
  },
  threads: {
    flags: "-t, --threads <n>",
    aliases: ["-tb", "--threads-batch"],
    group: "Computing",
    help: "threads that compute; -1: one for each physical core",
    value: integer(-1, 512, -1),
  },
  batchSize: {
    flags: "-b, --batch-size <n>",
    group: "Computing",
    help: "most tokens of one decode",
    value: integer(1, 65536, 2048),
  },
  ubatchSize: {
    flags: "--ubatch-size <n>",
    aliases: ["-ub"],
    group: "Computing",
    help: "most tokens computed at once inside a decode",
    value: integer(1, 65536, 512),
  },
  parallel: {
    flags: "--parallel <n>",
    aliases: ["-np"],
    group: "Computing",
    help: "requests computed at once; more wait",
    value: integer(1, 64, 4),
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
  temp: {
    flags: "--temp <t>",
    aliases: ["--temperature"],
    group: "Generation",
    help: "temperature; 0 picks the likeliest token",
    value: decimal(0, 100, 0.8),
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
  "--jinja": 0,
  "--gpu": 1,
};
