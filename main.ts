import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { parseAdapterChoice } from "./lib/adapter_choice.ts";
import {
  formatInspection,
  inspect,
  type Llamafile,
  openLlamafile,
  openModelFile,
  pack,
  PACKLLAMA_VERSION,
  type PackOptions,
  type PackResult,
  verify,
} from "./lib/container/mod.ts";
import { EngineError, toEngineError } from "./lib/errors.ts";
import { configureLog } from "./lib/log.ts";
import { modelFilesOf } from "./lib/model_files.ts";
import {
  checkOptions,
  type GivenOption,
  type OptionLine,
  optionsOfEnvironment,
  readOptionLine,
} from "./lib/option_line.ts";
import { type OptionSpec, SERVE_OPTIONS } from "./lib/options.ts";
import { stderrProgress } from "./lib/progress.ts";
import { hostTarget, parseTarget, type Target } from "./lib/target.ts";
import { makeWarmState, serveUntilEnd, type ServingInput } from "./server/mod.ts";

// What serving does not need at once is imported where it is used: each millisecond of evaluation delays the first token.

const DEFAULT_PORT = 8080;
const NAMED_COMMANDS = ["pack", "inspect", "verify", "pull", "cache", "schema", "help"];

if (import.meta.main) await main(Deno.args);

/** Runs the command line and ends the process: 0 when all went well, 1 when it failed, 2 when the command line is wrong. */
async function main(args: string[]): Promise<void> {
  try {
    const [first = "", ...rest] = args;
    if (NAMED_COMMANDS.includes(first)) await (await makeProgram()).parseAsync(args, { from: "user" });
    else if (first === "selftest") await selfTest(rest);
    else if (first === "replay") await replayReceipt(rest);
    else await serve(first === "serve" ? rest : args);
  } catch (error) {
    // Commander has said what is wrong, or printed the help that was asked for.
    if (error instanceof Error && "exitCode" in error) Deno.exit(error.exitCode === 0 ? 0 : 2);
    const { code, message } = toEngineError(error, "Failed");
    console.error(`error: ${message}`);
    Deno.exit(code === "usage" ? 2 : 1);
  }
  Deno.exit(0);
}

async function makeProgram(): Promise<Command> {
  const program = (await makeCommand("packllama"))
    .description(
      "One file that is a language model: it serves an OpenAI-compatible API from the weights inside itself.",
    )
    .version(PACKLLAMA_VERSION, "--version")
    .addCommand(await makeServeCommand(), { isDefault: true });
  program.command("selftest").description(
    "serve at a free port and check what clients rely on; takes the options of serve",
  );
  program.command("replay").description(
    "compute the answer of a receipt again and say what differs; takes the options of serve",
  ).argument("<receipt>", "a file of a receipt, or of an answer that carries one; - is standard input");
  program.command("pack").description("make one executable of a model")
    .argument("<model>", "a GGUF file, or a llamafile whose model is taken")
    .option("-o, --output <file>", "the executable to write (default: the model's name with .llamafile)")
    .option("--target <target>", "the platform that it is for", Deno.build.target)
    .option("--args <line>", "its default options, as written on a command line")
    .option(
      "--lora <file[:scale]>",
      "a LoRA adapter for the model, packed beside it; may be given several times",
      (given: string, before: string[]) => [...before, given],
      [],
    )
    .option(
      "--model-draft <file>",
      "a small model with the same vocabulary that guesses tokens ahead, packed beside it",
    )
    .option("--warm <file>", "a system prompt whose chats are to begin without computing it, packed computed")
    .option("--model-card <file>", "a text about the model, packed beside it")
    .action(packCommand);
  program.command("inspect").description("say what a file holds").argument("<file>")
    .option("--json", "as JSON").action(inspectCommand);
  program.command("verify").description("check every hash in a file").argument("<file>").action(verifyCommand);
  program.command("pull").description("fetch a model and check it")
    .argument("<what>", "a name, an address, or hf:owner/repo/file.gguf")
    .option("-o, --output <path>", "where to put it (default: the cache folder)").action(pullCommand);
  program.command("cache").description("show what is cached, or remove it")
    .option("--clean <what>", "remove libraries, models or all").action(cacheCommand);
  program.command("schema").description("about JSON Schemas of answers")
    .command("check").description("show the grammar of a JSON Schema, what it holds, and what not")
    .argument("<file>", "a file of JSON").option("--strict", "fail where something can't be held")
    .action(checkSchemaCommand);
  return program;
}

