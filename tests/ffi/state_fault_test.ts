import assert from "node:assert/strict";
import fc from "fast-check";
import type { Model } from "../../ffi/mod.ts";
import { stateFault } from "../../ffi/state_fault.ts";
import { readCells, recurrentPosition } from "../../ffi/state_layout.ts";
import { openRealModel } from "../real_engine.ts";
import { anyState, makeState } from "./make_state.ts";
import { MEMORY_KINDS, openMemoryModel } from "./memory_models.ts";
import { RealContext, TEXT } from "./real_context.ts";

function viewOf(state: Uint8Array): DataView {
  return new DataView(state.buffer, state.byteOffset, state.byteLength);
}

/** Sets the number at a byte of a copy. */
function changed(state: Uint8Array<ArrayBuffer>, at: number, value: number): Uint8Array<ArrayBuffer> {
  const copy = state.slice();
  viewOf(copy).setUint32(at, value, true);
  return copy;
}

Deno.test("stateFault finds none in what a unified cache writes", () => {
  fc.assert(
    fc.property(anyState({ fewest: 2 }), fc.nat(9), (made, offset) => {
      const state = makeState(made);
      const around = new Uint8Array(state.length + offset);
      around.set(state, offset);
      assert.equal(stateFault(around.subarray(offset), made.tokens), undefined);
    }),
    { numRuns: 500 },
  );
});

Deno.test("stateFault says what is wrong with a cell", () => {
  const tokens = Int32Array.of(5, 6, 7);
  const caches = [{ cells: 3, keyRows: [16], valueRows: [16] }, { cells: 2, keyRows: [16], valueRows: [16] }];
  const plain = makeState({ tokens, caches, extension: 0, transposed: false });
  const extended = makeState({ tokens, caches, extension: 12, transposed: false });
  const [cells, cell] = [16, 24];
  const found = (state: Uint8Array<ArrayBuffer>): string => stateFault(state, tokens) ?? "nothing";
  assert.match(found(changed(plain, 0, 1)), /^begins with 0x1, expected 0xaf143cd8$/);
  assert.match(found(changed(plain, cells, 3)), /position 3, expected each from 0 to 2 once/);
  assert.match(found(changed(plain, cells, -1)), /position -1/);
  assert.match(found(changed(plain, cells + 12, 2)), /position 2, .* once/);
  assert.match(found(changed(plain, cells + 4, 0)), /not laid out/);
  assert.match(found(changed(plain, cells - 4, 2 ** 32 - 1)), /not laid out/);
  assert.match(found(changed(extended, cells + cell + 8, 2)), /position 1 that is not that of its token/);
  assert.match(found(changed(extended, cells + 16, 6)), /position 0 that is not that of its token/);
  // 24 bytes a cell: none of the first cache's tokens was noted, or one was not.
  const unnoted = [0, 1, 2].reduce((state, i) => changed(state, cells + 16 + i * cell, -1), extended);
  assert.equal(found(unnoted), "nothing", "no token was noted");
  assert.match(found(changed(extended, cells + 16, -1)), /position 1 that is not that of its token/);
  assert.equal(found(changed(plain, cells + 8, 77)), "nothing", "the sequence is the one it is read into");
  assert.match(stateFault(plain, tokens.subarray(1)) ?? "", /has 3 cells, expected 1 to 2/);
  const second = readCells(viewOf(plain), 8, 0)?.end ?? 0;
  assert.match(found(changed(plain, second + 8, 0)), /position 0, expected each from 1 to 2 once/);
  assert.match(found(changed(plain, second + 4, 99)), /from byte \d+ on/);
  const split = makeState({ tokens, caches, extension: 0, transposed: false }, { streams: 2, stream: 1 });
  assert.match(found(split), /has cells of 2 streams, expected 1/);
});

Deno.test("stateFault refuses a state that could be read in two ways", () => {
  // The second of two cells without an extension is the extension of the first of one with it, and so on.
  const tokens = new Int32Array(4).fill(1);
  const made = { tokens, extension: 12, transposed: false };
  const state = makeState({ ...made, caches: [{ cells: 4, keyRows: [64], valueRows: [] }] });
  assert.equal(stateFault(state, tokens), undefined);
  // Half of its cells are all where there is no extension: then come what its layers begin with.
  const both = state.slice();
  new Uint32Array(both.buffer, 16 + 4 * 12).set([0, 1, 1, 16, 0]);
  for (const extension of [0, 12]) assert.equal(readCells(viewOf(both), 8, extension)?.count, 4);
  assert.equal(stateFault(both, tokens), "is not laid out as llama.cpp writes one");
});

