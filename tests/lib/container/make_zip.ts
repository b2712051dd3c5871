import { crc32, deflateRawSync } from "node:zlib";
import { centralDirectory, localHeader, type ZipRecord } from "../../../lib/container/mod.ts";

/** An entry to write. */
export interface MadeEntry {
  name: string;
  data: Uint8Array;
  deflated?: boolean;
  /** Its data begins on a multiple of this. */
  alignment?: number;
}

/** How the ZIP is written. */
export interface MadeZipOptions {
  comment?: Uint8Array;
  /** Bytes in front of it. */
  prefix?: Uint8Array;
  /** Whether the offsets do not count the prefix, as in a self-extractor that was put in front later. */
  shifted?: boolean;
}

/** Writes a ZIP into memory, with the project's own writer. */
export function makeZip(entries: MadeEntry[], options: MadeZipOptions = {}): Uint8Array<ArrayBuffer> {
  const { comment = new Uint8Array(), prefix = new Uint8Array(), shifted = false } = options;
  const parts: Uint8Array[] = [prefix];
  const records: ZipRecord[] = [];
  let position = shifted ? 0 : prefix.length;
  for (const { name, data, deflated, alignment } of entries) {
    const kept = deflated ? deflateRawSync(data) : data;
    const record: ZipRecord = {
      name,
      method: deflated ? 8 : 0,
      crc32: crc32(data),
      compressedSize: kept.length,
      size: data.length,
      headerOffset: position,
    };
    const header = localHeader(record, alignment);
    records.push(record);
    parts.push(header, kept);
    position += header.length + kept.length;
  }
  parts.push(centralDirectory(records, position, comment));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
