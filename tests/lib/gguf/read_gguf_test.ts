import assert from "node:assert/strict";
import fc from "fast-check";
import { memorySource } from "../../../lib/container/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { ggmlType, type Gguf, isGgufArray, readGguf, readGgufArray, readGgufElement } from "../../../lib/gguf/mod.ts";
import { type MadeGguf, makeGguf, makeModel } from "./make_gguf.ts";

function read(bytes: Uint8Array): Gguf {
  return readGguf(memorySource("x.gguf", bytes));
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(() => read(bytes), (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "bad_file");
    assert.match(error.message, message);
    assert.match(error.message, /^Cannot load model "x\.gguf": [^\n]*$/);
    return true;
  });
}

function elementsOf(gguf: Gguf, key: string): unknown[] {
  const value = gguf.metadata.get(key);
  assert.ok(isGgufArray(value));
  return readGgufArray(gguf, value);
}

const f32 = (count: number): Uint8Array => new Uint8Array(count * 4);

Deno.test("readGguf reads metadata, arrays and tensors", () => {
  const gguf = read(makeModel());
  assert.equal(gguf.version, 3);
  assert.equal(gguf.alignment, 32);
  assert.equal(gguf.metadata.get("general.name"), "Tiny");
  assert.equal(gguf.metadata.get("llama.context_length"), 2048);
  assert.deepEqual(elementsOf(gguf, "tokenizer.ggml.tokens"), ["<s>", "</s>", "a", "bé"]);
  assert.deepEqual(elementsOf(gguf, "tokenizer.ggml.scores"), [0, 0, -1.5, -2]);
  assert.deepEqual(gguf.tensors.map(({ name, dims, type, offset, bytes }) => ({ name, dims, type, offset, bytes })), [
    { name: "token_embd.weight", dims: [1024], type: "F32", offset: 0, bytes: 4096 },
    { name: "output_norm.weight", dims: [8, 2], type: "F32", offset: 4096, bytes: 64 },
  ]);
});

Deno.test("readGguf reads every scalar type exactly", () => {
  const view = (bytes: number, set: (view: DataView) => void): Uint8Array => {
    const scalar = new Uint8Array(bytes);
    set(new DataView(scalar.buffer));
    return scalar;
  };
  const gguf = read(makeGguf({
    metadata: {
      u8: { type: 0, scalar: new Uint8Array([200]) },
      i8: { type: 1, scalar: new Uint8Array([200]) },
      u16: { type: 2, scalar: view(2, (v) => v.setUint16(0, 65000, true)) },
      i16: { type: 3, scalar: view(2, (v) => v.setInt16(0, -5, true)) },
      i32: { type: 5, scalar: view(4, (v) => v.setInt32(0, -5, true)) },
      f32: { type: 6, scalar: view(4, (v) => v.setFloat32(0, 0.5, true)) },
      yes: true,
      no: false,
      u64: { type: 10, scalar: view(8, (v) => v.setBigUint64(0, 2n ** 63n, true)) },
      small: { type: 10, scalar: view(8, (v) => v.setBigUint64(0, 7n, true)) },
      i64: { type: 11, scalar: view(8, (v) => v.setBigInt64(0, -7n, true)) },
      f64: { type: 12, scalar: view(8, (v) => v.setFloat64(0, 1e300, true)) },
    },
  }));
  assert.deepEqual(Object.fromEntries(gguf.metadata), {
    u8: 200,
    i8: -56,
    u16: 65000,
    i16: -5,
    i32: -5,
    f32: 0.5,
    yes: true,
    no: false,
    u64: 2n ** 63n,
    small: 7,
    i64: -7,
    f64: 1e300,
  });
});

Deno.test("readGguf reads a GGUF in the middle of a file", () => {
  const model = makeModel();
  const bytes = new Uint8Array(100 + model.length + 50).fill(0xaa);
  bytes.set(model, 100);
  const gguf = readGguf(memorySource("x.gguf", bytes), 100, model.length);
  assert.deepEqual(elementsOf(gguf, "tokenizer.ggml.tokens"), ["<s>", "</s>", "a", "bé"]);
  assert.throws(() => readGguf(memorySource("x.gguf", bytes), 100, model.length + 51), EngineError);
});

