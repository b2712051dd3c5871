import { EngineError } from "../errors.ts";
import { type ByteSource, readRange, readU64, viewOf } from "./byte_source.ts";
import {
  CENTRAL_SIGNATURE,
  END64_BYTES,
  END64_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  LOCATOR_BYTES,
  LOCATOR_SIGNATURE,
  MAX_16,
  MAX_32,
} from "./zip_format.ts";

/** Where a ZIP's central directory lies. */
export interface CentralDirectory {
  /** Byte of its first header, in the file. */
  start: number;
  /** Byte after its last header. */
  end: number;
  /** Entries in it. */
  count: number;
  /** What must be added to the offsets that the ZIP names: the bytes that were put in front of it. */
  shift: number;
  /** The comment that ends the file. */
  comment: Uint8Array;
}

interface EndRecord {
  count: number;
  directorySize: number;
  directoryOffset: number;
  /** Byte after the central directory: where its end record begins. */
  position: number;
}

/**
 * Finds the central directory of the ZIP that ends the file, ZIP64 included, also when bytes were put in front of it.
 *
 * @returns undefined when the file does not end as a ZIP does.
 * @throws {EngineError} `bad_file` when the end record names a directory that cannot be there.
 */
export function findCentralDirectory(source: ByteSource): CentralDirectory | undefined {
  const found = findEnd(source);
  if (found === undefined) return undefined;
  const { end, comment } = found;
  const wide = end.count === MAX_16 || end.directorySize === MAX_32 || end.directoryOffset === MAX_32;
  const record = (wide ? readEnd64(source, end.position) : undefined) ?? end;
  const { count, directorySize, directoryOffset, position } = record;
  if (directorySize > position) {
    throw damaged(
      source,
      `its directory is said to have ${directorySize} bytes, ${position} lie before its end record`,
    );
  }
  // Normally the directory ends where its end record begins, and any difference to the offset it names is a prefix.
  const start = [position - directorySize, directoryOffset].find((at) =>
    count === 0 || isCentral(source, at, position)
  );
  if (start === undefined) throw damaged(source, "its directory is not where its end record says");
  const shift = start - directoryOffset;
  if (shift < 0) throw damaged(source, `its directory is at byte ${start}, expected it at ${directoryOffset} or later`);
  return { start, end: start + directorySize, count, shift, comment };
}

/** The error for a ZIP whose parts contradict each other. */
export function damaged(source: ByteSource, found: string): EngineError {
  return new EngineError("bad_file", `Cannot read "${source.name}": ${found}; the file is damaged, download it again`);
}

// Only a comment that ends with the file counts, so that no other bytes can be taken for the end record.
function findEnd(source: ByteSource): { end: EndRecord; comment: Uint8Array } | undefined {
  const length = Math.min(source.size, END_BYTES + MAX_16);
  const tailStart = source.size - length;
  const tail = readRange(source, { offset: tailStart, length, what: "end" });
  const view = viewOf(tail);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== length) continue;
    const end: EndRecord = {
      count: view.getUint16(at + 10, true),
      directorySize: view.getUint32(at + 12, true),
      directoryOffset: view.getUint32(at + 16, true),
      position: tailStart + at,
    };
    return { end, comment: tail.slice(at + END_BYTES) };
  }
  return undefined;
}

function readEnd64(source: ByteSource, endPosition: number): EndRecord | undefined {
  const locatorAt = endPosition - LOCATOR_BYTES;
  if (locatorAt < END64_BYTES) return undefined;
  const locator = viewOf(readRange(source, { offset: locatorAt, length: LOCATOR_BYTES, what: "ZIP64 locator" }));
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return undefined;
  // Where the locator points, or right before it when a prefix has moved everything.
  for (const position of [readU64(locator, 8), locatorAt - END64_BYTES]) {
    if (!Number.isSafeInteger(position) || position + END64_BYTES > locatorAt) continue;
    const view = viewOf(readRange(source, { offset: position, length: END64_BYTES, what: "ZIP64 end record" }));
    if (view.getUint32(0, true) !== END64_SIGNATURE) continue;
    return {
      count: readU64(view, 32),
      directorySize: readU64(view, 40),
      directoryOffset: readU64(view, 48),
      position,
    };
  }
  throw damaged(source, "its ZIP64 end record is not where its locator says");
}

function isCentral(source: ByteSource, at: number, end: number): boolean {
  if (!Number.isSafeInteger(at) || at + 4 > end) return false;
  const bytes = readRange(source, { offset: at, length: 4, what: "directory" });
  return viewOf(bytes).getUint32(0, true) === CENTRAL_SIGNATURE;
}
