import { EngineError } from "../errors.ts";
import { executableFormat, type Target } from "../target.ts";
import { type ByteSource, openByteSource } from "./byte_source.ts";
import { encodeTrailer, executableTarget, readTrailer, TRAILER_BYTES } from "./executable.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { findCentralDirectory } from "./zip_end.ts";
import { readZipEntries, type ZipEntry } from "./zip_reader.ts";
import { centralDirectory, type ZipRecord } from "./zip_writer.ts";

/**
 * An executable that entries can be put into: what `deno compile` made, or a packed file.
 *
 * | format | how the packed file is laid out |
 * |---|---|
 * | ELF | executable, entries, Deno payload, directory, end record whose comment is Deno's trailer (the file's last 16 bytes) |
 * | PE, Mach-O | executable with its payload inside, entries, directory, end record |
 */
export interface Base extends Disposable {
  source: ByteSource;
  /** The bytes before the first entry begin at 0 and end here. */
  executableEnd: number;
  /** The Deno payload where it lies behind the entries; in a PE or Mach-O file it is part of the executable. */
  payload: { start: number; end: number; hash: number } | undefined;
  /** What it carries already; none when it is as `deno compile` left it. */
  entries: ZipEntry[];
  manifest: Manifest | undefined;
}

/** On Windows a larger executable does not start. */
const MAX_PE_BYTES = 2 ** 32 - 1;

/**
 * Opens a base and finds its parts.
 *
 * @throws {EngineError} `io` or `bad_file` when it cannot be read, is damaged, or is no executable for `target`.
 */
export function openBase(path: string, target: Target): Base {
  const source = openByteSource(path);
  try {
    return { ...readBase(source, target), [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw error;
  }
}

/**
 * Builds the end of a packed file: directory, end record and, on Linux, Deno's trailer as its comment.
 *
 * @param base What was packed.
 * @param records The entries, in their order.
 * @param offset Byte at which the result will lie.
 * @param payloadStart Byte at which the payload was put.
 */
export function encodeEnd(base: Base, records: ZipRecord[], offset: number, payloadStart: number): Uint8Array {
  const { payload } = base;
  if (payload === undefined) return centralDirectory(records, offset, new Uint8Array());
  const end = centralDirectory(records, offset, new Uint8Array(TRAILER_BYTES));
  const trailer = encodeTrailer({ payloadStart, hash: payload.hash }, offset + end.length);
  end.set(trailer, end.length - TRAILER_BYTES);
  return end;
}

/**
 * Checks that a packed file of `size` bytes can be started.
 *
 * @throws {EngineError} `bad_model` when it is too large for its OS.
 */
export function checkExecutableSize(target: Target, size: number): void {
  if (executableFormat(target) !== "pe" || size <= MAX_PE_BYTES) return;
  const found = `the executable would have about ${size} bytes, Windows starts at most ${MAX_PE_BYTES}`;
  throw new EngineError("bad_model", `Cannot pack for ${target}: ${found}; keep the model beside it and use --model`);
}

function readBase(source: ByteSource, target: Target): Omit<Base, typeof Symbol.dispose> {
  checkTarget(source, target);
  const directory = findCentralDirectory(source);
  const entries = directory === undefined ? [] : readZipEntries(source, directory);
  const manifest = readManifest(source, entries);
  const firstEntry = Math.min(...entries.map(({ headerOffset }) => headerOffset));
  if (executableFormat(target) !== "elf") {
    return { source, executableEnd: Math.min(firstEntry, source.size), payload: undefined, entries, manifest };
  }
  const trailer = readTrailer(source);
  if (trailer === undefined) {
    throw new EngineError(
      "bad_file",
      `Cannot pack into "${source.name}": it does not end with Deno's trailer, so deno compile did not make it or it is truncated`,
    );
  }
  const { payloadStart: start, hash } = trailer;
  const end = directory?.start ?? source.size - TRAILER_BYTES;
  const executableEnd = Math.min(firstEntry, start);
  const entriesEnd = Math.max(0, ...entries.map((entry) => entry.dataOffset + entry.compressedSize));
  if (start > end || entriesEnd > start) {
    throw new EngineError("bad_file", `Cannot pack into "${source.name}": Deno's payload is not behind its entries`);
  }
  return { source, executableEnd, payload: { start, end, hash }, entries, manifest };
}

function checkTarget(source: ByteSource, target: Target): void {
  const found = executableTarget(source);
  if (found === target) return;
  const is = found === undefined ? "it is no executable that packllama knows" : `it is an executable for ${found}`;
  throw new EngineError("bad_file", `Cannot pack into "${source.name}": ${is}, expected one for ${target}`);
}
