import { createHash } from "node:crypto";
import { basename } from "node:path";
import { type AdapterChoice, packedAdapter, packedPath } from "../adapter_choice.ts";
import { EngineError } from "../errors.ts";
import { checkAdapter, checkDraft, describeModel, type Gguf, readGguf } from "../gguf/mod.ts";
import type { StartProgress } from "../progress.ts";
import type { Target } from "../target.ts";
import { openByteSource } from "./byte_source.ts";
import { readPieces } from "./copy_bytes.ts";
import { type Base, checkExecutableSize, encodeEnd, openBase } from "./layout.ts";
import {
  ARGS_NAME,
  DRAFT_PREFIX,
  LIBRARY_NAME,
  LIBRARY_PREFIX,
  LORA_PREFIX,
  type ModelFile,
  openModelFile,
  WARM_NAME,
} from "./llamafile.ts";
import {
  encodeManifest,
  ENGINE_RELEASE,
  FORMAT_VERSION,
  type Manifest,
  MANIFEST_NAME,
  PACKLLAMA_VERSION,
} from "./manifest.ts";
import { createOutput, writeError } from "./output_file.ts";
import { PackWriter } from "./pack_writer.ts";
import { damaged } from "./zip_end.ts";
import { entryStream, readEntry } from "./zip_entry_data.ts";
import type { ZipEntry } from "./zip_reader.ts";

/** What {@linkcode pack} is to put together. */
export interface PackOptions {
  /** An executable of {@linkcode target}: made by `deno compile`, or a packed file, whose libraries and facts are then carried over. */
  base: string;
  target: Target;
  /** Where the result goes; replaced by rename when it exists. */
  output: string;
  /** Native libraries, stored as `lib/<name>`; without them those of the base are carried over. */
  libraries?: { name: string; path: string }[];
  /** The release of the libraries; without it the base's, or {@linkcode ENGINE_RELEASE}. */
  engineRelease?: string;
  /** The Deno runtime in the base, where the base does not say so itself. */
  denort?: { sha256: string; pinned: boolean };
  /** A GGUF, or any llamafile whose GGUF is taken out; `name` is the entry's name. Without it the result carries no weights. */
  model?: { path: string; name?: string };
  /** LoRA adapters for that model, stored as `lora/<name>`, and how strongly each applies. */
  lora?: AdapterChoice[];
  /** A small model with the same vocabulary that guesses tokens ahead, stored as `draft/<name>`: a GGUF, or a llamafile. */
  draft?: string;
  /** Default arguments, one a line of `.args`; those that name the adapters come before them by themselves. */
  args?: string[];
  /** A file with the KV state of a system prompt, computed with that model and these adapters and arguments; becomes `warm.state`. */
  warm?: string;
  /** A file that becomes `model-card.md`. */
  modelCard?: string;
  startProgress: StartProgress;
  /** Aborting it ends the pack and leaves nothing behind. */
  signal?: AbortSignal;
}

/** What {@linkcode pack} made. */
export interface PackResult {
  path: string;
  /** Bytes. */
  size: number;
  manifest: Manifest;
}

/** The entry with the model's description for people. */
export const MODEL_CARD_NAME = "model-card.md";

// For directory, headers and alignment, when the need of disk space is estimated.
const OVERHEAD_BYTES = 256 << 10;
const MAX_AT_ONCE = 32 << 20;

interface Parts {
  base: Base;
  model: ModelFile | undefined;
  draft: ModelFile | undefined;
  weightsName: string | undefined;
}

/**
 * Makes an executable that carries libraries, arguments and a model. It appears under its name only when it is whole and durable; the same
 * input gives the same bytes.
 *
 * @throws {EngineError} `bad_file` or `bad_model` for a bad base or model, `io` when reading or writing fails, `usage` for options that
 *   contradict each other, `cancelled` when the signal aborts.
 */
