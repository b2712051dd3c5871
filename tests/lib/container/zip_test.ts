import assert from "node:assert/strict";
import fc from "fast-check";
import {
  centralDirectory,
  entryStream,
  localHeader,
  memorySource,
  openByteSource,
  paddableOffset,
  readEntry,
  readZip,
  type ZipRecord,
} from "../../../lib/container/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { type MadeEntry, makeZip } from "./make_zip.ts";
import { listWithPython, runTool } from "./zip_tools.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const ENTRIES: MadeEntry[] = [
  { name: "lib/a.so", data: text("library ".repeat(500)), deflated: true },
  { name: ".args", data: text("--temp\n0\n") },
  { name: "empty", data: new Uint8Array() },
  { name: "gewölbe.gguf", data: new Uint8Array(1000).map((_, i) => i & 0xff), alignment: 65536 },
];

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const piece of stream) bytes.push(...piece);
  return new Uint8Array(bytes);
}

async function streamed(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const source = memorySource("x.zip", bytes);
  const entry = readZip(source).find((entry) => entry.name === name);
  assert.ok(entry);
  return await collect(entryStream(source, entry));
}

function unpack(bytes: Uint8Array): { name: string; data: Uint8Array }[] {
  const source = memorySource("x.zip", bytes);
  return readZip(source).map((entry) => ({
    name: entry.name,
    data: new Uint8Array(readEntry(source, entry, 1 << 20)),
  }));
}

const content = (entries: MadeEntry[]): { name: string; data: Uint8Array }[] =>
  entries.map(({ name, data }) => ({ name, data: new Uint8Array(data) }));

Deno.test("readZip gives back what was written, stored, deflated and aligned", async () => {
  const bytes = makeZip(ENTRIES);
  assert.deepEqual(unpack(bytes), content(ENTRIES));
  const [, , , weights] = readZip(memorySource("x.zip", bytes));
  assert.equal((weights?.dataOffset ?? 1) % 65536, 0);
  for (const { name, data } of ENTRIES) assert.deepEqual(await streamed(bytes, name), new Uint8Array(data));
});

Deno.test("readZip finds its entries behind a prefix, whether or not the offsets count it", () => {
  const prefix = new Uint8Array(70_001).fill(0x50);
  assert.deepEqual(unpack(makeZip(ENTRIES, { prefix })), content(ENTRIES));
  const shifted = ENTRIES.map((entry) => ({ ...entry, alignment: 1 }));
  assert.deepEqual(unpack(makeZip(shifted, { prefix, shifted: true })), content(ENTRIES));
});

Deno.test("readZip reads a ZIP with the longest comment", () => {
  const comment = new Uint8Array(65535).fill(1);
  assert.deepEqual(unpack(makeZip(ENTRIES, { comment })), content(ENTRIES));
});

