import { createHash } from "node:crypto";
import { basename } from "node:path";
import { crc32 } from "node:zlib";
import { EngineError } from "../errors.ts";
import { isGguf, readGguf } from "../gguf/mod.ts";
import type { Progress, StartProgress } from "../progress.ts";
import { type FileRange, readPieces } from "./copy_bytes.ts";
import { readTrailer } from "./executable.ts";
import { type ByteSource, openByteSource } from "./byte_source.ts";
import { CHUNK_BYTES, type Manifest, type ManifestEntry, readManifest } from "./manifest.ts";
import { ChunkHashes } from "./pack_writer.ts";
import { entryStream } from "./zip_entry_data.ts";
import { readZip, type ZipEntry } from "./zip_reader.ts";

/** What came of checking one part. */
export interface VerifiedEntry {
  /** The entry's name, or `(executable)` and `(payload)` for what lies around the entries. */
  name: string;
  ok: boolean;
  /** The hash or CRC that it should have, with the bytes that it covers where those are not all. */
  expected: string;
  /** The one that it has, or why it has none. */
  found: string;
}

/** What {@linkcode verify} found. */
export interface Verification {
  entries: VerifiedEntry[];
  /** Whether all entries are. */
  ok: boolean;
}

/** Options of {@linkcode verify}. */
export interface VerifyOptions {
  startProgress: StartProgress;
}

/**
 * Checks every hash of a llamafile's manifest, and every CRC; of a file without manifest the CRCs alone. A bare GGUF carries neither: of it
 * the header and the presence of all tensors are checked.
 *
 * @throws {EngineError} `io` or `bad_file` when the file cannot be read, or its directory or manifest is itself damaged.
 */
export async function verify(path: string, { startProgress }: VerifyOptions): Promise<Verification> {
  using source = openByteSource(path);
  if (isGguf(source)) return verifyGguf(source);
  const listed = readZip(source);
  const manifest = readManifest(source, listed);
  using progress = startProgress(`Verifying ${path}`, source.size);
  const step = new Step(progress);
  const entries = manifest === undefined ? [] : await verifyAround(source, manifest, step);
  for (const entry of listed) {
    const expected = manifest?.entries.find(({ name }) => name === entry.name);
    entries.push(
      expected === undefined ? await verifyCrc(source, entry, step) : await verifyEntry(source, entry, expected, step),
    );
  }
  const ok = entries.every((entry) => entry.ok);
  progress.finish(ok ? `Verified ${path}: ${entries.length} parts` : `Verified ${path}: damaged`);
  return { entries, ok };
}

class Step {
  #done = 0;
  readonly #progress: Progress;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  add(bytes: number): void {
    this.#done += bytes;
    this.#progress.update(this.#done);
  }
}

function verifyGguf(source: ByteSource): Verification {
  const expected = "a whole GGUF";
  readGguf(source);
  return { entries: [{ name: basename(source.name), ok: true, expected, found: expected }], ok: true };
}

async function verifyAround(source: ByteSource, manifest: Manifest, step: Step): Promise<VerifiedEntry[]> {
  const path = source.name;
  const checked: VerifiedEntry[] = [];
  if (manifest.executable !== undefined) {
    const { size, sha256 } = manifest.executable;
    checked.push(await verifyRange("(executable)", { path, offset: 0, length: size }, sha256, step));
  }
  if (manifest.payload !== undefined) {
    const { size, sha256 } = manifest.payload;
    const start = readTrailer(source)?.payloadStart;
    if (start === undefined || start + size > source.size) {
      checked.push({ name: "(payload)", ok: false, expected: sha256, found: "no Deno trailer that points to it" });
    } else {
      checked.push(await verifyRange("(payload)", { path, offset: start, length: size }, sha256, step));
    }
  }
  return checked;
}

async function verifyRange(name: string, range: FileRange, expected: string, step: Step): Promise<VerifiedEntry> {
  const hash = createHash("sha256");
  try {
    for await (const piece of readPieces(range)) {
      hash.update(piece);
      step.add(piece.length);
    }
  } catch (error) {
    return { name, ok: false, expected, found: messageOf(error) };
  }
  const found = hash.digest("hex");
  return { name, ok: found === expected, expected, found };
}

// The data of an entry is read once for all its sums; what is damaged first is what is reported.
async function verifyEntry(
  source: ByteSource,
  entry: ZipEntry,
  expected: ManifestEntry,
  step: Step,
): Promise<VerifiedEntry> {
  const whole = createHash("sha256");
  const chunks = new ChunkHashes();
  const inChunks = expected.chunks !== undefined && expected.chunkSize === CHUNK_BYTES;
  let crc = 0;
  try {
    for await (const piece of entryPieces(source, entry)) {
      whole.update(piece);
      if (inChunks) chunks.update(piece);
      crc = crc32(piece, crc);
      step.add(piece.length);
    }
  } catch (error) {
    return { name: entry.name, ok: false, expected: expected.sha256, found: messageOf(error) };
  }
  const found = whole.digest("hex");
  const chunk = inChunks ? firstDifference(expected, chunks.finish()) : undefined;
  if (chunk !== undefined) return { name: entry.name, ok: false, ...chunk };
  if (found !== expected.sha256) return { name: entry.name, ok: false, expected: expected.sha256, found };
  if (crc !== entry.crc32) return { name: entry.name, ok: false, expected: hex(entry.crc32), found: hex(crc) };
  return { name: entry.name, ok: true, expected: expected.sha256, found };
}

async function verifyCrc(source: ByteSource, entry: ZipEntry, step: Step): Promise<VerifiedEntry> {
  const expected = hex(entry.crc32);
  let crc = 0;
  try {
    for await (const piece of entryPieces(source, entry)) {
      crc = crc32(piece, crc);
      step.add(piece.length);
    }
  } catch (error) {
    return { name: entry.name, ok: false, expected, found: messageOf(error) };
  }
  return { name: entry.name, ok: crc === entry.crc32, expected, found: hex(crc) };
}

function entryPieces(source: ByteSource, entry: ZipEntry): AsyncIterable<Uint8Array> {
  if (entry.method !== 0) return entryStream(source, entry);
  // Stored data is read ahead, and hashed even where the CRC is wrong, so that the damaged chunk can be named.
  return readPieces({ path: source.name, offset: entry.dataOffset, length: entry.size });
}

function firstDifference(entry: ManifestEntry, found: string[]): { expected: string; found: string } | undefined {
  const expected = entry.chunks ?? [];
  const index = found.findIndex((digest, i) => digest !== expected[i]);
  if (index < 0 && found.length === expected.length) return undefined;
  const at = Math.max(0, index);
  const bytes = `bytes ${at * CHUNK_BYTES} to ${Math.min((at + 1) * CHUNK_BYTES, entry.size) - 1}`;
  return { expected: `${expected[at] ?? "no hash"} (${bytes})`, found: found[at] ?? "no data" };
}

function hex(crc: number): string {
  return `CRC ${crc.toString(16).padStart(8, "0")}`;
}

function messageOf(error: unknown): string {
  if (error instanceof EngineError) return error.message;
  throw error;
}