export async function pack(options: PackOptions): Promise<PackResult> {
  using base = openBase(options.base, options.target);
  checkOptions(options, base);
  using model = options.model === undefined ? undefined : openModelFile(options.model.path, { requireAligned: false });
  using draft = options.draft === undefined ? undefined : openModelFile(options.draft, { requireAligned: false });
  if (model !== undefined) checkCompanions(options, { model: checkModel(model), draft });
  const weightsName = model === undefined ? undefined : weightsEntryName(options, model);
  const adapters = (options.lora ?? []).reduce((sum, { path }) => sum + Deno.statSync(path).size, 0);
  const warm = options.warm === undefined ? 0 : Deno.statSync(options.warm).size;
  const total = base.source.size + (model?.size ?? 0) + (draft?.size ?? 0) + adapters + warm + OVERHEAD_BYTES;
  checkExecutableSize(options.target, total);
  using output = createOutput(options.output, total);
  using progress = options.startProgress(`Packing ${options.output}`, total);
  const { file, syncFile } = output;
  const writer = new PackWriter({ file, syncFile, progress, signal: options.signal });
  try {
    const manifest = await writeAll(writer, options, { base, model, draft, weightsName });
    await writer.settle();
    output.commit();
    progress.finish(`Packed ${options.output} (${(writer.position / 1e6).toFixed(1)} MB)`);
    return { path: options.output, size: writer.position, manifest };
  } catch (error) {
    await writer.settle();
    throw writeError(options.output, error);
  }
}

async function writeAll(writer: PackWriter, options: PackOptions, parts: Parts): Promise<Manifest> {
  const { base, model, draft, weightsName } = parts;
  const executable = await writer.copyPlain({ path: options.base, offset: 0, length: base.executableEnd });
  checkExecutable(base, executable.sha256);
  await writeLibraries(writer, options, base);
  const lora = (options.lora ?? []).map(({ path, scale }) => ({ path, name: basename(path), scale }));
  const draftName = draft === undefined ? undefined : `${DRAFT_PREFIX}${ggufName(draft)}`;
  const args = [
    ...lora.flatMap(({ name, scale }) => ["--lora", packedAdapter(name, scale)]),
    ...(draftName === undefined ? [] : ["--model-draft", packedPath(draftName)]),
    ...options.args ?? [],
  ];
  if (args.length > 0) await writer.addStored(ARGS_NAME, new TextEncoder().encode(args.join("\n") + "\n"));
  if (options.modelCard !== undefined) await writer.addDeflated(MODEL_CARD_NAME, options.modelCard);
  for (const { path, name } of lora) await writer.addFile(`${LORA_PREFIX}${name}`, path);
  if (options.warm !== undefined) await writer.addFile(WARM_NAME, options.warm);
  if (draft !== undefined && draftName !== undefined) {
    await writer.addWeights(draftName, { path: draft.path, offset: draft.offset, length: draft.size });
  }
  if (model !== undefined && weightsName !== undefined) {
    await writer.addWeights(weightsName, { path: model.path, offset: model.offset, length: model.size });
  }
  const manifest: Manifest = {
    format: FORMAT_VERSION,
    packllama: PACKLLAMA_VERSION,
    engine: options.engineRelease ?? base.manifest?.engine ?? ENGINE_RELEASE,
    target: options.target,
    denort: denortFacts(options, base),
    executable,
    payload: await hashPayload(base),
    weights: weightsName,
    entries: [...writer.entries],
  };
  await writer.addStored(MANIFEST_NAME, encodeManifest(manifest));
  const payloadStart = writer.position;
  const { payload } = base;
  if (payload !== undefined) {
    await writer.copyPlain({ path: options.base, offset: payload.start, length: payload.end - payload.start });
  }
  await writer.write(encodeEnd(base, writer.records, writer.position, payloadStart));
  await writer.flush();
  return manifest;
}

// Signing changes a PE or Mach-O file after it was packed; an ELF file that changed is damaged.
function checkExecutable(base: Base, found: string): void {
  const expected = base.manifest?.executable?.sha256;
  if (base.payload === undefined || expected === undefined || expected === found) return;
  throw damaged(base.source, `its executable part has SHA-256 ${found}, expected ${expected}`);
}

async function writeLibraries(writer: PackWriter, options: PackOptions, base: Base): Promise<void> {
  if (options.libraries !== undefined) {
    for (const { name, path } of options.libraries) await writer.addDeflated(`${LIBRARY_PREFIX}${name}`, path);
    return;
  }
  for (const entry of base.entries.filter(({ name }) => name.startsWith(LIBRARY_PREFIX))) {
    const sha256 = await hashEntry(base, entry);
    const expected = base.manifest?.entries.find(({ name }) => name === entry.name)?.sha256;
    if (expected !== undefined && expected !== sha256) {
      throw damaged(base.source, `its entry "${entry.name}" has SHA-256 ${sha256}, expected ${expected}`);
    }
    await writer.addCopy(options.base, entry, sha256);
  }
}

