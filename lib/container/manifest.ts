import { EngineError } from "../errors.ts";
import { Shape, ShapeError } from "../shape.ts";
import { type Target, TARGETS } from "../target.ts";
import type { ByteSource } from "./byte_source.ts";
import { readEntry } from "./zip_entry_data.ts";
import type { ZipEntry } from "./zip_reader.ts";

/** The version of the .llamafile format that this program writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;

/** The version of this program, as manifests record it. */
export const PACKLLAMA_VERSION = "0.1.0";

/** The llama.cpp release whose libraries are packed unless the caller names another. */
export const ENGINE_RELEASE = "llama.cpp v0.4.0";

/** The name of the manifest's own entry. */
export const MANIFEST_NAME = "manifest.json";

/** Bytes that one hash of the weights covers; the last one covers what is left. */
export const CHUNK_BYTES = 64 << 20;

/** Size in bytes, and SHA-256 as 64 hexadecimal digits. */
export interface Hashed {
  size: number;
  sha256: string;
}

/** What a manifest says of one entry. */
export interface ManifestEntry extends Hashed {
  name: string;
  /** Bytes per hash in `chunks`, for the weights. */
  chunkSize?: number;
  chunks?: string[];
}

/** What `manifest.json` says of a llamafile. */
export interface Manifest {
  format: typeof FORMAT_VERSION;
  /** The version of the program that packed it. */
  packllama: string;
  /** The release of the native libraries, e.g. `llama.cpp v0.4.0`. */
  engine: string;
  target: Target;
  /** The Deno runtime inside; `pinned` says whether it is the one that Packllama names for every machine. */
  denort: { sha256: string; pinned: boolean };
  /** The bytes before the first entry, and those of the Deno payload where it is apart from them. */
  executable?: Hashed;
  payload?: Hashed;
  /** The name of the weights' entry; absent in a file that carries none. */
  weights?: string;
  /** Every entry but the manifest, in the order of the file; SHA-256 of the unpacked data. */
  entries: ManifestEntry[];
}

const MAX_MANIFEST_BYTES = 4 << 20;

/**
 * Reads the manifest of a file, and checks that the file's entries are those that it names.
 *
 * @returns undefined when there is none.
 * @throws {EngineError} `bad_file` when it is damaged, of another format version, or does not fit the entries.
 */
export function readManifest(source: ByteSource, entries: ZipEntry[]): Manifest | undefined {
  const entry = entries.find(({ name }) => name === MANIFEST_NAME);
  if (entry === undefined) return undefined;
  const manifest = parseManifest(source.name, readEntry(source, entry, MAX_MANIFEST_BYTES));
  for (const { name, size } of manifest.entries) {
    const found = entries.find((entry) => entry.name === name);
    if (found?.size === size) continue;
    const is = found === undefined ? "is missing" : `has ${found.size} bytes`;
    throw badManifest(source.name, `entry "${name}" ${is}, its manifest says ${size} bytes`);
  }
  return manifest;
}

/** Writes a manifest as the bytes of its entry. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(manifest, null, 1) + "\n");
}

function parseManifest(name: string, bytes: Uint8Array): Manifest {
  const json = parseJson(name, bytes);
  try {
    return toManifest(json, name);
  } catch (error) {
    if (error instanceof ShapeError) throw badManifest(name, `its manifest is not valid: ${error.message}`, error);
    throw error;
  }
}

/** Reads by hand and not by zod: this runs at each start. Keys that it does not know are left out. */
function toManifest(json: unknown, name: string): Manifest {
  const shape = new Shape(json);
  const format = shape.at("format").integer();
  if (format !== FORMAT_VERSION) {
    const found = `it has format version ${format}, this packllama reads version ${FORMAT_VERSION}`;
    throw new EngineError("bad_file", `Cannot read "${name}": ${found}; use a newer packllama`);
  }
  const denort = shape.at("denort");
  return {
    format,
    packllama: shape.at("packllama").text(),
    engine: shape.at("engine").text(),
    target: shape.at("target").oneOf(TARGETS),
    denort: { sha256: denort.at("sha256").text(SHA256), pinned: denort.at("pinned").boolean() },
    ...present("executable", shape.at("executable").optional(toHashed)),
    ...present("payload", shape.at("payload").optional(toHashed)),
    ...present("weights", shape.at("weights").optional((weights) => weights.text())),
    entries: shape.at("entries").list().map(toEntry),
  };
}

const SHA256 = /^[0-9a-f]{64}$/;

function toHashed(shape: Shape): Hashed {
  return { size: shape.at("size").integer(), sha256: shape.at("sha256").text(SHA256) };
}

function toEntry(shape: Shape): ManifestEntry {
  return {
    name: shape.at("name").text(/./),
    ...toHashed(shape),
    ...present("chunkSize", shape.at("chunkSize").optional((size) => size.integer(1))),
    ...present("chunks", shape.at("chunks").optional((chunks) => chunks.list().map((chunk) => chunk.text(SHA256)))),
  };
}

function present<K extends string, T>(key: K, value: T | undefined): { [_ in K]?: T } {
  const fields: { [_ in K]?: T } = {};
  if (value !== undefined) fields[key] = value;
  return fields;
}

function parseJson(name: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw badManifest(name, "its manifest is not JSON", error);
  }
}

function badManifest(name: string, found: string, cause?: unknown): EngineError {
  return new EngineError("bad_file", `Cannot read "${name}": ${found}; the file is damaged, download it again`, {
    cause,
  });
}
