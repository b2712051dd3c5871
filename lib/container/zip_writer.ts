import { viewOf } from "./byte_source.ts";
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  END64_BYTES,
  END64_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  FLAG_UTF8,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  LOCATOR_BYTES,
  LOCATOR_SIGNATURE,
  MAX_16,
  MAX_32,
  PADDING_EXTRA,
  ZIP64_EXTRA,
  type ZipMethod,
} from "./zip_format.ts";

/** One entry to be written. */
export interface ZipRecord {
  name: string;
  method: ZipMethod;
  /** Of the unpacked data. */
  crc32: number;
  /** Bytes in the file. */
  compressedSize: number;
  /** Bytes unpacked. */
  size: number;
  /** Byte at which its local header lies. */
  headerOffset: number;
}

// 1 January 1980, midnight, and a plain file of mode 0644, so that packing twice gives the same bytes.
const DOS_TIME = 0;
const DOS_DATE = 0x21;
const UNIX_MODE = 0o100644;
const HOST_UNIX = 3;
const VERSION = 20;
const VERSION_64 = 45;
const ENCODER = new TextEncoder();

/**
 * Builds a local header, with extra bytes that move the data behind it onto a boundary. Its length does not depend on the CRC, so it can be
 * written before the data is known and again after.
 *
 * @param record The entry; its `headerOffset` is where this header will lie.
 * @param alignment The data's offset will be a multiple of it; up to 65536. Unless it is 1, `headerOffset` must come from
 *   {@linkcode paddableOffset}.
 * @throws {RangeError} when the padding does not fit.
 */
export function localHeader(record: ZipRecord, alignment = 1): Uint8Array {
  const name = ENCODER.encode(record.name);
  const wide = isWide(record);
  const extra64 = wide ? zip64Extra([record.size, record.compressedSize]) : new Uint8Array();
  const padding = alignment === 1 ? new Uint8Array() : new Uint8Array(paddingBytes(record, alignment));
  if (extra64.length + padding.length > MAX_16) throw new RangeError("The padding does not fit an extra field");
  if (padding.length > 0) {
    viewOf(padding).setUint16(0, PADDING_EXTRA, true);
    viewOf(padding).setUint16(2, padding.length - 4, true);
  }
  const header = new Uint8Array(LOCAL_BYTES);
  const view = viewOf(header);
  view.setUint32(0, LOCAL_SIGNATURE, true);
  view.setUint16(4, wide ? VERSION_64 : VERSION, true);
  view.setUint16(6, flags(name), true);
  view.setUint16(8, record.method, true);
  view.setUint16(10, DOS_TIME, true);
  view.setUint16(12, DOS_DATE, true);
  view.setUint32(14, record.crc32, true);
  view.setUint32(18, wide ? MAX_32 : record.compressedSize, true);
  view.setUint32(22, wide ? MAX_32 : record.size, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, extra64.length + padding.length, true);
  return concat([header, name, extra64, padding]);
}

/**
 * The first offset, at or after the record's `headerOffset`, from which {@linkcode localHeader} can reach the boundary: an extra field holds
 * 65535 bytes, and some few must come before the padding.
 */
export function paddableOffset(record: ZipRecord, alignment: number): number {
  const reserved = isWide(record) ? 4 + 2 * 8 : 0;
  const overflow = reserved + paddingBytes(record, alignment) - MAX_16;
  // Moved by n bytes, the padding is n bytes shorter.
  return record.headerOffset + Math.max(0, overflow);
}

/**
 * Builds what ends a ZIP: the central directory and its end records, the ZIP64 ones only when they are needed.
 *
 * @param records All entries, in the order in which they are to be listed.
 * @param offset Byte at which the result will lie.
 * @param comment What the ZIP ends with; at most 65535 bytes.
 */
