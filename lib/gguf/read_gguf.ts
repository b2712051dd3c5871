import type { ByteSource } from "../container/mod.ts";
import { EngineError } from "../errors.ts";
import { GgufCursor } from "./gguf_cursor.ts";
import { type GgufTensor, readGgufTensor } from "./gguf_tensor.ts";
import {
  type GgufArray,
  type GgufScalar,
  type GgufType,
  type GgufValue,
  readGgufType,
  readGgufValue,
  readScalar,
} from "./gguf_value.ts";

/** A GGUF's header, checked; arrays and tensor data stay in the file. */
export interface Gguf {
  /** 2 or 3. */
  version: number;
  /** Where it lies in its source; it must stay open while arrays are read. */
  source: ByteSource;
  /** Byte of the GGUF's start in {@linkcode source}. */
  offset: number;
  /** Bytes of the GGUF. */
  size: number;
  metadata: ReadonlyMap<string, GgufValue>;
  /** The type of each metadata value: llama.cpp stops the process over some that are of another than it takes for granted. */
  types: ReadonlyMap<string, GgufType>;
  tensors: GgufTensor[];
  /** Every tensor begins on a multiple of this many bytes, counted from {@linkcode dataOffset}. */
  alignment: number;
  /** Byte of the tensor data, counted from the GGUF's start. */
  dataOffset: number;
}

const MAGIC = "GGUF";
const DEFAULT_ALIGNMENT = 32;
const MAX_KEY_BYTES = 65535;
// The least bytes that one record can take: an empty name, no dimensions; a one-letter key with a byte.
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;
const MIN_PAIR_BYTES = 8 + 1 + 4 + 1;
// Far above any real model (the largest have some thousands), so that a damaged count cannot fill the memory.
const MAX_RECORDS = 1 << 20;

/**
 * Reads and checks the header of a GGUF, so that nothing absurd reaches native code: versions 2 and 3, little endian.
 * The format is the one of ggml's docs/gguf.md, with the limits of gguf.cpp (v0.4.0).
 *
 * @param source What holds it.
 * @param offset Byte at which it begins.
 * @param size Bytes that it has; by default up to the source's end.
 * @throws {EngineError} `bad_file` with the first thing that is wrong.
 */
export function readGguf(source: ByteSource, offset = 0, size: number = source.size - offset): Gguf {
  checkBeginning(source, offset, size);
  const cursor = new GgufCursor(source, offset, size);
  cursor.skip(MAGIC.length, "the magic");
  const version = readVersion(cursor, source.name);
  const tensorCount = readCount(cursor, "tensors", MIN_TENSOR_BYTES);
  const pairCount = readCount(cursor, "metadata values", MIN_PAIR_BYTES);
  const { metadata, types, alignment } = readMetadata(cursor, pairCount);
  const tensors = readTensors(cursor, tensorCount);
  const dataOffset = tensorCount === 0 ? cursor.position : align(cursor.position, alignment);
  const gguf: Gguf = { version, source, offset, size, metadata, types, tensors, alignment, dataOffset };
  checkPlacement(gguf, cursor);
  return gguf;
}

/**
 * Reads all elements of a metadata array.
 *
 * @throws {EngineError} `bad_file` or `io` when the file changed since its header was read.
 */
export function readGgufArray(gguf: Gguf, array: GgufArray): GgufScalar[] {
  const cursor = new GgufCursor(gguf.source, gguf.offset, gguf.size);
  cursor.position = array.offset;
  const values: GgufScalar[] = [];
  for (let i = 0; i < array.count; i++) values.push(readScalar(cursor, array.type, "an array's element"));
  return values;
}

/** Reads element `index` of a metadata array, in [0, count). Strings before it are stepped over. */
export function readGgufElement(gguf: Gguf, array: GgufArray, index: number): GgufScalar {
  if (!(index >= 0 && index < array.count)) throw new RangeError(`No element ${index} in an array of ${array.count}`);
  const cursor = new GgufCursor(gguf.source, gguf.offset, gguf.size);
  cursor.position = array.offset;
  if (array.type === "string") cursor.skipStrings(index, "an array");
  else cursor.position += index * (array.bytes / array.count);
  return readScalar(cursor, array.type, "an array's element");
}

/** Whether the bytes at `offset` are a GGUF's magic. */
export function isGguf(source: ByteSource, offset = 0): boolean {
  return beginning(source, offset) === MAGIC;
}

