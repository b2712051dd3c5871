import { createHash } from "node:crypto";
import { type ByteSource, openByteSource } from "../container/mod.ts";
import { EngineError, toEngineError } from "../errors.ts";
import { replaceFile, writeAll } from "../replace_file.ts";
import { Shape, ShapeError } from "../shape.ts";
import type { StateSource } from "./protocol.ts";
import type { SavedState } from "./state_cache.ts";

// A file of KV states, all numbers little endian:
//
// | bytes | what                                                                          |
// | ----- | ----------------------------------------------------------------------------- |
// | 8     | "PLSTATES"                                                                    |
// | 4     | version of the format: 1                                                      |
// | 4     | bytes of the header                                                           |
// | 32    | SHA-256 of the header                                                         |
// | …     | header, JSON: the key, and of each entry tokens, bytes, variant and SHA-256   |
// | …     | of each entry, the least recently used first: its tokens, 4 bytes each, and its state |
//
// Nothing follows. The SHA-256 of an entry is that of its tokens and state together.

const MAGIC = "PLSTATES";
const VERSION = 1;
const HEADER_AT = 48;
const MAX_HEADER_BYTES = 16 << 20;
/** One write copies what it is given. */
const WRITE_BYTES = 4 << 20;
const SHA256 = /^[0-9a-f]{64}$/;

/** What the header says of an entry. */
interface Entry {
  tokens: number;
  /** Of the state. */
  bytes: number;
  variant: string;
  sha256: string;
}

/** What of a file of states is wanted. */
export interface ReadStatesOptions {
  /** The most bytes of tokens and states; of more than that the least recently used are left out. */
  limit: number;
  /** The most tokens of a state. */
  contextLength: number;
}

/** The size of a file in bytes; undefined where there is none. */
export function sizeIfThere(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw toEngineError(error, `Cannot read "${path}"`);
  }
}

/**
 * Makes sure that KV states written to a path take the place of nothing else: there is no file yet, or an empty one, or one that begins as
 * they do, damaged or not.
 *
 * @throws {EngineError} `usage` when it is another file, `bad_file` when it is none, `io` when it cannot be read.
 */
export function expectReplaceable(path: string): void {
  if (sizeIfThere(path) === undefined) return;
  using source = openByteSource(path);
  const bytes = new Uint8Array(MAGIC.length);
  const begin = new TextDecoder().decode(bytes.subarray(0, source.readAt(0, bytes)));
  if (source.size === 0 || begin === MAGIC) return;
  const found = `it is no file of KV states, it begins with ${JSON.stringify(begin)}, expected "${MAGIC}"`;
  throw new EngineError("usage", `Cannot keep KV states in "${path}": ${found}; name a new file, or remove this one`);
}

/**
 * Writes KV states to a file, which only its owner may read and which appears whole or not at all.
 *
 * @param key What they were computed with (`stateKeyOf`).
 * @param states The least recently used first.
 * @throws What {@linkcode expectReplaceable} throws, or the OS's error; the file that was there stays.
 */
export async function writeStateFile(path: string, key: string, states: Iterable<SavedState>): Promise<void> {
  expectReplaceable(path);
  const all = [...states];
  const entries = all.map(({ tokens, state, variant }): Entry => ({
    tokens: tokens.length,
    bytes: state.length,
    variant,
    sha256: createHash("sha256").update(bytesOf(tokens)).update(state).digest("hex"),
  }));
  const header = new TextEncoder().encode(JSON.stringify({ key, entries }));
  await replaceFile(path, async (file) => {
    await writeAll(file, encodeHead(header));
    await writeAll(file, header);
    for (const { tokens, state } of all) {
      await writePieces(file, bytesOf(tokens));
      await writePieces(file, state);
    }
    // Writing takes its time.
    expectReplaceable(path);
  }, { mode: 0o600 });
}

/**
 * Reads those KV states of a file that were computed with `key`; none are where the key is another.
 *
 * @returns The least recently used first, each as it was written: its hash was checked.
 * @throws {EngineError} `bad_file` when it is damaged or no such file, `io` when it cannot be read.
 */