Deno.test("readZip reads what Python writes, with data descriptors too", async () => {
  const path = await Deno.makeTempFile({ suffix: ".zip" });
  try {
    const script = [
      "import sys,zipfile",
      "class Pipe:",
      "  def __init__(s,f): s.f=f",
      "  def write(s,b): return s.f.write(b)",
      "  def flush(s): s.f.flush()",
      "with open(sys.argv[1],'wb') as f, zipfile.ZipFile(Pipe(f),'w',zipfile.ZIP_DEFLATED) as z:",
      "  z.writestr('a.txt','hello '*100); z.writestr('b/c.bin',bytes(range(256)),zipfile.ZIP_STORED)",
    ].join("\n");
    await runTool("python3", ["-c", script, path]);
    using source = openByteSource(path);
    const entries = readZip(source);
    assert.deepEqual(entries.map(({ name, method, size }) => [name, method, size]), [["a.txt", 8, 600], [
      "b/c.bin",
      0,
      256,
    ]]);
    const [first] = entries;
    assert.ok(first);
    assert.equal(new TextDecoder().decode(readEntry(source, first, 1000)), "hello ".repeat(100));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("readZip gives back any entries", () => {
  const entry = fc.record({
    name: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((name) => !name.includes("\0")),
    data: fc.uint8Array({ maxLength: 300 }),
    deflated: fc.boolean(),
    alignment: fc.constantFrom(1, 32, 4096, 65536),
  });
  const entries = fc.uniqueArray(entry, { maxLength: 5, selector: ({ name }) => name });
  fc.assert(
    fc.property(entries, fc.uint8Array({ maxLength: 40 }), (made, prefix) => {
      assert.deepEqual(unpack(makeZip(made, { prefix })), content(made));
    }),
    { numRuns: 100 },
  );
});

Deno.test("readZip and readEntry fail only with EngineError on changed bytes, and never read more than there is", () => {
  const whole = makeZip(ENTRIES.map((entry) => ({ ...entry, alignment: 1 })), { comment: text("sixteen bytes ok") });
  const edit = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 5 }), (edits) => {
      const bytes = whole.slice();
      for (const [at, value] of edits) bytes[at] = value;
      onlyEngineError(bytes);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("readZip fails only with EngineError when numbers of its directory are changed", () => {
  const whole = makeZip(ENTRIES.map((entry) => ({ ...entry, alignment: 1 })));
  const start = whole.length - 400;
  const numbers = fc.oneof(
    fc.constantFrom(0, 0xffff, 0xffffffff, 0x7fffffff, 0x80000000),
    fc.integer({ min: 0, max: 0xffffffff }),
  );
  fc.assert(
    fc.property(fc.integer({ min: start, max: whole.length - 4 }), numbers, (at, value) => {
      const bytes = whole.slice();
      new DataView(bytes.buffer).setUint32(at, value, true);
      onlyEngineError(bytes);
    }),
    { numRuns: 1500 },
  );
});

Deno.test("readZip refuses every truncation", () => {
  const whole = makeZip(ENTRIES.map((entry) => ({ ...entry, alignment: 1 })));
  for (let length = 0; length < whole.length; length += 7) {
    assert.throws(() => readZip(memorySource("x", whole.subarray(0, length))), EngineError);
  }
});

function onlyEngineError(bytes: Uint8Array): void {
  const inner = memorySource("x.zip", bytes);
  let largest = 0;
  const source = {
    ...inner,
    readAt(offset: number, into: Uint8Array): number {
      largest = Math.max(largest, into.length);
      return inner.readAt(offset, into);
    },
  };
  try {
    for (const entry of readZip(source)) {
      try {
        assert.equal(readEntry(source, entry, 1 << 20).length, entry.size);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
      }
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  assert.ok(largest <= bytes.length);
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(() => readZip(memorySource("x.zip", bytes)), (error) => {
    assert.ok(error instanceof EngineError && error.code === "bad_file");
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("readZip refuses two entries of one name, and entries that overlap", () => {
  const entry = { name: "a", data: text("abc") };
  refuses(makeZip([entry, entry]), /entry "a" is there twice/);
  const record: ZipRecord = { name: "a", method: 0, crc32: 0, compressedSize: 40, size: 40, headerOffset: 0 };
  const inner: ZipRecord = { name: "b", method: 0, crc32: 0, compressedSize: 3, size: 3, headerOffset: 31 };
  const bytes = new Uint8Array([...localHeader(record), ...localHeader(inner), ...new Uint8Array(9)]);
  refuses(
    new Uint8Array([...bytes, ...centralDirectory([record, inner], bytes.length, new Uint8Array())]),
    /"b" overlaps/,
  );
});

Deno.test("readZip refuses a local header that contradicts the directory", () => {
  const bytes = makeZip([{ name: "abc", data: text("hello") }]);
  bytes[30] = "x".charCodeAt(0);
  refuses(bytes, /header of its entry "abc" has another name/);
});

Deno.test("readEntry refuses wrong CRCs, bombs and entries above its limit", async () => {
  const bytes = makeZip([{ name: "a", data: text("hello") }, {
    name: "z",
    data: new Uint8Array(100_000),
    deflated: true,
  }]);
  bytes[31] = "H".charCodeAt(0);
  const source = memorySource("x.zip", bytes);
  const [stored, deflated] = readZip(source);
  assert.ok(stored && deflated);
  assert.throws(() => readEntry(source, stored, 100), /entry "a" has CRC [0-9a-f]{8}, expected [0-9a-f]{8}/);
  await assert.rejects(streamed(bytes, "a"), /entry "a" has CRC/);
  assert.throws(() => readEntry(source, deflated, 99_999), /has 100000 bytes, at most 99999/);
  const lying = { ...deflated, size: 10_000 };
  assert.throws(() => readEntry(source, lying, 100_000), /entry "z" does not unpack/);
  await assert.rejects(collect(entryStream(source, lying)), /more than 10000 bytes/);
});

Deno.test("entryStream refuses deflated data that is damaged", async () => {
  const bytes = makeZip([{ name: "a", data: text("hello ".repeat(1000)), deflated: true }]);
  bytes[35] = 0xff;
  await assert.rejects(streamed(bytes, "a"), (error) => error instanceof EngineError && error.code === "bad_file");
});

Deno.test("localHeader reaches every alignment from every offset", () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.boolean(), fc.integer({ min: 1, max: 30 }), (offset, wide, nameLength) => {
      const size = wide ? 2 ** 33 : 5;
      const record: ZipRecord = {
        name: "n".repeat(nameLength),
        method: 0,
        crc32: 0,
        compressedSize: size,
        size,
        headerOffset: offset,
      };
      record.headerOffset = paddableOffset(record, 65536);
      assert.ok(record.headerOffset >= offset && record.headerOffset <= offset + 64);
      assert.equal((record.headerOffset + localHeader(record, 65536).length) % 65536, 0);
    }),
    { numRuns: 500 },
  );
  // The one offset in 64 KiB at which the padding field overflows.
  const record: ZipRecord = { name: "n", method: 0, crc32: 0, compressedSize: 2 ** 33, size: 2 ** 33, headerOffset: 0 };
  record.headerOffset = 65536 - 30 - 1 - 20 - 4 + 1;
  assert.throws(() => localHeader(record, 65536), RangeError);
  record.headerOffset = paddableOffset(record, 65536);
  assert.equal((record.headerOffset + localHeader(record, 65536).length) % 65536, 0);
});

Deno.test("readZip, zipinfo and Python read a ZIP above 4 GiB", async () => {
  // Only the headers are written; the data is a hole, so its CRC is not asked for here (PACKLLAMA_LARGE=1 does that in large_test.ts).
  const path = await Deno.makeTempFile({ suffix: ".zip" });
  try {
    const size = 5 * 2 ** 30;
    const big: ZipRecord = { name: "big.gguf", method: 0, crc32: 0, compressedSize: size, size, headerOffset: 10 };
    const header = localHeader(big, 65536);
    const small: ZipRecord = {
      name: "manifest.json",
      method: 0,
      crc32: 0,
      compressedSize: 0,
      size: 0,
      headerOffset: 10 + header.length + size,
    };
    const smallHeader = localHeader(small);
    const directoryAt = small.headerOffset + smallHeader.length;
    using file = await Deno.open(path, { write: true });
    for (
      const [at, bytes] of [[10, header], [small.headerOffset, smallHeader], [
        directoryAt,
        centralDirectory([big, small], directoryAt, text("a comment of 16.")),
      ]] as const
    ) {
      await file.seek(at, Deno.SeekMode.Start);
      await file.write(bytes);
    }
    using source = openByteSource(path);
    assert.deepEqual(readZip(source), [
      { ...big, dataOffset: 65536 },
      { ...small, dataOffset: small.headerOffset + smallHeader.length },
    ]);
    assert.deepEqual(await listWithPython(path), [["big.gguf", size, 10], ["manifest.json", 0, small.headerOffset]]);
    assert.match(await runTool("zipinfo", [path]), /5368709120 b\S stor 80-Jan-01 00:00 big\.gguf/);
  } finally {
    await Deno.remove(path);
  }
});
