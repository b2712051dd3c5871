import assert from "node:assert/strict";
import { memorySource } from "../../lib/container/mod.ts";
import { fingerprintModel } from "../../lib/model_fingerprint.ts";

const HEADER = 1000;
const SIZE = 2_000_000;

function model(change: (bytes: Uint8Array) => void = () => {}): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE).map((_, i) => i * 7 + (i >> 8));
  change(bytes);
  return bytes;
}

function fingerprint(bytes: Uint8Array, { offset, size } = { offset: 0, size: bytes.length }): string {
  return fingerprintModel({ source: memorySource("model", bytes), offset, size, dataOffset: HEADER });
}

Deno.test("fingerprintModel is the same for a GGUF and for that GGUF inside another file", () => {
  const around = new Uint8Array(SIZE + 300);
  around.set(model(), 100);
  assert.equal(fingerprint(around, { offset: 100, size: SIZE }), fingerprint(model()));
});

Deno.test("fingerprintModel differs with any byte of the header, with the size and with the weights", () => {
  const all = [
    model(),
    model((bytes) => bytes[0] = 99),
    model((bytes) => bytes[HEADER - 1] = 99),
    model((bytes) => bytes[HEADER] = 99),
    model((bytes) => bytes[SIZE - 1] = 99),
    model((bytes) => bytes.fill(3, SIZE / 2, SIZE / 2 + 40_000)),
    model().subarray(0, SIZE - 1),
    model().subarray(0, HEADER + 5),
    model().subarray(0, HEADER + 4),
    model().subarray(0, HEADER),
  ].map((bytes) => fingerprint(bytes));
  assert.equal(new Set(all).size, all.length);
});
