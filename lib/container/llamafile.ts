import { basename } from "node:path";
import { EngineError } from "../errors.ts";
import { isGguf } from "../gguf/mod.ts";
import { type ByteSource, openByteSource } from "./byte_source.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { findCentralDirectory } from "./zip_end.ts";
import { readEntry } from "./zip_entry_data.ts";
import { readZip, type ZipEntry } from "./zip_reader.ts";

/** Where a GGUF lies inside a file. */
export interface WeightsRange {
  /** The name of its entry. */
  name: string;
  /** Byte of its start. */
  offset: number;
  /** In bytes. */
  size: number;
}

/** The lines of `.args`, split at a line `...`, where the user's own arguments go; without such a line all come before. */
export interface ArgsLines {
  before: string[];
  after: string[];
}

/** An open llamafile: ours, or one of Mozilla's. */
export interface Llamafile extends Disposable {
  path: string;
  source: ByteSource;
  entries: ZipEntry[];
  /** undefined in a file that packllama did not make. */
  manifest: Manifest | undefined;
  /** undefined in a file without weights. */
  weights: WeightsRange | undefined;
  args: ArgsLines;
  /** The native libraries, `lib/<name>`. */
  libraries: ZipEntry[];
}

/** An open file with a model in it. */
export interface ModelFile extends Disposable {
  path: string;
  source: ByteSource;
  /** Byte of the GGUF's start. */
  offset: number;
  /** Bytes of the GGUF. */
  size: number;
  /** The file around it, when it is not a bare GGUF. */
  llamafile: Llamafile | undefined;
}

/** How a llamafile is to be opened. */
export interface OpenOptions {
  /** Whether weights that native code could not map in place are refused; true by default. */
  requireAligned?: boolean;
}

/** The entry with the default arguments. */
export const ARGS_NAME = ".args";
/** The folder of the native libraries inside the ZIP. */
export const LIBRARY_PREFIX = "lib/";
/** The folder of the LoRA adapters inside the ZIP. */
export const LORA_PREFIX = "lora/";
/** The folder of the draft model inside the ZIP. */
export const DRAFT_PREFIX = "draft/";
/** The entry with the KV state of a system prompt. */
export const WARM_NAME = "warm.state";
/** What a library's name may be: a plain file name, since libraries are unpacked under it. */
export const LIBRARY_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

// llama.cpp maps tensors in place only when the GGUF begins on this boundary.
const MAP_ALIGNMENT = 32;
const MAX_ARGS_BYTES = 1 << 20;

/**
 * Opens a llamafile without reading its weights.
 *
 * @throws {EngineError} `io` or `bad_file` when it cannot be read, is no llamafile, or is damaged.
 */