Deno.test("stateFault refuses a recurrent state of two cells, for which llama.cpp would stop the process", async () => {
  using memory = await openMemoryModel("a recurrent state");
  using real = new RealContext(memory.model, { contextLength: 128 });
  real.decode(memory.tokens);
  const state = real.context.state(0);
  const [head, position] = [8, memory.tokens.length - 1];
  const cells = new Uint8Array(Uint32Array.of(2, 0, 0, position, 0).buffer);
  const made = new Uint8Array([...state.subarray(0, head), ...cells, ...state.subarray(head + 12)]);
  assert.match(stateFault(made, memory.tokens) ?? "", /not laid out/);
});

Deno.test("stateFault throws at nothing", () => {
  const tokens = Int32Array.of(1, 2, 3);
  fc.assert(
    fc.property(anyState(), fc.nat(), fc.nat(255), (made, place, value) => {
      const state = makeState(made);
      const at = place % state.length;
      stateFault(state.slice(0, at), made.tokens);
      state[at] = value;
      stateFault(state, made.tokens);
    }),
    { numRuns: 1000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void stateFault(Uint8Array.from(bytes), tokens)));
});

/** Bytes of a state that say how the others are to be read: of each cache up to the first layer, of a recurrent state up to the first row. */
function headBytes(state: Uint8Array<ArrayBuffer>): number[] {
  const view = viewOf(state);
  const [head, layer] = [20, 12];
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const bytes = range(0, 8);
  const extension = readCells(view, 8, 0) === undefined ? 12 : 0;
  for (let at = 8; at < state.length;) {
    if (recurrentPosition(view, at) !== undefined) return [...bytes, ...range(at, at + head + layer)];
    const cells = readCells(view, at, extension);
    assert.ok(cells);
    bytes.push(...range(at, Math.min(at + 16 + cells.count * (12 + extension) + layer, cells.end)));
    at = cells.end;
  }
  return bytes;
}

/** A state that one context has written, damaged in its head, is refused by `stateFault` or by llama.cpp, or is the same once it is restored. */
function expectDamageRefused(model: Model, tokens: number[]): void {
  using from = new RealContext(model, { contextLength: 128 });
  using to = new RealContext(model, { contextLength: 128 });
  from.decode(tokens);
  const state = from.context.state(0);
  assert.equal(stateFault(state, tokens), undefined);
  const head = headBytes(state);
  const refusedBy = { check: 0, llama: 0, none: 0 };
  fc.assert(
    fc.property(fc.nat(head.length - 1), fc.nat(255), fc.constantFrom(1, 4), (place, value, size) => {
      const damaged = state.slice();
      const at = head[place] ?? 0;
      damaged.fill(value, at, head[place + size - 1] === at + size - 1 ? at + size : at + 1);
      if (stateFault(damaged, tokens) !== undefined) return void refusedBy.check++;
      if (!to.context.restoreState(0, damaged)) return void refusedBy.llama++;
      refusedBy.none++;
      assert.deepEqual(to.context.state(0), state, `byte ${at} is ${value}`);
    }),
    // The last made a token of an extension one that was not noted.
    { numRuns: 1500, examples: head.length > 128 ? [[128, 255, 4]] : [] },
  );
  assert.ok(refusedBy.check > 100 && refusedBy.none > 0, JSON.stringify(refusedBy));
  // What was refused has left nothing behind.
  assert.equal(to.context.restoreState(0, state), true);
  const next = { position: tokens.length };
  assert.deepEqual(to.logitsAfter([5], next), from.logitsAfter([5], next));
}

Deno.test("a state of a plain cache that is damaged in its head is refused, or means the same", async () => {
  using real = await openRealModel();
  const { vocabulary } = real.model;
  expectDamageRefused(real.model, [...vocabulary.tokenize(TEXT.repeat(3), { addSpecial: false, parseSpecial: false })]);
});

for (const kind of MEMORY_KINDS) {
  Deno.test(`a state with ${kind} that is damaged in its head is refused, or means the same`, async () => {
    using memory = await openMemoryModel(kind);
    expectDamageRefused(memory.model, memory.tokens);
  });
}
