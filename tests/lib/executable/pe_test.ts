import assert from "node:assert/strict";
import { peExportedSymbols, recoverDenortPe } from "../../../lib/executable/mod.ts";
import { checkDamaged } from "./damage.ts";
import { Image, join } from "./image.ts";

const PE = 0x80;
const OPTIONAL = PE + 24;
const OPTIONAL_SIZE = 112 + 16 * 8;
const SECTIONS = OPTIONAL + OPTIONAL_SIZE;
const TEXT = 0x400;
const TEXT_ADDRESS = 0x1000;
const PEDATA_ADDRESS = 0x2000;

/** A DLL with one section, which holds its export table with two names. */
function makePe(): Image {
  const image = new Image(TEXT + 0x200).put(0, "MZ").u32(0x3c, PE).put(PE, "PE\0\0");
  image.u16(PE + 6, 1).u16(PE + 20, OPTIONAL_SIZE).u16(OPTIONAL, 0x20b);
  image.u32(OPTIONAL + 56, 0x2000).u32(OPTIONAL + 108, 16);
  image.u32(OPTIONAL + 112, TEXT_ADDRESS + 0x20, 0x100);
  image.put(SECTIONS, ".text").u32(SECTIONS + 8, 0x1f0, TEXT_ADDRESS, 0x200, TEXT);
  image.u32(TEXT + 0x20 + 24, 2).u32(TEXT + 0x20 + 32, TEXT_ADDRESS + 0x80);
  image.u32(TEXT + 0x80, TEXT_ADDRESS + 0xa0, TEXT_ADDRESS + 0xb0);
  return image.put(TEXT + 0xa0, "first\0").put(TEXT + 0xb0, "second\0");
}

/** As deno compile leaves it: one more section, whose bytes are the resources. */
function compiled(payload: Uint8Array): Uint8Array {
  const image = makePe();
  image.u16(PE + 6, 2).u32(OPTIONAL + 56, PEDATA_ADDRESS + payload.length).u32(OPTIONAL + 64, 0x1234);
  image.u32(OPTIONAL + 112 + 16, PEDATA_ADDRESS, payload.length);
  image.put(SECTIONS + 40, ".pedata\0").u32(
    SECTIONS + 48,
    payload.length,
    PEDATA_ADDRESS,
    payload.length,
    TEXT + 0x200,
  );
  return join(image.bytes, payload);
}

Deno.test("peExportedSymbols lists the names of the export table", () => {
  assert.deepEqual([...peExportedSymbols(makePe().bytes)], ["first", "second"]);
});

Deno.test("recoverDenortPe gives back what the resources were added to", () => {
  assert.deepEqual(recoverDenortPe(compiled(new Uint8Array(0x300).fill(7))), makePe().bytes);
});

Deno.test("recoverDenortPe leaves the bytes that it is given alone", () => {
  const file = compiled(new Uint8Array(0x300));
  const before = file.slice();
  recoverDenortPe(file);
  assert.deepEqual(file, before);
});

Deno.test("recoverDenortPe refuses an executable that deno compile did not make", () => {
  assert.throws(() => recoverDenortPe(makePe().bytes), {
    code: "bad_file",
    message: /last section is ".text", deno compile's is ".pedata"/,
  });
});

Deno.test("recoverDenortPe shows a section's name in one printable line", () => {
  const file = makePe().put(SECTIONS, "a\n\x1b[1m").u16(PE + 6, 1).bytes;
  assert.throws(() => recoverDenortPe(file), { message: /last section is "a\\x0a\\x1b\[1m"/ });
});

Deno.test("peExportedSymbols refuses an address that is in no section", () => {
  const file = makePe().u32(TEXT + 0x80, 0x900000).bytes;
  assert.throws(() => peExportedSymbols(file), {
    message: "Damaged Windows DLL: an exported name is at address 9437184, which is in no section",
  });
});

Deno.test("PE parsers refuse damaged files as bad_file", () => {
  checkDamaged(peExportedSymbols, makePe().bytes);
  checkDamaged(recoverDenortPe, compiled(new Uint8Array(0x100)), SECTIONS + 80);
});
