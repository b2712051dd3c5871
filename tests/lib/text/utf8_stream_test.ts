import assert from "node:assert/strict";
import fc from "fast-check";
import { Utf8Stream } from "../../../lib/text/utf8_stream.ts";
import { cutInto } from "./cut.ts";

const CUT = fc.string({ unit: "binary", maxLength: 30 }).chain((text) => {
  const bytes = new TextEncoder().encode(text);
  return cutInto(bytes.length, (from, to) => bytes.subarray(from, to)).map((pieces) => ({ text, pieces }));
});

Deno.test("Utf8Stream gives back any text, however its bytes are cut, and never half a character", () => {
  fc.assert(
    fc.property(CUT, ({ text, pieces }) => {
      const stream = new Utf8Stream();
      const given = pieces.map((piece) => stream.push(piece));
      assert.equal(given.join(""), text);
      assert.ok(given.every((part) => part.isWellFormed()));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("Utf8Stream gives a character as soon as its last byte is there", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 10 }), (text) => {
    const stream = new Utf8Stream();
    for (const character of text) {
      const bytes = new TextEncoder().encode(character);
      const given = [...bytes].map((byte) => stream.push(new Uint8Array([byte])));
      assert.deepEqual(given, [...new Array<string>(bytes.length - 1).fill(""), character]);
    }
  }));
});

Deno.test("Utf8Stream keeps a byte order mark, and does not keep the caller's bytes", () => {
  const stream = new Utf8Stream();
  const bytes = new Uint8Array([0xef, 0xbb]);
  assert.equal(stream.push(bytes), "");
  bytes.fill(0x61);
  assert.equal(stream.push(new Uint8Array([0xbf, 0x61])), "\ufeffa");
});

Deno.test("Utf8Stream replaces bytes that are no UTF-8 and goes on", () => {
  const stream = new Utf8Stream();
  assert.equal(stream.push(new Uint8Array([0xff, 0x61])), "\ufffda");
  assert.equal(stream.push(new Uint8Array([0xe2, 0x82])), "");
  assert.equal(stream.push(new Uint8Array([0x62])), "\ufffdb");
  assert.equal(stream.push(new Uint8Array([0xe2, 0x82, 0xac])), "€");
});

Deno.test("Utf8Stream never gives a character that stays incomplete", () => {
  const stream = new Utf8Stream();
  assert.equal(stream.push(new Uint8Array([0x61, 0xf0, 0x9f, 0xa6])), "a");
});
