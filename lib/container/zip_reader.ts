import { EngineError } from "../errors.ts";
import { type ByteSource, readRange, readU64, viewOf } from "./byte_source.ts";
import { type CentralDirectory, damaged, findCentralDirectory } from "./zip_end.ts";
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  FLAG_DESCRIPTOR,
  FLAG_ENCRYPTED,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  MAX_32,
  ZIP64_EXTRA,
  type ZipMethod,
} from "./zip_format.ts";

/** One file inside a ZIP. Everything about it was checked against the ZIP's own size. */
export interface ZipEntry {
  /** Its path inside the ZIP. */
  name: string;
  method: ZipMethod;
  /** Of the data as it is when unpacked. */
  crc32: number;
  /** Bytes that it takes in the file. */
  compressedSize: number;
  /** Bytes that it has when unpacked. */
  size: number;
  /** Byte of its local header, in the file. */
  headerOffset: number;
  /** Byte of its data, in the file. */
  dataOffset: number;
}

/** A directory larger than this is no llamafile's: ours have some dozen entries, Mozilla's some thousand. */
const MAX_DIRECTORY_BYTES = 16 << 20;
// Deflate's worst case is 5 bytes per block of at least 16 KiB; below that ratio nothing is compressed data.
const DEFLATE_MAX_RATIO = 1032;
const DECODER = new TextDecoder();

/**
 * Lists the ZIP that ends `source`, in the order of its directory: an ordinary ZIP, or one behind an executable.
 *
 * @throws {EngineError} `bad_file` when there is none, or when anything that it says of itself cannot be true.
 */
export function readZip(source: ByteSource): ZipEntry[] {
  const directory = findCentralDirectory(source);
  if (directory === undefined) {
    const found = "it does not end with a ZIP directory, so it is truncated or no llamafile";
    throw new EngineError("bad_file", `Cannot read "${source.name}": ${found}`);
  }
  return readZipEntries(source, directory);
}

/**
 * Lists the entries of a directory that was found before.
 *
 * @throws {EngineError} `bad_file`, as {@linkcode readZip}.
 */
export function readZipEntries(source: ByteSource, directory: CentralDirectory): ZipEntry[] {
  const { start, end, count } = directory;
  if (end - start > MAX_DIRECTORY_BYTES) throw damaged(source, `its directory has ${end - start} bytes`);
  if (count * CENTRAL_BYTES > end - start) {
    throw damaged(source, `its directory is said to list ${count} entries in ${end - start} bytes`);
  }
  const bytes = readRange(source, { offset: start, length: end - start, what: "directory" });
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { record, next } = readCentral(source, bytes, at);
    entries.push(locate(source, record, directory));
    at = next;
  }
  checkApart(source, entries);
  return entries;
}

interface CentralRecord {
  name: string;
  rawName: Uint8Array;
  flags: number;
  method: ZipMethod;
  crc32: number;
  compressedSize: number;
  size: number;
  localOffset: number;
}

function readCentral(source: ByteSource, bytes: Uint8Array, at: number): { record: CentralRecord; next: number } {
  const view = viewOf(bytes);
  if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
    throw damaged(source, "its directory ends before its last entry");
  }
  const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.length) throw damaged(source, "its directory ends inside an entry");
  const rawName = bytes.subarray(at + CENTRAL_BYTES, nameEnd);
  const name = DECODER.decode(rawName);
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  if (name === "" || name.includes("\0")) throw damaged(source, "an entry has no usable name");
  if ((flags & FLAG_ENCRYPTED) !== 0) throw damaged(source, `its entry "${name}" is encrypted`);
  if (method !== 0 && method !== 8) {
    throw damaged(source, `its entry "${name}" uses compression method ${method}, expected 0 or 8`);
  }
  const record: CentralRecord = {
    name,
    rawName,
    flags,
    method,
    crc32: view.getUint32(at + 16, true),
    compressedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    localOffset: view.getUint32(at + 42, true),
  };
  widen(source, record, bytes.subarray(nameEnd, extraEnd));
  return { record, next };
}

// The ZIP64 extra field holds, in this order, only those numbers that did not fit.
function widen(source: ByteSource, record: CentralRecord, extra: Uint8Array): void {
  const wide = (["size", "compressedSize", "localOffset"] as const).filter((field) => record[field] === MAX_32);
  if (wide.length === 0) return;
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === ZIP64_EXTRA) {
      if (end > extra.length || at + 4 + 8 * wide.length > end) break;
      wide.forEach((field, i) => record[field] = readU64(view, at + 4 + 8 * i));
      return;
    }
    at = end;
  }
  throw damaged(source, `its entry "${record.name}" lacks its 64-bit sizes`);
}

function locate(source: ByteSource, record: CentralRecord, directory: CentralDirectory): ZipEntry {
  const { name, method, crc32, compressedSize, size } = record;
  const headerOffset = record.localOffset + directory.shift;
  if (headerOffset + LOCAL_BYTES > directory.start) {
    throw damaged(source, `its entry "${name}" is said to begin at byte ${headerOffset}`);
  }
  const what = `entry "${name}"`;
  const header = viewOf(readRange(source, { offset: headerOffset, length: LOCAL_BYTES, what }));
  const nameLength = header.getUint16(26, true);
  const dataOffset = headerOffset + LOCAL_BYTES + nameLength + header.getUint16(28, true);
  const sameShape = header.getUint32(0, true) === LOCAL_SIGNATURE && header.getUint16(8, true) === method &&
    nameLength === record.rawName.length && dataOffset <= directory.start;
  if (!sameShape || !sameNumbers(header, record)) {
    throw damaged(source, `the header of its entry "${name}" is not what the directory says`);
  }
  const rawName = readRange(source, { offset: headerOffset + LOCAL_BYTES, length: nameLength, what });
  if (!rawName.every((byte, i) => byte === record.rawName[i])) {
    throw damaged(source, `the header of its entry "${name}" has another name`);
  }
  if (dataOffset + compressedSize > directory.start) {
    throw damaged(source, `its entry "${name}" ends at byte ${dataOffset + compressedSize}, past the data's end`);
  }
  if (method === 0 ? size !== compressedSize : size > compressedSize * DEFLATE_MAX_RATIO) {
    throw damaged(source, `its entry "${name}" is said to have ${size} bytes, kept in ${compressedSize}`);
  }
  return { name, method, crc32, compressedSize, size, headerOffset, dataOffset };
}

function sameNumbers(header: DataView, record: CentralRecord): boolean {
  if ((record.flags & FLAG_DESCRIPTOR) !== 0) return true;
  const compressedSize = header.getUint32(18, true);
  const size = header.getUint32(22, true);
  return header.getUint32(14, true) === record.crc32 &&
    (compressedSize === MAX_32 || compressedSize === record.compressedSize) &&
    (size === MAX_32 || size === record.size);
}

// Entries that share bytes, or a name, would let two readers see two different files.
function checkApart(source: ByteSource, entries: ZipEntry[]): void {
  const names = new Set<string>();
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.headerOffset - b.headerOffset)) {
    if (names.has(entry.name)) throw damaged(source, `its entry "${entry.name}" is there twice`);
    if (entry.headerOffset < end) throw damaged(source, `its entry "${entry.name}" overlaps another`);
    names.add(entry.name);
    end = entry.dataOffset + entry.compressedSize;
  }
}
