import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { machOExportedSymbols, recoverDenortMachO } from "../../../lib/executable/mod.ts";
import { checkDamaged } from "./damage.ts";
import { Image, join } from "./image.ts";

const X86_64 = 0x01000007;
const ARM64 = 0x0100000c;
const PAGE = 0x4000;
const SYMBOLS = 3;
const NAMES = "\0_shown\0_hidden\0_missing\0";
const MARK = Uint8Array.of(
  0x3c,
  0x7e,
  0x73,
  0x75,
  0x69,
  0x2d,
  0x64,
  0x61,
  0x74,
  0x61,
  0x7e,
  0x3e,
  0xef,
  0xbe,
  0xad,
  0xde,
);

interface Command {
  kind: number;
  fields: Image;
}

function segment(name: string, [address, memory, offset, size]: [number, number, number, number]): Command {
  return { kind: 0x19, fields: new Image(64).put(0, name).u64(16, address, memory, offset, size) };
}

function command(kind: number, ...fields: number[]): Command {
  return { kind, fields: new Image(fields.length * 4).u32(0, ...fields) };
}

function header(cpu: number, commands: Command[]): Uint8Array {
  const body = commands.map(({ kind, fields }) =>
    join(new Image(8).u32(0, kind, fields.bytes.length + 8).bytes, fields.bytes)
  );
  const all = join(...body);
  return join(new Image(32).u32(0, 0xfeedfacf, cpu, 0, 2, commands.length, all.length).bytes, all);
}

function symbolTable(): Uint8Array {
  const image = new Image(SYMBOLS * 16 + NAMES.length).put(SYMBOLS * 16, NAMES);
  const entries: [name: string, type: number][] = [["_shown", 0x0f], ["_hidden", 0x1f], ["_missing", 0x01]];
  entries.forEach(([name, type], index) => {
    image.u32(index * 16, NAMES.indexOf(name)).put(index * 16 + 4, Uint8Array.of(type));
  });
  return image.bytes;
}

/** One page of header and code, then __LINKEDIT with symbols and names; with a payload, that is a segment between the two. */
function arm64(payloadSize: number): Uint8Array {
  const link = PAGE + payloadSize;
  const table = symbolTable();
  const signature = link + Math.ceil(table.length / 16) * 16;
  const sui = payloadSize > 0 ? [segment("__SUI", [PAGE, payloadSize, PAGE, payloadSize])] : [];
  const commands = [
    segment("__TEXT", [0, PAGE, 0, PAGE]),
    ...sui,
    segment("__LINKEDIT", [link, signature + 64 - link, link, signature + 64 - link]),
    command(2, link, SYMBOLS, link + SYMBOLS * 16, NAMES.length),
    command(0x1d, signature, 64),
  ];
  const code = new Uint8Array(signature + 64);
  code.set(header(ARM64, commands));
  code.fill(5, PAGE - 100, PAGE).fill(9, PAGE, link);
  code.set(table, link);
  return code;
}

/** Where the load command of a kind begins. */
function findCommand(file: Uint8Array, kind: number): number {
  const view = new DataView(file.buffer, file.byteOffset);
  let at = 32;
  while (view.getUint32(at, true) !== kind) at += view.getUint32(at + 4, true);
  return at;
}

/** As deno compile leaves it, and as a signature changes it. */
function x86(options: { payload?: Uint8Array; signed: boolean }): Uint8Array {
  const link = 0x1000;
  const table = symbolTable();
  const end = link + table.length;
  const appended = options.payload === undefined
    ? new Uint8Array()
    : join(MARK, new Image(8).u64(0, options.payload.length).bytes, options.payload);
  const signature = Math.ceil((end + appended.length) / 16) * 16;
  const fileEnd = options.signed ? signature + 64 : end + appended.length;
  const memory = options.signed ? fileEnd - link : 0x1000;
  const commands = [
    segment("__TEXT", [0, link, 0, link]),
    segment("__LINKEDIT", [link, memory, link, options.signed ? fileEnd - link : end - link]),
    command(2, link, SYMBOLS, link + SYMBOLS * 16, options.signed ? fileEnd - link - SYMBOLS * 16 : NAMES.length),
    ...(options.signed ? [command(0x1d, signature, 64)] : []),
  ];
  const file = new Uint8Array(fileEnd);
  file.set(header(X86_64, commands));
  file.set(table, link);
  file.set(appended, end);
  return file;
}

