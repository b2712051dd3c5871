// deno task parity [--prompts N] [--only TEXT] [--models smollm2,gemma] [--modes NAMES] [--layouts NAMES] [--json FILE] [--markdown FILE] [--threads N]
//   [--cpu-variant NAME] [--packllama FILE]: greedy answers of ours and of llama-server (PEER_BIN names its folder), compared in every mode.
import { parseArgs } from "node:util";
import { physicalCores } from "../../lib/physical_cores.ts";
import { stderrProgress } from "../../lib/progress.ts";
import { DEFAULT_MODEL, fetchModel, findModel } from "../../models/mod.ts";
import { describeMachine, versionsOf } from "../bench/machine.ts";
import { PACKLLAMA } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { ALL_MODES } from "./answer_runs.ts";
import type { Mode } from "./modes.ts";
import { compareModel, type ModelParity } from "./model_parity.ts";
import { parityMarkdown } from "./parity_markdown.ts";
import type { Layout } from "./parity_servers.ts";
import { findPeer } from "./peer.ts";
import { PROMPTS } from "./prompts.ts";
import { TokenTable } from "./token_table.ts";

const MODELS = { smollm2: DEFAULT_MODEL, gemma: "gemma-3-270m" } as const;
const LAYOUTS: readonly Layout[] = ["unified", "split", "auto"];
const TOKENS = 40;

/** What the command line decides. */
interface Settings {
  prompts: number;
  /** Only prompts with this in their names. */
  only: string;
  models: (keyof typeof MODELS)[];
  modes: Mode[];
  layouts: Layout[];
  threads: number;
  cpuVariant: string | undefined;
  packllama: string;
  json: string | undefined;
  markdown: string | undefined;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const settings = readSettings(args);
  const { threads, packllama } = settings;
  const peerBin = findPeer();
  if (peerBin === undefined) {
    throw new Error("Set PEER_BIN to the folder of llama-server v0.4.0 (peer/build.sh builds it)");
  }
  const prompts = PROMPTS.filter(({ name }) => name.includes(settings.only)).slice(0, settings.prompts);
  if (prompts.length === 0) throw new RangeError(`No prompt has "${settings.only}" in its name`);
  const cpuVariant = settings.cpuVariant ?? await chosenVariant(packllama, await modelFile(DEFAULT_MODEL));
  const models: ModelParity[] = [];
  for (const key of settings.models) {
    const model = await modelFile(MODELS[key]);
    using table = await TokenTable.open(model);
    const log = (text: string): void => console.error(`${key}: ${text}`);
    const plan = { prompts, tokens: TOKENS, modes: settings.modes, layouts: settings.layouts, log };
    models.push(await compareModel(MODELS[key], { packllama, peerBin, model, table, threads, cpuVariant }, plan));
  }
  const report = {
    date: new Date().toISOString(),
    command: ["deno task parity", ...args].join(" "),
    machine: describeMachine(),
    versions: versionsOf({ base: packllama, peerBin }),
    cpuVariant,
    threads,
    prompts: prompts.length,
    tokens: TOKENS,
    models,
  };
  const markdown = parityMarkdown(report);
  if (settings.markdown === undefined) console.log(markdown);
  else await Deno.writeTextFile(settings.markdown, markdown);
  // JSON has no infinity: a gap beyond the likeliest tokens becomes null.
  if (settings.json !== undefined) await Deno.writeTextFile(settings.json, JSON.stringify(report, undefined, 1) + "\n");
  for (const { model, failures } of models) {
    for (const failure of failures) console.error(`${model}: FAILED: ${failure}`);
  }
  return models.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

function readSettings(args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      prompts: { type: "string", default: String(PROMPTS.length) },
      only: { type: "string", default: "" },
      models: { type: "string", default: Object.keys(MODELS).join() },
      modes: { type: "string", default: ALL_MODES.join() },
      layouts: { type: "string", default: LAYOUTS.join() },
      threads: { type: "string", default: String(physicalCores()) },
      "cpu-variant": { type: "string" },
      packllama: { type: "string", default: PACKLLAMA },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const { only, packllama, json, markdown } = values;
  const modes = choose(values.modes, ALL_MODES);
  // What everything is compared with.
  if (!modes.includes("cold")) modes.unshift("cold");
  return {
    prompts: Number(values.prompts),
    only,
    models: choose(values.models, ["smollm2", "gemma"]),
    modes,
    layouts: choose(values.layouts, LAYOUTS),
    threads: Number(values.threads),
    cpuVariant: values["cpu-variant"],
    packllama,
    json,
    markdown,
  };
}

/** @throws {RangeError} When a name is unknown. */
function choose<T extends string>(names: string, known: readonly T[]): T[] {
  return names.split(",").map((name) => {
    const found = known.find((each) => each === name);
    if (found === undefined) throw new RangeError(`Unknown "${name}": expected some of ${known.join(", ")}`);
    return found;
  });
}

function modelFile(name: string): Promise<string> {
  return fetchModel(findModel(name), { startProgress: stderrProgress });
}

/** The CPU variant that ggml takes on this processor; ours tells at its start. */
async function chosenVariant(packllama: string, model: string): Promise<string> {
  await using server = await startLlamafile(packllama, { args: ["-m", model, "-c", "512"] });
  for (let i = 0; i < 50; i++) {
    const variant = /CPU \((\S+)\)/.exec(server.stderr())?.[1];
    if (variant !== undefined) return variant;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`No CPU variant in what packllama told: ${server.stderr()}`);
}
