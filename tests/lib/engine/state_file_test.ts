import assert from "node:assert/strict";
import fc from "fast-check";
import type { SavedState } from "../../../lib/engine/state_cache.ts";
import { expectReplaceable, readStateFile, writeStateFile } from "../../../lib/engine/state_file.ts";
import { EngineError } from "../../../lib/errors.ts";
import { makeScratch, type Scratch } from "../container/scratch.ts";
import { failure } from "./answer.ts";

const KEY = "some key";
const ALL = { limit: Infinity, contextLength: Infinity };

const savedStates = fc.array(
  fc.record({
    tokens: fc.int32Array({ minLength: 1, maxLength: 20 }).map((tokens) => Int32Array.from(tokens)),
    state: fc.uint8Array({ minLength: 1, maxLength: 60 }).map((state) => Uint8Array.from(state)),
    variant: fc.string(),
  }),
  { maxLength: 4 },
);

function saved(length: number, filling = 7): SavedState {
  return { tokens: new Int32Array(length).fill(filling), state: new Uint8Array(length * 8).fill(filling), variant: "" };
}

function read(path: string, options: Partial<typeof ALL> & { key?: string } = {}): SavedState[] {
  const { key = KEY, ...wanted } = options;
  return readStateFile({ path, offset: 0, size: Deno.statSync(path).size }, key, { ...ALL, ...wanted });
}

function plain(states: readonly SavedState[]): unknown {
  return states.map(({ tokens, state, variant }) => [[...tokens], [...state], variant]);
}

Deno.test("readStateFile gives what writeStateFile was given, alone and inside a larger file", async () => {
  using scratch = makeScratch();
  const [path, around] = [scratch.path("states"), scratch.path("around")];
  await fc.assert(
    fc.asyncProperty(savedStates, fc.nat(100), async (states, offset) => {
      await writeStateFile(path, KEY, states);
      assert.deepEqual(plain(read(path)), plain(states));
      const bytes = Deno.readFileSync(path);
      const larger = new Uint8Array(offset + bytes.length + 9).fill(1);
      larger.set(bytes, offset);
      Deno.writeFileSync(around, larger);
      const inside = { path: around, offset, size: bytes.length };
      assert.deepEqual(plain(readStateFile(inside, KEY, ALL)), plain(states));
    }),
    { numRuns: 50 },
  );
  assert.deepEqual(scratch.names(), ["around", "states"], "nothing else is left");
});

Deno.test("readStateFile notices any flipped bit, any cut and any byte too many", async () => {
  using scratch = makeScratch();
  const [path, damaged] = [scratch.path("states"), scratch.path("damaged")];
  const refused = (bytes: Uint8Array): void => {
    Deno.writeFileSync(damaged, bytes);
    assert.throws(() => read(damaged), (error) => error instanceof EngineError && error.code === "bad_file");
  };
  await fc.assert(
    fc.asyncProperty(savedStates, fc.nat(), fc.nat(7), async (states, place, bit) => {
      await writeStateFile(path, KEY, states);
      const bytes = Deno.readFileSync(path);
      const at = place % bytes.length;
      refused(bytes.subarray(0, at));
      refused(Uint8Array.from([...bytes, 0]));
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      refused(bytes);
    }),
    { numRuns: 150 },
  );
});

Deno.test("readStateFile asks for no memory beyond what the file has", async () => {
  using scratch = makeScratch();
  const path = scratch.path("states");
  await writeStateFile(path, KEY, [saved(3)]);
  const bytes = Deno.readFileSync(path);
  new DataView(bytes.buffer).setUint32(12, 0xffff_ffff, true);
  Deno.writeFileSync(path, bytes);
  assert.throws(() => read(path), { message: /header has 4294967295 bytes/ });
  assert.throws(() => readStateFile({ path, offset: 0, size: 2 ** 50 }, KEY, ALL), { message: /ends at byte/ });
});

Deno.test("readStateFile passes over a file of another key", async () => {
  using scratch = makeScratch();
  const path = scratch.path("states");
  await writeStateFile(path, KEY, [saved(3)]);
  assert.deepEqual(read(path, { key: "another" }), []);
});

Deno.test("readStateFile keeps those used last within the limit, and those that the context holds", async () => {
  using scratch = makeScratch();
  const path = scratch.path("states");
  const states = [saved(10, 1), saved(20, 2), saved(5, 3)];
  await writeStateFile(path, KEY, states);
  const found = (options: Partial<typeof ALL>): number[] => read(path, options).map(({ tokens }) => tokens[0] ?? 0);
  assert.deepEqual(found({}), [1, 2, 3]);
  assert.deepEqual(found({ limit: 12 * 25 }), [2, 3]);
  assert.deepEqual(found({ limit: 12 * 25 - 1 }), [3]);
  assert.deepEqual(found({ limit: 0 }), []);
  assert.deepEqual(found({ contextLength: 19 }), [1, 3]);
});

Deno.test({
  name: "writeStateFile makes a file that its owner alone may read, and leaves the old one when it fails",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using scratch = makeScratch();
    const path = scratch.path("states");
    await writeStateFile(path, KEY, [saved(3)]);
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    await assert.rejects(writeStateFile(pathThatFails(scratch), KEY, [saved(4)]), Deno.errors.NotFound);
    assert.deepEqual(plain(read(path)), plain([saved(3)]));
  },
});

Deno.test("writeStateFile takes the place of no other file, not even of one that comes while it writes", async () => {
  using scratch = makeScratch();
  const path = scratch.path("states");
  const writing = writeStateFile(path, KEY, [saved(3)]);
  scratch.write("states", "Dear diary");
  await assert.rejects(writing, failure("usage", /"Dear dia", expected "PLSTATES"/));
  await assert.rejects(writeStateFile(path, KEY, [saved(3)]), failure("usage"));
  assert.equal(Deno.readTextFileSync(path), "Dear diary");
  assert.deepEqual(scratch.names(), ["states"]);
});

Deno.test("expectReplaceable knows a file of states by how it begins", async () => {
  using scratch = makeScratch();
  const path = scratch.path("states");
  expectReplaceable(path);
  await writeStateFile(path, KEY, [saved(3)]);
  expectReplaceable(path);
  expectReplaceable(scratch.write("damaged", Deno.readFileSync(path).subarray(0, 8)));
  expectReplaceable(scratch.write("empty", ""));
  assert.throws(() => expectReplaceable(scratch.write("short", "PLSTATE")), failure("usage", /"PLSTATE", expected/));
  assert.throws(
    () => expectReplaceable(scratch.write("text", "\x1b[2J")),
    failure("usage", /begins with "\\u001b\[2J"/),
  );
  assert.throws(() => expectReplaceable(scratch.folder), failure("bad_file", /is a folder/));
});

function pathThatFails(scratch: Scratch): string {
  return `${scratch.path("no such folder")}/states`;
}
