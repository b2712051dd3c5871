import assert from "node:assert/strict";
import fc from "fast-check";
import { fromCString, readSized, toCString } from "../../ffi/c_string.ts";
import { CFile } from "../../ffi/c_file.ts";

Deno.test("toCString and fromCString give back any text without NUL", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }).filter((text) => !text.includes("\0")), (text) => {
    const bytes = toCString(text);
    assert.equal(bytes.at(-1), 0);
    assert.equal(fromCString(Deno.UnsafePointer.of(bytes)), text);
  }));
});

Deno.test("toCString refuses NUL, which C would take for the end", () => {
  for (const text of ["\0", "a\0b", "a\0"]) assert.throws(() => toCString(text), { name: "TypeError", message: /NUL/ });
});

Deno.test("fromCString takes a null pointer for no text", () => {
  assert.equal(fromCString(null), undefined);
});

Deno.test("readSized reads texts of any length", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600, size: "max" }), (text) => {
    const bytes = new TextEncoder().encode(text);
    let calls = 0;
    const read = readSized((buffer, size) => {
      assert.equal(Number(size), buffer.length);
      calls++;
      // As snprintf: what fits, a NUL in the last place, and the length that it has.
      buffer.set(bytes.subarray(0, buffer.length - 1));
      buffer[Math.min(bytes.length, buffer.length - 1)] = 0;
      return bytes.length;
    });
    assert.equal(read, text);
    assert.ok(calls <= 2);
  }));
});

Deno.test("readSized takes a negative length for no text", () => {
  assert.equal(readSized(() => -1), undefined);
});

Deno.test("CFile refuses a path with NUL, and offsets that are no byte of a file", () => {
  const path = new URL(import.meta.url).pathname;
  assert.throws(() => new CFile(`${path}\0.gguf`, 0), { name: "TypeError" });
  for (const offset of [-1, 0.5, NaN, 2 ** 60]) assert.throws(() => new CFile(path, offset), RangeError);
});

Deno.test("CFile names the file that it cannot open", () => {
  assert.throws(() => new CFile("/no/such/file.gguf", 0), {
    name: "NativeError",
    message: 'Cannot open "/no/such/file.gguf" for reading',
  });
});
