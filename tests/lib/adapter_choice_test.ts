import assert from "node:assert/strict";
import fc from "fast-check";
import { packedAdapter, packedEntryName, parseAdapterChoice } from "../../lib/adapter_choice.ts";

Deno.test("parseAdapterChoice takes a number behind the last colon for the scale, and all else for the path", () => {
  assert.deepEqual(parseAdapterChoice("a.gguf"), { path: "a.gguf", scale: 1 });
  assert.deepEqual(parseAdapterChoice("a.gguf:0.5"), { path: "a.gguf", scale: 0.5 });
  assert.deepEqual(parseAdapterChoice("a.gguf:-2"), { path: "a.gguf", scale: -2 });
  assert.deepEqual(parseAdapterChoice("C:\\a.gguf"), { path: "C:\\a.gguf", scale: 1 });
  assert.deepEqual(parseAdapterChoice("C:\\a.gguf:0"), { path: "C:\\a.gguf", scale: 0 });
  assert.deepEqual(parseAdapterChoice("a.gguf:0.5:2"), { path: "a.gguf:0.5", scale: 2 });
  assert.deepEqual(parseAdapterChoice("a.gguf:"), { path: "a.gguf:", scale: 1 });
});

Deno.test("parseAdapterChoice gives back any path that a scale was put behind", () => {
  const scale = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8);
  fc.assert(fc.property(fc.string({ minLength: 1 }), scale, (path, scale) => {
    assert.deepEqual(parseAdapterChoice(`${path}:${scale === 0 ? 0 : scale}`), {
      path,
      scale: scale === 0 ? 0 : scale,
    });
  }));
});

Deno.test("packedEntryName finds the entry that packedAdapter names, and none in other paths", () => {
  fc.assert(fc.property(fc.stringMatching(/^[a-zA-Z0-9._+-]+$/), (name) => {
    assert.equal(packedEntryName(parseAdapterChoice(packedAdapter(name, 0.5))), `lora/${name}`);
    assert.equal(packedEntryName({ path: name }), undefined);
  }));
});