Deno.test("readGgufElement reads one element without the others", () => {
  const gguf = read(makeModel());
  const tokens = gguf.metadata.get("tokenizer.ggml.tokens");
  const scores = gguf.metadata.get("tokenizer.ggml.scores");
  assert.ok(isGgufArray(tokens) && isGgufArray(scores));
  assert.equal(readGgufElement(gguf, tokens, 3), "bé");
  assert.equal(readGgufElement(gguf, scores, 2), -1.5);
  assert.throws(() => readGgufElement(gguf, scores, 4), RangeError);
});

Deno.test("readGguf says where a truncated file lacks bytes", () => {
  const whole = makeGguf({ tensors: [{ name: "blk.0.attn_q.weight", dims: [204], data: f32(204) }] });
  const gguf = read(whole);
  const end = gguf.dataOffset + 816;
  refuses(
    whole.subarray(0, 640),
    new RegExp(
      `tensor "blk\\.0\\.attn_q\\.weight" ends at byte ${end}, the file has 640; the file is truncated, download it again`,
    ),
  );
});

Deno.test("readGguf refuses every truncation of a model", () => {
  const whole = makeModel({ dataBytes: 64 });
  read(whole);
  for (let length = 0; length < whole.length; length++) {
    assert.throws(
      () => read(whole.subarray(0, length)),
      EngineError,
      `${length} of ${whole.length} bytes were accepted`,
    );
  }
});