async function hashEntry(base: Base, entry: ZipEntry): Promise<string> {
  const hash = createHash("sha256");
  // At once is faster than piece by piece, where it fits well into memory.
  if (entry.size <= MAX_AT_ONCE) return hash.update(readEntry(base.source, entry, MAX_AT_ONCE)).digest("hex");
  for await (const piece of entryStream(base.source, entry)) hash.update(piece);
  return hash.digest("hex");
}

async function hashPayload(base: Base): Promise<Manifest["payload"]> {
  if (base.payload === undefined) return undefined;
  const { start, end } = base.payload;
  const hash = createHash("sha256");
  for await (const piece of readPieces({ path: base.source.name, offset: start, length: end - start })) {
    hash.update(piece);
  }
  return { size: end - start, sha256: hash.digest("hex") };
}

function denortFacts(options: PackOptions, base: Base): Manifest["denort"] {
  const facts = options.denort ?? base.manifest?.denort;
  if (facts !== undefined) return facts;
  throw new EngineError("usage", `Cannot pack into "${options.base}": it does not say which Deno runtime it holds`);
}

function checkOptions(options: PackOptions, base: Base): void {
  denortFacts(options, base);
  const names = (options.libraries ?? []).map(({ name }) => name);
  for (const [i, name] of names.entries()) {
    if (!LIBRARY_NAME.test(name)) {
      throw new EngineError("usage", `Cannot pack the library "${name}": it is no plain file name`);
    }
    if (names.indexOf(name) !== i) throw new EngineError("usage", `Cannot pack the library "${name}" twice`);
  }
  checkAdapterNames(options);
  if (options.draft !== undefined && options.model === undefined) {
    throw new EngineError("usage", "Cannot pack a draft model without a model");
  }
  const broken = (options.args ?? []).find((arg) => arg === "" || /[\r\n\0]/.test(arg));
  if (broken === undefined) return;
  const message = `Cannot pack the argument ${
    JSON.stringify(broken)
  }: ${ARGS_NAME} holds one non-empty argument a line`;
  throw new EngineError("usage", message);
}

function checkAdapterNames({ lora = [], model }: PackOptions): void {
  if (lora.length > 0 && model === undefined) {
    throw new EngineError("usage", "Cannot pack LoRA adapters without a model");
  }
  const names = lora.map(({ path }) => basename(path));
  for (const [i, name] of names.entries()) {
    if (!LIBRARY_NAME.test(name)) {
      throw new EngineError("usage", `Cannot pack the LoRA adapter "${name}": give it a plain file name`);
    }
    if (names.indexOf(name) !== i) throw new EngineError("usage", `Cannot pack two LoRA adapters named "${name}"`);
  }
}

function checkModel(model: ModelFile): Gguf {
  const gguf = readGguf(model.source, model.offset, model.size);
  const failed = `Cannot pack model "${model.path}"`;
  const { splitCount } = describeModel(gguf);
  if (splitCount > 1) {
    const message =
      `${failed}: it is one of ${splitCount} parts; join them first: llama-gguf-split --merge FIRST_PART JOINED`;
    throw new EngineError("bad_model", message);
  }
  if (gguf.tensors.length === 0) {
    throw new EngineError("bad_model", `${failed}: it has no tensors, only a vocabulary; name a whole model`);
  }
  return gguf;
}

function checkCompanions(
  { lora = [] }: PackOptions,
  { model, draft }: { model: Gguf; draft: ModelFile | undefined },
): void {
  for (const { path } of lora) {
    using source = openByteSource(path);
    checkAdapter(readGguf(source), model);
  }
  if (draft !== undefined) checkDraft(checkModel(draft), { model, path: draft.path });
}

function weightsEntryName(options: PackOptions, model: ModelFile): string {
  return ggufName(model, options.model?.name);
}

// The file's own name, so that `unzip -l` tells which model it is.
function ggufName(model: ModelFile, wanted?: string): string {
  const given = wanted ?? model.llamafile?.weights?.name ?? basename(model.path);
  const name = given.endsWith(".gguf") ? given : `${given}.gguf`;
  if (!/[/\\\0\r\n]/.test(name)) return name;
  throw new EngineError("usage", `Cannot name the weights ${JSON.stringify(name)}: it is no plain file name`);
}