export function centralDirectory(records: ZipRecord[], offset: number, comment: Uint8Array): Uint8Array {
  const headers = records.map(centralHeader);
  const size = headers.reduce((sum, header) => sum + header.length, 0);
  const count = records.length;
  const wide = count >= MAX_16 || size >= MAX_32 || offset >= MAX_32;
  const end = new Uint8Array(END_BYTES);
  const view = viewOf(end);
  view.setUint32(0, END_SIGNATURE, true);
  view.setUint16(8, Math.min(count, MAX_16), true);
  view.setUint16(10, Math.min(count, MAX_16), true);
  view.setUint32(12, Math.min(size, MAX_32), true);
  view.setUint32(16, Math.min(offset, MAX_32), true);
  view.setUint16(20, comment.length, true);
  return concat([...headers, ...(wide ? end64(count, size, offset) : []), end, comment]);
}

function centralHeader(record: ZipRecord): Uint8Array {
  const name = ENCODER.encode(record.name);
  // In a local header both sizes are wide or neither is; here they must be the same ones, and the offset is of its own.
  const sizes = isWide(record) ? [record.size, record.compressedSize] : [];
  const offsets = record.headerOffset >= MAX_32 ? [record.headerOffset] : [];
  const wide = [...sizes, ...offsets];
  const extra = wide.length > 0 ? zip64Extra(wide) : new Uint8Array();
  const version = wide.length > 0 ? VERSION_64 : VERSION;
  const header = new Uint8Array(CENTRAL_BYTES);
  const view = viewOf(header);
  view.setUint32(0, CENTRAL_SIGNATURE, true);
  view.setUint16(4, (HOST_UNIX << 8) | version, true);
  view.setUint16(6, version, true);
  view.setUint16(8, flags(name), true);
  view.setUint16(10, record.method, true);
  view.setUint16(12, DOS_TIME, true);
  view.setUint16(14, DOS_DATE, true);
  view.setUint32(16, record.crc32, true);
  view.setUint32(20, sizes.length > 0 ? MAX_32 : record.compressedSize, true);
  view.setUint32(24, sizes.length > 0 ? MAX_32 : record.size, true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, extra.length, true);
  view.setUint32(38, (UNIX_MODE << 16) >>> 0, true);
  view.setUint32(42, offsets.length > 0 ? MAX_32 : record.headerOffset, true);
  return concat([header, name, extra]);
}

function end64(count: number, size: number, offset: number): Uint8Array[] {
  const record = new Uint8Array(END64_BYTES);
  const view = viewOf(record);
  view.setUint32(0, END64_SIGNATURE, true);
  setU64(view, 4, END64_BYTES - 12);
  view.setUint16(12, (HOST_UNIX << 8) | VERSION_64, true);
  view.setUint16(14, VERSION_64, true);
  setU64(view, 24, count);
  setU64(view, 32, count);
  setU64(view, 40, size);
  setU64(view, 48, offset);
  const locator = new Uint8Array(LOCATOR_BYTES);
  const locatorView = viewOf(locator);
  locatorView.setUint32(0, LOCATOR_SIGNATURE, true);
  setU64(locatorView, 8, offset + size);
  locatorView.setUint32(16, 1, true);
  return [record, locator];
}

function zip64Extra(numbers: number[]): Uint8Array {
  const extra = new Uint8Array(4 + 8 * numbers.length);
  const view = viewOf(extra);
  view.setUint16(0, ZIP64_EXTRA, true);
  view.setUint16(2, 8 * numbers.length, true);
  numbers.forEach((number, i) => setU64(view, 4 + 8 * i, number));
  return extra;
}

// Of the padding field, its own 4 bytes included.
function paddingBytes(record: ZipRecord, alignment: number): number {
  const extra64 = isWide(record) ? 4 + 2 * 8 : 0;
  const unpadded = record.headerOffset + LOCAL_BYTES + ENCODER.encode(record.name).length + extra64;
  return 4 + (alignment - (unpadded + 4) % alignment) % alignment;
}

function isWide(record: ZipRecord): boolean {
  return record.size >= MAX_32 || record.compressedSize >= MAX_32;
}

function flags(name: Uint8Array): number {
  return name.some((byte) => byte >= 0x80) ? FLAG_UTF8 : 0;
}

function setU64(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value), true);
}

function concat(parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