/** Commands made by `command()` inherit these settings. */
async function makeCommand(name: string): Promise<Command> {
  const { Command } = await import("commander");
  // Unlike Node's streams, console survives a reader that leaves early, such as `head`.
  return new Command(name).exitOverride().configureOutput({
    writeOut: (text) => console.log(text.trimEnd()),
    writeErr: (text) => console.error(text.trimEnd()),
  });
}

/** For its help alone: `serve` reads its options itself. */
async function makeServeCommand(): Promise<Command> {
  const command = (await makeCommand("serve")).description("serve the model (the default)");
  const add = (flags: string, help: string, group: string): unknown =>
    command.addOption(command.createOption(flags, help).helpGroup(`${group}:`));
  for (const spec of Object.values<OptionSpec>(SERVE_OPTIONS)) {
    const fallback = spec.value(undefined);
    const shown = typeof fallback === "number" || typeof fallback === "string" ? ` (default: ${fallback})` : "";
    const also = spec.aliases === undefined ? "" : ` (also ${spec.aliases.join(", ")})`;
    add(spec.flags, spec.help + shown + also, spec.group);
  }
  add("--version", "print the version", "Diagnostics");
  add("--licenses", "print the licences of what is inside", "Diagnostics");
  return command
    .addHelpText(
      "after",
      "\nOther commands: selftest, replay, pack, inspect, verify, pull, cache, schema; see help COMMAND.",
    )
    .addHelpText("after", "Environment: PACKLLAMA_CTX_SIZE is --ctx-size, and so on for each option.");
}

async function serve(args: string[]): Promise<void> {
  const line = readOptionLine(args);
  const { unknown } = line;
  if (unknown.includes("--help") || unknown.includes("-h")) return (await makeServeCommand()).outputHelp();
  if (unknown.includes("--version")) return console.log(PACKLLAMA_VERSION);
  if (unknown.includes("--licenses")) return console.log((await import("./lib/notices.ts")).THIRD_PARTY_NOTICES);
  await withServing(line, serveUntilEnd);
}

/** Serves at a free port, and checks what clients rely on. */
async function selfTest(args: string[]): Promise<void> {
  const { formatResults, runSelfTest } = await import("./server/selftest/mod.ts");
  await withServing(readOptionLine(args), async (input) => {
    const results = await runSelfTest(input);
    console.log(formatResults(results));
    const failed = results.filter(({ ok }) => !ok).map(({ name }) => `"${name}"`);
    if (failed.length > 0) throw new EngineError("internal", `The self-test failed: ${failed.join(", ")}`);
  });
}

/** Computes the answer of a receipt again, with the settings that it names unless others are given. */
async function replayReceipt(args: string[]): Promise<void> {
  const line = readOptionLine(args);
  if (line.unknown.includes("--help") || line.unknown.includes("-h")) {
    return await (await makeProgram()).parseAsync(["help", "replay"], { from: "user" }).then(() => {});
  }
  userOptions({ ...line, operands: [] });
  const [path, ...others] = line.operands;
  if (path === undefined) throw new EngineError("usage", "replay needs the file of a receipt, or - for standard input");
  const { formatReplay, optionsOfReceipt, readReceipt, replay } = await import("./server/receipts/mod.ts");
  const receipt = await readReceipt(path);
  await withServing({ ...line, operands: others }, async (input) => {
    const result = await replay(receipt, { ...input, startProgress: stderrProgress });
    console.log(formatReplay(result));
    const differing = result.comparisons.filter(({ verdict }) => verdict === "differs");
    if (result.reproduced) return;
    const names = differing.map(({ name }) => `"${name}"`).join(", ");
    throw new EngineError("invalid_value", `The receipt was not reproduced, it differs in ${names}`);
  }, optionsOfReceipt(receipt));
}

/**
 * Options come from the file's own `.args`, then from the environment, then from the command line; the last one wins.
 *
 * @param recorded Options that win over the file's own.
 */