function beginning(source: ByteSource, offset: number): string {
  const bytes = new Uint8Array(MAGIC.length);
  return String.fromCharCode(...bytes.subarray(0, source.readAt(offset, bytes)));
}

function checkBeginning(source: ByteSource, offset: number, size: number): void {
  const found = size === 0 ? "" : beginning(source, offset);
  if (found === MAGIC && size >= MAGIC.length && offset + size <= source.size) return;
  const failed = `Cannot load model "${source.name}"`;
  if (size === 0) throw new EngineError("bad_file", `${failed}: it is empty; download it again`);
  if (MAGIC.startsWith(found) || found === MAGIC) {
    throw new EngineError("bad_file", `${failed}: it ends inside its header; the file is truncated, download it again`);
  }
  const shown = JSON.stringify(found);
  throw new EngineError("bad_file", `${failed}: it is not a GGUF file, it begins with ${shown} instead of "${MAGIC}"`);
}

function readVersion(cursor: GgufCursor, name: string): number {
  const version = cursor.u32("its version");
  if (version === 2 || version === 3) return version;
  const failed = `Cannot load model "${name}"`;
  if (version === 1) {
    throw new EngineError("bad_file", `${failed}: it is GGUF version 1, which llama.cpp dropped; convert it again`);
  }
  if (version !== 0 && (version & 0xffff) === 0) {
    throw new EngineError("bad_file", `${failed}: it is a big-endian GGUF; get or convert a little-endian one`);
  }
  throw new EngineError("bad_file", `${failed}: it is GGUF version ${version}, expected 2 or 3`);
}

function readCount(cursor: GgufCursor, what: string, leastBytes: number): number {
  const count = cursor.u64(`its number of ${what}`);
  if (count * leastBytes > cursor.size - cursor.position || count > MAX_RECORDS) {
    cursor.fail(`it is said to hold ${count} ${what}, which ${cursor.size} bytes cannot`);
  }
  return count;
}

function readMetadata(
  cursor: GgufCursor,
  count: number,
): { metadata: Map<string, GgufValue>; types: Map<string, GgufType>; alignment: number } {
  const metadata = new Map<string, GgufValue>();
  const types = new Map<string, GgufType>();
  let alignment = DEFAULT_ALIGNMENT;
  for (let i = 0; i < count; i++) {
    const key = cursor.string(`key ${i}`, MAX_KEY_BYTES);
    if (key === "") cursor.fail(`key ${i} is empty`);
    if (metadata.has(key)) cursor.fail(`key "${key}" is there twice`);
    const type = readGgufType(cursor, key);
    const value = readGgufValue(cursor, key, type);
    if (key === "general.alignment") {
      // ggml's docs/gguf.md: a u32, a multiple of 8; gguf.cpp: a power of two.
      if (type !== "u32" || typeof value !== "number" || value < 8 || (value & (value - 1)) !== 0) {
        return cursor.fail(`"general.alignment" is ${typeof value === "object" ? type : value}, expected a power of 2`);
      }
      alignment = value;
    }
    metadata.set(key, value);
    types.set(key, type);
  }
  return { metadata, types, alignment };
}

function readTensors(cursor: GgufCursor, count: number): GgufTensor[] {
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const tensor = readGgufTensor(cursor, i);
    if (names.has(tensor.name)) cursor.fail(`tensor "${tensor.name}" is there twice`);
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return tensors;
}

// gguf.cpp demands that tensors follow one another without a gap; their data must also be there.
function checkPlacement(gguf: Gguf, cursor: GgufCursor): void {
  let expected = 0;
  for (const { name, offset, bytes } of gguf.tensors) {
    if (offset % gguf.alignment !== 0) {
      cursor.fail(`tensor "${name}" begins at byte ${offset} of the data, not a multiple of ${gguf.alignment}`);
    }
    const end = gguf.dataOffset + offset + bytes;
    if (end > gguf.size) {
      const found = `tensor "${name}" ends at byte ${end}, the file has ${gguf.size}`;
      const message = `Cannot load model "${gguf.source.name}": ${found}; the file is truncated, download it again`;
      throw new EngineError("bad_file", message);
    }
    if (offset !== expected) cursor.fail(`tensor "${name}" begins at byte ${offset} of the data, expected ${expected}`);
    expected += align(bytes, gguf.alignment);
  }
}

function align(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
