import type { Target } from "../target.ts";
import { type ByteSource, readU64, viewOf } from "./byte_source.ts";

const ELF_MAGIC = 0x464c457f;
const ELF_MACHINES: ReadonlyMap<number, Target> = new Map([
  [62, "x86_64-unknown-linux-gnu"],
  [183, "aarch64-unknown-linux-gnu"],
]);
const MZ_MAGIC = 0x5a4d;
const PE_MAGIC = 0x00004550;
const PE_X86_64 = 0x8664;
const MACHO_MAGIC = 0xfeedfacf;
const MACHO_CPUS: ReadonlyMap<number, Target> = new Map([
  [0x01000007, "x86_64-apple-darwin"],
  [0x0100000c, "aarch64-apple-darwin"],
]);

/** What Deno 2.7 writes at the end of a compiled Linux executable, to find its payload by. */
export interface DenoTrailer {
  /** Byte of the payload's start. */
  payloadStart: number;
  /** Deno's own hash of its version of the format; carried over as it is. */
  hash: number;
}

/** Bytes of a {@linkcode DenoTrailer} in the file. */
export const TRAILER_BYTES = 16;
const TRAILER_MAGIC = 0x501e;

/**
 * Tells from its header for which target an executable is: ELF, PE or Mach-O of one of our targets.
 *
 * @returns undefined when it is none of them.
 */
export function executableTarget(source: ByteSource): Target | undefined {
  const header = new Uint8Array(64);
  if (source.readAt(0, header) < header.length) return undefined;
  const view = viewOf(header);
  const magic = view.getUint32(0, true);
  if (magic === ELF_MAGIC) return ELF_MACHINES.get(view.getUint16(18, true));
  if (magic === MACHO_MAGIC) return MACHO_CPUS.get(view.getUint32(4, true));
  if (view.getUint16(0, true) !== MZ_MAGIC) return undefined;
  const pe = new Uint8Array(6);
  if (source.readAt(view.getUint32(60, true), pe) < pe.length) return undefined;
  const isPe = viewOf(pe).getUint32(0, true) === PE_MAGIC && viewOf(pe).getUint16(4, true) === PE_X86_64;
  return isPe ? "x86_64-pc-windows-msvc" : undefined;
}

/** Reads the trailer in the file's last bytes; undefined when there is none that points into the file. */
export function readTrailer(source: ByteSource): DenoTrailer | undefined {
  if (source.size < TRAILER_BYTES) return undefined;
  const bytes = new Uint8Array(TRAILER_BYTES);
  if (source.readAt(source.size - TRAILER_BYTES, bytes) < TRAILER_BYTES) return undefined;
  const view = viewOf(bytes);
  const distance = readU64(view, 8);
  if (view.getUint32(0, true) !== TRAILER_MAGIC || distance < TRAILER_BYTES || distance > source.size) return undefined;
  return { payloadStart: source.size - distance, hash: view.getUint32(4, true) };
}

/** Builds a trailer for a file of `fileSize` bytes, itself included. */
export function encodeTrailer(trailer: DenoTrailer, fileSize: number): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, TRAILER_MAGIC, true);
  view.setUint32(4, trailer.hash, true);
  view.setBigUint64(8, BigInt(fileSize - trailer.payloadStart), true);
  return bytes;
}