Deno.test("machOExportedSymbols lists defined externals without their underscore", () => {
  assert.deepEqual([...machOExportedSymbols(arm64(0))], ["shown"]);
});

Deno.test("recoverDenortMachO takes the payload's segment out and moves the rest back", () => {
  const denort = recoverDenortMachO(arm64(2 * PAGE));
  const expected = arm64(0);
  const signature = findCommand(expected, 0x1d);
  const signatureOffset = new DataView(expected.buffer).getUint32(signature + 8, true);
  // Up to the signature only its size, and with it that of __LINKEDIT, depends on how it is signed.
  const size = denort.length - signatureOffset;
  const linkEdit = findCommand(expected, 0x19) + 72;
  const image = new Image(signatureOffset).put(0, expected.subarray(0, signatureOffset));
  image.u32(signature + 12, size).u64(linkEdit + 32, signatureOffset + size - PAGE).u64(
    linkEdit + 48,
    signatureOffset + size - PAGE,
  );
  assert.deepEqual(denort.subarray(0, signatureOffset), image.bytes);
});

Deno.test("recoverDenortMachO signs each page of 4096 bytes ad hoc with its SHA-256", () => {
  const denort = recoverDenortMachO(arm64(PAGE));
  const view = new DataView(denort.buffer, denort.byteOffset);
  const command = findCommand(denort, 0x1d);
  const start = view.getUint32(command + 8, true);
  assert.equal(start + view.getUint32(command + 12, true), denort.length);
  assert.equal(view.getUint32(start), 0xfade0cc0);
  const directory = start + view.getUint32(start + 16);
  assert.equal(view.getUint32(directory), 0xfade0c02);
  const [hashes, pages, limit] = [16, 28, 32].map((offset) => view.getUint32(directory + offset));
  assert.equal(limit, start);
  assert.equal(pages, Math.ceil(start / 4096));
  for (let page = 0; page < (pages ?? 0); page++) {
    const code = denort.subarray(page * 4096, Math.min((page + 1) * 4096, start));
    const at = directory + (hashes ?? 0) + page * 32;
    const found = createHash("sha256").update(code).digest("hex");
    assert.equal([...denort.subarray(at, at + 32)].map((byte) => byte.toString(16).padStart(2, "0")).join(""), found);
  }
});

Deno.test("recoverDenortMachO cuts an x86_64 file where its payload begins", () => {
  const payload = new Uint8Array(1000).fill(3);
  assert.deepEqual(recoverDenortMachO(x86({ payload, signed: false })), x86({ signed: false }));
  assert.deepEqual(recoverDenortMachO(x86({ payload, signed: true })), x86({ signed: false }));
});

Deno.test("recoverDenortMachO is not misled by a payload that holds the mark itself", () => {
  const decoys = join(
    new Uint8Array(50),
    MARK,
    new Image(8).u64(0, 3).bytes,
    MARK,
    MARK.subarray(0, 9),
    new Uint8Array(77),
  );
  assert.deepEqual(recoverDenortMachO(x86({ payload: decoys, signed: true })), x86({ signed: false }));
});

Deno.test("recoverDenortMachO refuses files that deno compile did not make", () => {
  assert.throws(() => recoverDenortMachO(arm64(0)), {
    code: "bad_file",
    message: 'Damaged Mach-O file: it has no segment "__SUI"',
  });
  assert.throws(() => recoverDenortMachO(x86({ signed: true })), {
    code: "bad_file",
    message: /mark in front of a payload/,
  });
});

Deno.test("Mach-O parsers refuse damaged files as bad_file", () => {
  checkDamaged(machOExportedSymbols, arm64(0), 400);
  checkDamaged(recoverDenortMachO, arm64(PAGE), 400);
  checkDamaged(recoverDenortMachO, x86({ payload: new Uint8Array(40), signed: true }), 400);
});