async function withServing(
  line: OptionLine,
  use: (input: ServingInput) => Promise<void>,
  recorded: GivenOption[] = [],
): Promise<void> {
  const written = userOptions(line);
  // Models add up, but those of the command line take the place of the environment's.
  const named = written.some(([name]) => name === "model");
  const fromEnvironment = optionsOfEnvironment(Deno.env.toObject()).filter(([name]) => !named || name !== "model");
  const user = [...fromEnvironment, ...written];
  const given = checkOptions(user);
  using executable = openLlamafile(ownExecutable());
  const [modelPath, ...otherModels] = await filesOf(given.model);
  if (modelPath === undefined && executable.weights === undefined) {
    if (written.length === 0 && recorded.length === 0) return (await makeProgram()).outputHelp();
    throw new EngineError("usage", "This file carries no model: name one with --model FILE, or see --help");
  }
  const lines = modelPath === undefined ? executable.args : argsOf(modelPath);
  const options = checkOptions([
    ...packedOptions(lines.before),
    ...recorded,
    ...user,
    ...packedOptions(lines.after),
  ]);
  configureLog({ verbose: options.verbose });
  await use({
    options,
    executable,
    modelPath: modelPath ?? executable.path,
    otherModels,
    port: options.port ?? DEFAULT_PORT,
    portGiven: given.port !== undefined,
    workerUrl: workerUrl(),
    version: PACKLLAMA_VERSION,
  });
}

/** What the user wrote must all be understood. */
function userOptions({ options, unknown, incomplete, operands }: OptionLine): GivenOption[] {
  if (incomplete !== undefined) throw new EngineError("usage", `Option ${incomplete} needs a value`);
  if (unknown[0] !== undefined) throw new EngineError("usage", `Unknown option ${unknown[0]}; see --help`);
  if (operands[0] !== undefined) throw new EngineError("usage", `Unknown command "${operands[0]}"; see --help`);
  return options;
}

/** What was packed may be meant for other programs: what is not understood is said and left out, and the model is the one inside. */
function packedOptions(lines: string[]): GivenOption[] {
  const { options, unknown, incomplete } = readOptionLine(lines);
  const ignored = [...unknown, ...(incomplete === undefined ? [] : [incomplete])];
  const kept = options.filter((option) => {
    try {
      checkOptions([option]);
      return option[0] !== "model";
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      ignored.push(error.message);
      return false;
    }
  });
  // Whoever packed the file wrote them: control characters stay quoted.
  const shown = ignored.map((text) => JSON.stringify(text).slice(1, -1)).join(", ");
  if (ignored.length > 0) console.error(`warning: ignoring ${shown} of the file's own options`);
  return kept;
}

/** A path stays as it is; the name of a model in the catalogue becomes the file that was pulled. */
async function fileOf(model: string): Promise<string> {
  return (await import("./models/mod.ts")).findPulled(model);
}

/** The files of all models that were named, one a line. */
async function filesOf(models: string | undefined): Promise<string[]> {
  const paths = await Promise.all((models?.split("\n") ?? []).map(fileOf));
  return paths.flatMap(modelFilesOf);
}

function argsOf(modelPath: string): Llamafile["args"] {
  using file = openModelFile(modelPath, { requireAligned: false });
  return file.llamafile?.args ?? { before: [], after: [] };
}

/** The file that carries the native libraries: this program itself, or when it runs from its sources the one built from them. */
function ownExecutable(): string {
  if (Deno.build.standalone) return Deno.execPath();
  return fileURLToPath(new URL("./dist/packllama", import.meta.url));
}

