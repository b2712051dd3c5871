import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Progress } from "../progress.ts";
import { BackgroundSync } from "./background_sync.ts";
import { openByteSource } from "./byte_source.ts";
import { type FileRange, PieceWriter, readPieces } from "./copy_bytes.ts";
import { deflatePieces } from "./recompress.ts";
import { CHUNK_BYTES, type ManifestEntry } from "./manifest.ts";
import type { ZipEntry } from "./zip_reader.ts";
import { localHeader, paddableOffset, type ZipRecord } from "./zip_writer.ts";

/** The weights begin on a multiple of this, so that every OS can map them. */
export const WEIGHTS_ALIGNMENT = 65536;

/** What a {@linkcode PackWriter} needs. */
export interface PackWriterOptions {
  /** Written from its start. */
  file: Deno.FsFile;
  /** Another handle of the same file. */
  syncFile: Deno.FsFile;
  progress: Progress;
  signal: AbortSignal | undefined;
}

/** Writes a packed file from its start to its end, and hashes what it writes. */
export class PackWriter {
  /** Bytes written. */
  position = 0;
  /** What the ZIP directory will list. */
  readonly records: ZipRecord[] = [];
  /** What the manifest will list. */
  readonly entries: ManifestEntry[] = [];
  readonly #file: Deno.FsFile;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  readonly #writer: PieceWriter;
  readonly #sync: BackgroundSync;

  constructor({ file, syncFile, progress, signal }: PackWriterOptions) {
    this.#file = file;
    this.#progress = progress;
    this.#signal = signal;
    this.#writer = new PieceWriter(file);
    this.#sync = new BackgroundSync(syncFile);
  }

  /** Writes bytes that are in memory; they must not change before {@linkcode flush}. */
  async write(bytes: Uint8Array): Promise<void> {
    this.position += bytes.length;
    await this.#writer.write(bytes);
    this.#sync.wrote(bytes.length);
    this.#progress.update(this.position);
  }

  /** Copies a range that is no entry, and returns its size and SHA-256. */
  async copyPlain(range: FileRange): Promise<{ size: number; sha256: string }> {
    const hash = createHash("sha256");
    for await (const piece of readPieces(range, this.#signal)) {
      hash.update(piece);
      await this.write(piece);
    }
    return { size: range.length, sha256: hash.digest("hex") };
  }

  /** Adds an entry whose data is in memory, stored. */
  async addStored(name: string, bytes: Uint8Array): Promise<ManifestEntry> {
    const record = this.#record(name, {
      method: 0,
      crc32: crc32(bytes),
      compressedSize: bytes.length,
      size: bytes.length,
    });
    await this.write(localHeader(record));
    await this.write(bytes);
    return this.#add(record, createHash("sha256").update(bytes).digest("hex"));
  }

  /** Adds a whole file as a deflated entry. */
  async addDeflated(name: string, path: string): Promise<ManifestEntry> {
    const size = fileSize(path);
    const record = this.#record(name, { method: 8, crc32: 0, compressedSize: 0, size });
    const hash = createHash("sha256");
    await this.write(localHeader(record));
    const start = this.position;
    const pieces = watch(readPieces({ path, offset: 0, length: size }, this.#signal), (piece) => {
      hash.update(piece);
      record.crc32 = crc32(piece, record.crc32);
    });
    for await (const piece of deflatePieces(pieces)) await this.write(piece);
    record.compressedSize = this.position - start;
    await this.#rewrite(record, localHeader(record));
    return this.#add(record, hash.digest("hex"));
  }

  /** Adds a whole file as a stored entry. */
  async addFile(name: string, path: string): Promise<ManifestEntry> {
    const size = fileSize(path);
    const record = this.#record(name, { method: 0, crc32: 0, compressedSize: size, size });
    const hash = createHash("sha256");
    await this.write(localHeader(record));
    for await (const piece of readPieces({ path, offset: 0, length: size }, this.#signal)) {
      hash.update(piece);
      record.crc32 = crc32(piece, record.crc32);
      await this.write(piece);
    }
    await this.#rewrite(record, localHeader(record));
    return this.#add(record, hash.digest("hex"));
  }

  /** Adds an entry of another ZIP as it is there, without unpacking it. */
  async addCopy(path: string, entry: ZipEntry, sha256: string): Promise<ManifestEntry> {
    const { name, method, crc32, compressedSize, size } = entry;
    const record = this.#record(name, { method, crc32, compressedSize, size });
    await this.write(localHeader(record));
    await this.copyPlain({ path, offset: entry.dataOffset, length: compressedSize });
    return this.#add(record, sha256);
  }

  /** Adds the weights: stored, aligned, hashed whole and in chunks. */
  async addWeights(name: string, range: FileRange): Promise<ManifestEntry> {
    const record = this.#record(name, { method: 0, crc32: 0, compressedSize: range.length, size: range.length });
    record.headerOffset = paddableOffset(record, WEIGHTS_ALIGNMENT);
    await this.write(new Uint8Array(record.headerOffset - this.position));
    await this.write(localHeader(record, WEIGHTS_ALIGNMENT));
    const whole = createHash("sha256");
    const chunks = new ChunkHashes();
    for await (const piece of readPieces(range, this.#signal)) {
      whole.update(piece);
      chunks.update(piece);
      record.crc32 = crc32(piece, record.crc32);
      await this.write(piece);
    }
    await this.#rewrite(record, localHeader(record, WEIGHTS_ALIGNMENT));
    const entry = this.#add(record, whole.digest("hex"));
    return Object.assign(entry, { chunkSize: CHUNK_BYTES, chunks: chunks.finish() });
  }

  /** Resolves once everything is written; throws what a write failed with. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  /** Resolves once nothing uses the file any more, whatever failed; to be awaited before it is closed. */
  async settle(): Promise<void> {
    // The failure was thrown to whoever wrote, or follows from the one that ended the pack.
    await this.#writer.flush().catch(() => {});
    await this.#sync.idle();
  }

  #record(name: string, facts: Omit<ZipRecord, "name" | "headerOffset">): ZipRecord {
    return { name, ...facts, headerOffset: this.position };
  }

  #add(record: ZipRecord, sha256: string): ManifestEntry {
    const entry: ManifestEntry = { name: record.name, size: record.size, sha256 };
    this.records.push(record);
    this.entries.push(entry);
    return entry;
  }

  // A header is written before its data is known, and again once it is.
  async #rewrite(record: ZipRecord, header: Uint8Array): Promise<void> {
    await this.flush();
    this.#file.seekSync(record.headerOffset, Deno.SeekMode.Start);
    for (let done = 0; done < header.length;) done += this.#file.writeSync(header.subarray(done));
    this.#file.seekSync(this.position, Deno.SeekMode.Start);
  }
}

/** SHA-256 of each {@linkcode CHUNK_BYTES} of a stream. */
export class ChunkHashes {
  readonly #digests: string[] = [];
  #hash: Hash = createHash("sha256");
  #filled = 0;

  /** Takes the next bytes. */
  update(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#hash.update(part);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === CHUNK_BYTES) this.#end();
    }
  }

  /** The hashes of all chunks, the last one of what is left. */
  finish(): string[] {
    if (this.#filled > 0) this.#end();
    return this.#digests;
  }

  #end(): void {
    this.#digests.push(this.#hash.digest("hex"));
    this.#hash = createHash("sha256");
    this.#filled = 0;
  }
}

function fileSize(path: string): number {
  using source = openByteSource(path);
  return source.size;
}

async function* watch(
  pieces: AsyncIterable<Uint8Array>,
  see: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    see(piece);
    yield piece;
  }
}