export function openLlamafile(path: string, options: OpenOptions = {}): Llamafile {
  const source = openByteSource(path);
  try {
    if (findCentralDirectory(source) === undefined) throw notALlamafile(source, `Cannot read "${path}"`);
    return readLlamafile(path, source, options);
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

/**
 * Opens a GGUF, or any llamafile that holds one.
 *
 * @throws {EngineError} `io` or `bad_file` when it is neither, or holds no model.
 */
export function openModelFile(path: string, options: OpenOptions = {}): ModelFile {
  const source = openByteSource(path);
  try {
    const dispose = (): void => source[Symbol.dispose]();
    if (isGguf(source)) {
      return { path, source, offset: 0, size: source.size, llamafile: undefined, [Symbol.dispose]: dispose };
    }
    if (findCentralDirectory(source) === undefined) throw notALlamafile(source, `Cannot load model "${path}"`);
    const llamafile = readLlamafile(path, source, options);
    if (llamafile.weights === undefined) {
      throw new EngineError("bad_file", `Cannot load model "${path}": it carries no model; name a file that does`);
    }
    const { offset, size } = llamafile.weights;
    return { path, source, offset, size, llamafile, [Symbol.dispose]: dispose };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

function readLlamafile(path: string, source: ByteSource, options: OpenOptions): Llamafile {
  const entries = readZip(source);
  const manifest = readManifest(source, entries);
  const lines = readArgs(source, entries);
  const args = splitArgs(lines);
  const entry = manifest === undefined ? mozillaWeights(entries, lines) : declaredWeights(path, entries, manifest);
  const weights = entry === undefined ? undefined : checkWeights(path, entry, options);
  const libraries = entries.filter(({ name }) =>
    name.startsWith(LIBRARY_PREFIX) && LIBRARY_NAME.test(name.slice(LIBRARY_PREFIX.length))
  );
  return {
    path,
    source,
    entries,
    manifest,
    weights,
    args,
    libraries,
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}

function readArgs(source: ByteSource, entries: ZipEntry[]): string[] {
  const entry = entries.find(({ name }) => name === ARGS_NAME);
  if (entry === undefined) return [];
  const text = new TextDecoder().decode(readEntry(source, entry, MAX_ARGS_BYTES));
  return text.split(/\r?\n/).filter((line) => line !== "");
}

function splitArgs(lines: string[]): ArgsLines {
  const at = lines.indexOf("...");
  return at < 0 ? { before: lines, after: [] } : { before: lines.slice(0, at), after: lines.slice(at + 1) };
}

function declaredWeights(path: string, entries: ZipEntry[], manifest: Manifest): ZipEntry | undefined {
  if (manifest.weights === undefined) return undefined;
  const entry = entries.find(({ name }) => name === manifest.weights);
  if (entry !== undefined) return entry;
  throw new EngineError(
    "bad_file",
    `Cannot read "${path}": its weights "${manifest.weights}" are missing; download it again`,
  );
}

// Mozilla's files name their model by `-m NAME` (as /zip/NAME in older ones); without that, the first GGUF that is no projector.
function mozillaWeights(entries: ZipEntry[], lines: string[]): ZipEntry | undefined {
  const wanted = argument(lines, ["-m", "--model"]);
  const projector = argument(lines, ["--mmproj", "-mm"]);
  const models = entries.filter(({ name }) => name.endsWith(".gguf"));
  return entries.find(({ name }) => name === wanted) ?? models.find(({ name }) => name !== projector);
}

function argument(lines: string[], names: string[]): string | undefined {
  const at = lines.findIndex((line) => names.includes(line));
  return at < 0 ? undefined : lines[at + 1]?.replace(/^\/zip\//, "");
}

function checkWeights(path: string, entry: ZipEntry, options: OpenOptions): WeightsRange {
  const failed = `Cannot load model "${path}"`;
  if (entry.method !== 0) {
    const message =
      `${failed}: its "${entry.name}" is compressed and cannot be used in place; unzip it and pack it again`;
    throw new EngineError("bad_file", message);
  }
  if (options.requireAligned !== false && entry.dataOffset % MAP_ALIGNMENT !== 0) {
    const found = `its "${entry.name}" begins at byte ${entry.dataOffset}, not a multiple of ${MAP_ALIGNMENT}`;
    throw new EngineError("bad_file", `${failed}: ${found}; pack it again with packllama pack`);
  }
  return { name: basename(entry.name), offset: entry.dataOffset, size: entry.size };
}

function notALlamafile(source: ByteSource, failed: string): EngineError {
  if (source.size === 0) return new EngineError("bad_file", `${failed}: it is empty; download it again`);
  const bytes = new Uint8Array(4);
  const begin = String.fromCharCode(...bytes.subarray(0, source.readAt(0, bytes)));
  const isProgram = /^(\x7fELF|MZ|\xcf\xfa\xed\xfe)/.test(begin);
  const found = isProgram
    ? "it is an executable without the ZIP that a llamafile ends with, so it is truncated or no llamafile"
    : `it is neither a GGUF file nor a llamafile, it begins with ${JSON.stringify(begin)}`;
  return new EngineError("bad_file", `${failed}: ${found}`);
}