/** Bundled or not, the worker lies at the same place beside this file. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./lib/engine/worker.${extension}`, import.meta.url);
}

async function packCommand(
  model: string,
  options: {
    output?: string;
    target: string;
    args?: string;
    warm?: string;
    modelCard?: string;
    modelDraft?: string;
    lora: string[];
  },
): Promise<void> {
  const { splitWords } = await import("./lib/split_words.ts");
  const target = parseTarget(options.target);
  // Ctrl-C leaves nothing half-made behind.
  const interrupted = new AbortController();
  Deno.addSignalListener("SIGINT", () => interrupted.abort());
  const packing: PackOptions = {
    signal: interrupted.signal,
    base: baseFor(target),
    target,
    output: options.output ?? outputName(model, target),
    model: { path: model },
    lora: options.lora.map(parseAdapterChoice),
    args: splitWords(options.args ?? ""),
    ...(options.modelDraft === undefined ? {} : { draft: options.modelDraft }),
    ...(options.modelCard === undefined ? {} : { modelCard: options.modelCard }),
    startProgress: stderrProgress,
  };
  const { path, size } = options.warm === undefined ? await pack(packing) : await packWarm(packing, options.warm);
  console.log(`${path} (${megabytes(size)})`);
}

/** Computes the system prompt in a file beside the output, and packs that. */
async function packWarm(packing: PackOptions, promptFile: string): Promise<PackResult> {
  const { model, lora = [], args = [], output, signal, startProgress } = packing;
  // An editor ends the last line, which no client does.
  const systemPrompt = (await readText(promptFile)).replace(/\r?\n$/, "");
  const folder = await Deno.makeTempDir({ dir: dirname(output), prefix: ".packllama-warm-" });
  try {
    using executable = openLlamafile(ownExecutable());
    const warm = join(folder, "warm.state");
    using progress = startProgress(`Computing ${promptFile}`);
    const tokens = await makeWarmState({
      systemPrompt,
      modelPath: model?.path ?? "",
      lora,
      options: checkOptions(packedOptions(args)),
      executable,
      workerUrl: workerUrl(),
      output: warm,
      ...(signal === undefined ? {} : { signal }),
    });
    progress.finish(`Computed ${promptFile}: ${tokens} tokens`);
    return await pack({ ...packing, warm });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw toEngineError(error, `Cannot read "${path}"`);
  }
}

/** A base of another platform is looked for beside this one. */
function baseFor(target: Target): string {
  const own = ownExecutable();
  if (target === hostTarget()) return own;
  return join(dirname(own), `packllama-${target}${target.includes("windows") ? ".exe" : ""}`);
}

function outputName(model: string, target: Target): string {
  const name = basename(model).replace(/\.(gguf|llamafile)(\.exe)?$/i, "");
  const suffix = target === hostTarget() ? "" : `-${target}`;
  return `${name}${suffix}.llamafile${target.includes("windows") ? ".exe" : ""}`;
}

function inspectCommand(file: string, { json }: { json?: boolean }): void {
  const inspection = inspect(file);
  console.log(json ? JSON.stringify(inspection, null, 2) : formatInspection(inspection));
}

async function verifyCommand(file: string): Promise<void> {
  const { ok, entries } = await verify(file, { startProgress: stderrProgress });
  const bad = entries.filter((entry) => !entry.ok);
  for (const { name, expected, found } of bad) console.log(`${name}: expected ${expected}, found ${found}`);
  if (!ok) {
    const names = bad.map(({ name }) => `"${name}"`).join(", ");
    throw new EngineError("bad_file", `"${file}" is damaged in ${names}; download it again`);
  }
  console.log(`"${file}" is whole: ${entries.length} entries checked`);
}

async function checkSchemaCommand(file: string, { strict = false }: { strict?: boolean }): Promise<void> {
  const { reportSchema } = await import("./lib/schema/mod.ts");
  console.log(reportSchema(await readText(file), { param: JSON.stringify(file), strict }));
}

async function pullCommand(what: string, { output }: { output?: string }): Promise<void> {
  const { pull } = await import("./models/mod.ts");
  console.log(await pull(what, { ...(output === undefined ? {} : { output }), startProgress: stderrProgress }));
}

async function cacheCommand({ clean }: { clean?: string }): Promise<void> {
  const { listCache, removeFromCache } = await import("./lib/cache_report.ts");
  const items = listCache();
  if (clean === undefined) {
    for (const { kind, path, size } of items) {
      console.log(`${megabytes(size).padStart(11)}  ${kind.padEnd(9)}  ${path}`);
    }
    if (items.length === 0) console.log("The cache is empty");
    return;
  }
  if (!["libraries", "models", "all"].includes(clean)) {
    throw new EngineError("usage", `Cannot clean "${clean}"; expected libraries, models or all`);
  }
  const removed = items.filter(({ kind }) => clean === "all" || kind === clean);
  removeFromCache(removed);
  console.log(`Removed ${removed.length} items, ${megabytes(removed.reduce((sum, { size }) => sum + size, 0))}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
