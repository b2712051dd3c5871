import { EngineError } from "../errors.ts";
import { describeModel, isGguf, type ModelFacts, readGguf } from "../gguf/mod.ts";
import type { Target } from "../target.ts";
import { type ByteSource, openByteSource } from "./byte_source.ts";
import { executableTarget } from "./executable.ts";
import { type ArgsLines, openLlamafile } from "./llamafile.ts";
import type { Manifest } from "./manifest.ts";
import type { ZipEntry } from "./zip_reader.ts";

/** What a file is and holds, as plain data. */
export interface Inspection {
  path: string;
  /** Bytes. */
  size: number;
  /** `executable`: made by packllama; `llamafile`: anything else with a GGUF or `.args` in a ZIP, such as Mozilla's. */
  kind: "executable" | "llamafile" | "gguf";
  /** Of the .llamafile format; undefined where packllama did not make it. */
  formatVersion: number | undefined;
  /** E.g. `llama.cpp v0.4.0`. */
  engine: string | undefined;
  packllama: string | undefined;
  target: Target | undefined;
  denort: Manifest["denort"] | undefined;
  entries: InspectedEntry[];
  model: InspectedModel | undefined;
  /** Default arguments. */
  args: ArgsLines;
}

/** One entry of the ZIP. */
export interface InspectedEntry extends ZipEntry {
  /** As the manifest has it. */
  sha256: string | undefined;
}

/** The model inside. */
export interface InspectedModel extends ModelFacts {
  /** Byte of the GGUF's start in the file. */
  offset: number;
  /** Bytes of the GGUF. */
  bytes: number;
  ggufVersion: number;
  tensors: number;
}

/**
 * Tells what a file is: an executable, a GGUF or another llamafile.
 *
 * @throws {EngineError} `io` or `bad_file` when it cannot be read, is damaged, or is none of them.
 */
export function inspect(path: string): Inspection {
  using source = openByteSource(path);
  if (isGguf(source)) return inspectGguf(source);
  using llamafile = openLlamafile(path, { requireAligned: false });
  const { manifest, weights } = llamafile;
  const sums = new Map(manifest?.entries.map(({ name, sha256 }) => [name, sha256]));
  if (manifest === undefined && weights === undefined) {
    throw new EngineError(
      "bad_file",
      `Cannot inspect "${path}": it is a ZIP without a manifest or a GGUF, so no llamafile`,
    );
  }
  return {
    path,
    size: source.size,
    kind: manifest === undefined ? "llamafile" : "executable",
    formatVersion: manifest?.format,
    engine: manifest?.engine,
    packllama: manifest?.packllama,
    target: manifest?.target ?? executableTarget(source),
    denort: manifest?.denort,
    entries: llamafile.entries.map((entry) => ({ ...entry, sha256: sums.get(entry.name) })),
    model: weights === undefined ? undefined : inspectModel(source, weights.offset, weights.size),
    args: llamafile.args,
  };
}

function inspectGguf(source: ByteSource): Inspection {
  const model = inspectModel(source, 0, source.size);
  return {
    path: source.name,
    size: source.size,
    kind: "gguf",
    formatVersion: undefined,
    engine: undefined,
    packllama: undefined,
    target: undefined,
    denort: undefined,
    entries: [],
    model,
    args: { before: [], after: [] },
  };
}

function inspectModel(source: ByteSource, offset: number, size: number): InspectedModel {
  const gguf = readGguf(source, offset, size);
  return { ...describeModel(gguf), offset, bytes: size, ggufVersion: gguf.version, tensors: gguf.tensors.length };
}