const REFUSED: [string, Uint8Array | MadeGguf, RegExp][] = [
  ["an empty file", new Uint8Array(), /it is empty/],
  ["a text file", new TextEncoder().encode("Hello, this is no model"), /not a GGUF file, it begins with "Hell"/],
  ["version 1", { version: 1 }, /GGUF version 1/],
  ["version 4", { version: 4 }, /GGUF version 4, expected 2 or 3/],
  ["version 0", { version: 0 }, /GGUF version 0/],
  ["big endian", { version: 0x03000000 }, /big-endian/],
  ["an absurd number of tensors", { tensorCount: 2n ** 62n }, /said to hold \d+ tensors/],
  ["a negative number of values", { pairCount: 2n ** 64n - 1n }, /said to hold \d+ metadata values/],
  ["an array longer than the file", { metadata: { a: { type: 9, scalar: words(4, 1000, 0) } } }, /1000 elements/],
  ["an array of absurd length", { metadata: { a: { type: 9, scalar: words(8, 0, 0x40000000) } } }, /elements/],
  ["an array of arrays", { metadata: { a: { type: 9, scalar: words(9, 1, 0) } } }, /array of arrays/],
  ["an absurd string", { metadata: { a: { type: 8, scalar: words(0, 0x7fffffff) } } }, /said to have \d+ bytes/],
  ["an unknown value type", { metadata: { a: { type: 13, scalar: words(0) } } }, /unknown type 13/],
  ["an empty key", { metadata: { "": 1 } }, /key 0 is empty/],
  ["an alignment that is no power of two", { metadata: { "general.alignment": 48 } }, /alignment" is 48/],
  ["an alignment of zero", { metadata: { "general.alignment": 0 } }, /alignment" is 0/],
  ["an unknown tensor type", tensor([4], 99), /tensor "t" has the unknown type 99/],
  ["a removed tensor type", tensor([32], 4), /tensor "t" has the unknown type 4/],
  ["a row that is no whole block", tensor([33], 2), /tensor "t" of type Q4_0 has rows of 33 elements/],
  ["five dimensions", tensor([1, 1, 1, 1, 4]), /5 dimensions/],
  ["dimensions that overflow", tensor([2 ** 40, 2 ** 40]), /absurd shape/],
  ["a data offset that is not aligned", tensor([4], 0, 8), /not a multiple of 32/],
  ["a data offset past the end", tensor([4], 0, 2 ** 40), /ends at byte/],
  ["overlapping tensors", {
    tensors: [{ name: "a", dims: [8], data: f32(8) }, { name: "b", dims: [8], data: f32(8), offset: 0 }],
  }, /tensor "b" begins at byte 0 of the data, expected 32/],
  ["two tensors of one name", {
    tensors: [{ name: "a", dims: [8], data: f32(8) }, { name: "a", dims: [8], data: f32(8) }],
  }, /tensor "a" is there twice/],
  ["a tensor name that ggml cannot hold", {
    tensors: [{ name: "n".repeat(64), dims: [8], data: f32(8) }],
  }, /name of tensor 0 is said to have 64 bytes/],
];

function words(...values: number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

function tensor(dims: number[], type = 0, offset = 0): MadeGguf {
  return { tensors: [{ name: "t", dims, type, offset, data: f32(4) }] };
}

for (const [what, made, message] of REFUSED) {
  Deno.test(`readGguf refuses ${what}`, () => {
    refuses(made instanceof Uint8Array ? made : makeGguf(made), message);
  });
}

Deno.test("readGguf refuses a key that is there twice", () => {
  const bytes = makeGguf({ metadata: { aa: 1, ab: 2 } });
  // Turns the second key's letter into the first's.
  bytes[bytes.indexOf("b".charCodeAt(0))] = "a".charCodeAt(0);
  refuses(bytes, /key "aa" is there twice/);
});

Deno.test("readGguf fails only with EngineError, and reads little, whatever bytes change", () => {
  const model = makeModel({ dataBytes: 64 });
  const edits = fc.array(fc.tuple(fc.nat(model.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(edits, (changes) => {
      const bytes = model.slice();
      for (const [at, value] of changes) bytes[at] = value;
      onlyEngineError(bytes);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("readGguf fails only with EngineError when a length or count is changed", () => {
  const model = makeModel({ dataBytes: 64 });
  const interesting = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.constantFrom(2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n),
  );
  fc.assert(
    fc.property(fc.nat(model.length - 8), interesting, (at, value) => {
      const bytes = model.slice();
      new DataView(bytes.buffer).setBigUint64(at, value, true);
      onlyEngineError(bytes);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("readGguf fails only with EngineError on arbitrary bytes behind the magic", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      const bytes = new Uint8Array(8 + tail.length);
      bytes.set(makeGguf().subarray(0, 8));
      bytes.set(tail, 8);
      onlyEngineError(bytes);
    }),
    { numRuns: 1000 },
  );
});

function onlyEngineError(bytes: Uint8Array): void {
  let largest = 0;
  const source = memorySource("x.gguf", bytes);
  const watched = {
    ...source,
    readAt(offset: number, into: Uint8Array): number {
      largest = Math.max(largest, into.length);
      return source.readAt(offset, into);
    },
  };
  try {
    const gguf = readGguf(watched);
    for (const value of gguf.metadata.values()) if (isGgufArray(value)) readGgufArray(gguf, value);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  assert.ok(largest <= bytes.length, `asked for ${largest} bytes of a file of ${bytes.length}`);
}

Deno.test("ggmlType knows the size of a block", () => {
  assert.deepEqual(ggmlType(12), { name: "Q4_K", blockSize: 256, typeSize: 144 });
  assert.equal(ggmlType(5), undefined);
});

Deno.test("readGguf steps over a large vocabulary quickly", () => {
  const strings = Array.from({ length: 262_144 }, (_, i) => `token${i}`);
  const bytes = makeGguf({ metadata: { tokens: { strings }, after: 5 } });
  read(bytes);
  const started = performance.now();
  assert.equal(read(bytes).metadata.get("after"), 5);
  const took = performance.now() - started;
  // A tenth of a second is far from the 5 ms it takes, and from the seconds that decoding each string would.
  assert.ok(took < 100, `took ${took} ms`);
});
