import assert from "node:assert/strict";
import fc from "fast-check";
import { elfExportedSymbols, recoverDenortElf } from "../../../lib/executable/mod.ts";
import { checkDamaged, parsesOrRefuses } from "./damage.ts";
import { Image, join } from "./image.ts";

const NAMES = "\0shown\0weak\0unique\0missing\0local\0hidden\0protected\0";
const GLOBAL = 0x10;
const WEAK = 0x20;
const UNIQUE = 0xa0;
const HIDDEN = 2;
const PROTECTED = 3;

/** A library of 64 + 192 + 64 bytes, and behind them its three section headers. */
function makeElf(): Uint8Array {
  const image = new Image(512).put(0, Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1));
  image.u64(0x28, 320).u16(0x3a, 64, 3);
  const symbols: [name: string, info: number, visibility: number, section: number][] = [
    ["shown", GLOBAL, 0, 1],
    ["weak", WEAK, 0, 1],
    ["unique", UNIQUE, 0, 1],
    ["missing", GLOBAL, 0, 0],
    ["local", 0, 0, 1],
    ["hidden", GLOBAL, HIDDEN, 1],
    ["protected", GLOBAL, PROTECTED, 1],
  ];
  symbols.forEach(([name, info, visibility, section], index) => {
    const at = 64 + (index + 1) * 24;
    image.u32(at, NAMES.indexOf(`\0${name}\0`) + 1).put(at + 4, Uint8Array.of(info, visibility)).u16(at + 6, section);
  });
  image.put(256, NAMES);
  image.u32(320 + 64 + 4, 11).u64(320 + 64 + 24, 64, 192).u32(320 + 64 + 40, 2);
  image.u32(320 + 128 + 4, 3).u64(320 + 128 + 24, 256, NAMES.length);
  return image.bytes;
}

function compiled(payload: Uint8Array): Uint8Array {
  return join(makeElf(), payload, new Image(16).u32(0, 0x501e, 7).u64(8, payload.length + 16).bytes);
}

Deno.test("elfExportedSymbols lists what is defined, global or weak, and visible", () => {
  assert.deepEqual([...elfExportedSymbols(makeElf())].sort(), ["protected", "shown", "unique", "weak"]);
});

Deno.test("recoverDenortElf gives back what a payload was appended to", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (payload) => {
    assert.deepEqual(recoverDenortElf(compiled(payload)), makeElf());
  }));
});

Deno.test("recoverDenortElf refuses a file without deno compile's trailer", () => {
  const message = "Damaged ELF file: deno compile ends a file with 0x501e, here it is 0x0";
  assert.throws(() => recoverDenortElf(makeElf()), { name: "EngineError", code: "bad_file", message });
});

Deno.test("recoverDenortElf refuses a payload that does not begin where the ELF file ends", () => {
  const file = join(compiled(new Uint8Array(9)));
  new DataView(file.buffer).setBigUint64(file.length - 8, 24n, true);
  assert.throws(
    () => recoverDenortElf(file),
    /payload of deno compile begins at byte 513, but the ELF file ends at byte 512/,
  );
});

Deno.test("ELF parsers refuse other files and damaged ones as bad_file", () => {
  checkDamaged(elfExportedSymbols, makeElf());
  checkDamaged(recoverDenortElf, compiled(new Uint8Array(20)));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => parsesOrRefuses(elfExportedSymbols, bytes)));
});

Deno.test("elfExportedSymbols names the field that lies outside of the file", () => {
  const file = makeElf().slice(0, 400);
  const message = "Damaged ELF file: the table of section headers needs 192 bytes at byte 320, the file has 400";
  assert.throws(() => elfExportedSymbols(file), { message });
});
