import * as z from "zod";
import { EngineError } from "../errors.ts";
import { TARGETS } from "../target.ts";
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

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");
const size = z.number().int().nonnegative();
const hashed = z.object({ size, sha256 });

/** The shape of `manifest.json`. Keys that it does not know are ignored. */
export const manifestSchema = z.object({
  format: z.literal(FORMAT_VERSION),
  /** The version of the program that packed it. */
  packllama: z.string(),
  /** The release of the native libraries, e.g. `llama.cpp v0.4.0`. */
  engine: z.string(),
  target: z.enum(TARGETS),
  /** The Deno runtime inside; `pinned` says whether it is the one that Packllama names for every machine. */
  denort: z.object({ sha256, pinned: z.boolean() }),
  /** The bytes before the first entry, and those of the Deno payload where it is apart from them. */
  executable: hashed.optional(),
  payload: hashed.optional(),
  /** The name of the weights' entry; absent in a file that carries none. */
  weights: z.string().optional(),
  /** Every entry but the manifest, in the order of the file; SHA-256 of the unpacked data. */
  entries: z.array(hashed.extend({
    name: z.string().min(1),
    /** Bytes per hash in `chunks`, for the weights. */
    chunkSize: z.number().int().positive().optional(),
    chunks: z.array(sha256).optional(),
  })),
});

/** What `manifest.json` says of a llamafile. */
export type Manifest = z.infer<typeof manifestSchema>;

/** What it says of one entry. */
export type ManifestEntry = Manifest["entries"][number];

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
  const version = z.object({ format: z.number() }).safeParse(json);
  if (version.success && version.data.format !== FORMAT_VERSION) {
    const found = `it has format version ${version.data.format}, this packllama reads version ${FORMAT_VERSION}`;
    throw new EngineError("bad_file", `Cannot read "${name}": ${found}; use a newer packllama`);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badManifest(name, `its manifest is not valid at "${issue?.path.join(".")}" (${issue?.message})`, parsed.error);
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
