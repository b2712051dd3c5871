import { executableFormat, type Target } from "../../../lib/target.ts";

/** What the fake payload of {@linkcode makeBase} holds. */
export const PAYLOAD = new TextEncoder().encode("d3n0l4nd a payload that only tests know d3n0l4nd");

/** The hash in the fake trailer. */
export const TRAILER_HASH = 0x2a7;

/** The facts that a bare base cannot tell by itself. */
export const DENORT = { sha256: "ab".repeat(32), pinned: true };

/** Builds what looks to the packer like the output of `deno compile`: a header, some bytes, and on Linux payload and trailer. */
export function makeBase(target: Target): Uint8Array<ArrayBuffer> {
  const program = new Uint8Array(5000).map((_, i) => (i * 7) & 0xff);
  const view = new DataView(program.buffer);
  const format = executableFormat(target);
  if (format === "macho") {
    view.setUint32(0, 0xfeedfacf, true);
    view.setUint32(4, target.startsWith("aarch64") ? 0x0100000c : 0x01000007, true);
    return program;
  }
  if (format === "pe") {
    view.setUint16(0, 0x5a4d, true);
    view.setUint32(60, 256, true);
    view.setUint32(256, 0x00004550, true);
    view.setUint16(260, 0x8664, true);
    return program;
  }
  view.setUint32(0, 0x464c457f, true);
  view.setUint16(18, target.startsWith("aarch64") ? 183 : 62, true);
  return withPayload(program);
}

/** Puts the fake payload and its trailer behind a program. */
export function withPayload(program: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length + PAYLOAD.length + 16);
  bytes.set(program);
  bytes.set(PAYLOAD, program.length);
  const view = new DataView(bytes.buffer, program.length + PAYLOAD.length);
  view.setUint32(0, 0x501e, true);
  view.setUint32(4, TRAILER_HASH, true);
  view.setBigUint64(8, BigInt(PAYLOAD.length + 16), true);
  return bytes;
}

/** Reads the payload by the trailer in a file's last bytes, as Deno does. */
export function findPayload(bytes: Uint8Array): { hash: number; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 16, 16);
  if (view.getUint32(0, true) !== 0x501e) throw new Error("The file does not end with Deno's trailer");
  const start = bytes.length - Number(view.getBigUint64(8, true));
  return { hash: view.getUint32(4, true), data: bytes.subarray(start, start + PAYLOAD.length) };
}