export function readStateFile(
  { path, offset, size }: StateSource,
  key: string,
  { limit, contextLength }: ReadStatesOptions,
): SavedState[] {
  using source = openByteSource(path);
  if (offset + size > source.size) throw damaged(path, `it ends at byte ${source.size}, expected ${offset + size}`);
  const reader = new PartReader(source, offset, size);
  const header = readHeader(reader);
  if (header.key !== key) return [];
  const states: SavedState[] = [];
  let left = limit;
  let end = size;
  // From the end, where those used last are.
  for (const entry of header.entries.toReversed()) {
    const length = lengthOf(entry);
    end -= length;
    if (length > left) break;
    if (entry.tokens > contextLength) continue;
    states.push(readEntry(reader, entry, end));
    left -= length;
  }
  return states.reverse();
}

function readHeader(reader: PartReader): { key: string; entries: Entry[] } {
  const head = reader.read(0, HEADER_AT, "head");
  const view = new DataView(head.buffer);
  if (new TextDecoder().decode(head.subarray(0, 8)) !== MAGIC) throw reader.damaged("it is no file of KV states");
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw reader.damaged(`it has format version ${version}, expected ${VERSION}`);
  const length = view.getUint32(12, true);
  if (length > MAX_HEADER_BYTES) throw reader.damaged(`its header has ${length} bytes`);
  const bytes = reader.read(HEADER_AT, length, "header");
  if (hashOf(bytes) !== hexOf(head.subarray(16))) throw reader.damaged("its header has not the SHA-256 it should have");
  const header = parseHeader(bytes, reader);
  const end = header.entries.reduce((sum, entry) => sum + lengthOf(entry), HEADER_AT + length);
  if (end !== reader.size) throw reader.damaged(`it has ${reader.size} bytes, expected ${end}`);
  return header;
}

function parseHeader(bytes: Uint8Array, reader: PartReader): { key: string; entries: Entry[] } {
  try {
    const shape = new Shape(JSON.parse(new TextDecoder().decode(bytes)));
    const entries = shape.at("entries").list().map((entry): Entry => ({
      tokens: entry.at("tokens").integer(1),
      bytes: entry.at("bytes").integer(1),
      variant: entry.at("variant").text(),
      sha256: entry.at("sha256").text(SHA256),
    }));
    return { key: shape.at("key").text(), entries };
  } catch (error) {
    if (error instanceof ShapeError || error instanceof SyntaxError) {
      throw reader.damaged(`its header is not valid: ${error.message}`);
    }
    throw error;
  }
}

function readEntry(reader: PartReader, entry: Entry, at: number): SavedState {
  const bytes = reader.read(at, lengthOf(entry), "state");
  if (hashOf(bytes) !== entry.sha256) {
    throw reader.damaged(`a state of ${entry.tokens} tokens has not the SHA-256 it should have`);
  }
  // Every platform that llama.cpp has libraries for is little endian.
  const tokens = new Int32Array(bytes.buffer, 0, entry.tokens);
  return { tokens, state: bytes.subarray(tokens.byteLength), variant: entry.variant };
}

/** Reads a part of a file, and nothing beyond it. */
class PartReader {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #offset: number;

  constructor(source: ByteSource, offset: number, size: number) {
    this.#source = source;
    this.#offset = offset;
    this.size = size;
  }

  /** Memory is asked for only once the bytes are known to be there. */
  read(at: number, length: number, what: string): Uint8Array<ArrayBuffer> {
    if (at + length > this.size) throw this.damaged(`its ${what} ends at byte ${at + length}, it has ${this.size}`);
    const bytes = new Uint8Array(length);
    if (this.#source.readAt(this.#offset + at, bytes) === length) return bytes;
    throw this.damaged("it was cut off while it was read");
  }

  damaged(found: string): EngineError {
    return damaged(this.#source.name, found);
  }
}

function encodeHead(header: Uint8Array): Uint8Array {
  const head = new Uint8Array(HEADER_AT);
  new TextEncoder().encodeInto(MAGIC, head);
  const view = new DataView(head.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, header.length, true);
  head.set(createHash("sha256").update(header).digest(), 16);
  return head;
}

async function writePieces(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += WRITE_BYTES) await writeAll(file, bytes.subarray(at, at + WRITE_BYTES));
}

function lengthOf({ tokens, bytes }: Entry): number {
  return tokens * Int32Array.BYTES_PER_ELEMENT + bytes;
}

function bytesOf(tokens: Int32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function hexOf(bytes: Uint8Array): string {
  return bytes.toHex();
}

function damaged(path: string, found: string): EngineError {
  return new EngineError("bad_file", `Cannot use the KV states in "${path}": ${found}`);
}
