import { createHash } from "node:crypto";
import type { ByteSource } from "./container/mod.ts";

/** A GGUF, in a file of its own or inside another. */
export interface FingerprintedGguf {
  source: ByteSource;
  /** Byte of its start in `source`. */
  offset: number;
  /** Bytes. */
  size: number;
  /** Bytes before the data of its tensors. */
  dataOffset: number;
}

const BLOCKS = 64;
const BLOCK_BYTES = 4096;

/**
 * What a model is told by without reading it whole: the SHA-256 of its size, its header, and 64 blocks of 4 KiB spread evenly over its data.
 * It is the same for a GGUF and for that GGUF packed. Not proof against somebody who changes weights between the blocks on purpose.
 *
 * @throws {EngineError} `io` when it cannot be read.
 */
export function fingerprintModel({ source, offset, size, dataOffset }: FingerprintedGguf): string {
  const hash = createHash("sha256").update(`${size}\n`);
  const add = (at: number, length: number): void => {
    const bytes = new Uint8Array(length);
    hash.update(bytes.subarray(0, source.readAt(offset + at, bytes)));
  };
  const header = Math.min(dataOffset, size);
  add(0, header);
  const last = size - BLOCK_BYTES;
  if (last <= header) add(header, size - header);
  else for (let i = 0; i < BLOCKS; i++) add(Math.round(header + (last - header) * i / (BLOCKS - 1)), BLOCK_BYTES);
  return hash.digest("hex");
}
