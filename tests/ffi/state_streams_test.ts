import assert from "node:assert/strict";
import fc from "fast-check";
import { withStreams } from "../../ffi/state_streams.ts";
import { RealContext, TEXT } from "./real_context.ts";
import { openRealModel } from "../real_engine.ts";

/** What a made state has; the format is that of `llama_kv_cache::state_write`. */
interface MadeCache {
  cells: number;
  keyRows: number[];
  valueRows: number[];
}

const cache = (withValues: boolean): fc.Arbitrary<MadeCache> =>
  fc.record({
    cells: fc.nat(5),
    rows: fc.array(fc.tuple(fc.integer({ min: 16, max: 40 }), fc.integer({ min: 16, max: 40 })), {
      minLength: 1,
      maxLength: 3,
    }),
  }).map(({ cells, rows }) => ({
    cells,
    keyRows: rows.map(([key]) => key),
    valueRows: withValues ? rows.map(([, value]) => value) : [],
  }));

interface Shape {
  caches: MadeCache[];
  extension: number;
  transposed: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.boolean().chain((withValues) =>
  fc.record({
    caches: fc.array(cache(withValues), { minLength: 1, maxLength: 2 }),
    extension: fc.constantFrom(0, 12),
    transposed: fc.boolean(),
  })
);

/** A state as a cache of so many streams writes it for one of its sequences. */
function make({ caches, extension, transposed }: Shape, streams: number, stream: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let filling = 0;
  const u32 = (value: number): void => void bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, 0);
  const data = (count: number): void => {
    for (let i = 0; i < count; i++) bytes.push(filling++ * 37 & 255);
  };
  u32(0xd8);
  u32(0);
  for (const { cells, keyRows, valueRows } of caches) {
    u32(streams);
    for (let each = 0; each < streams; each++) {
      u32(each === stream ? cells : 0);
      if (each !== stream || cells === 0) continue;
      for (let cell = 0; cell < cells; cell++) {
        u32(cell);
        u32(1);
        data(extension);
        u32(0);
      }
      u32(transposed ? 1 : 0);
      u32(keyRows.length);
      for (const row of keyRows) {
        u32(1);
        u32(row);
        u32(0);
        data(cells * row);
      }
      for (const row of valueRows) {
        u32(1);
        u32(transposed ? 2 : row);
        u32(transposed ? row : 0);
        data(cells * row * (transposed ? 2 : 1));
      }
    }
  }
  return Uint8Array.from(bytes);
}

Deno.test("withStreams rewrites a state as a cache of the other layout writes it", () => {
  fc.assert(
    fc.property(shape, fc.integer({ min: 2, max: 8 }), fc.nat(7), (made, streams, slot) => {
      const [unified, first] = [make(made, 1, 0), make(made, streams, 0)];
      const anywhere = make(made, streams, slot % streams);
      assert.deepEqual(withStreams(anywhere, 1), unified);
      assert.deepEqual(withStreams(unified, streams), first);
      assert.equal(withStreams(unified, 1), unified, "nothing to do");
    }),
    { numRuns: 300 },
  );
});

Deno.test("withStreams refuses a state that is cut off", () => {
  const whole = make(
    { caches: [{ cells: 3, keyRows: [16, 18], valueRows: [17, 20] }], extension: 0, transposed: false },
    1,
    0,
  );
  // Without the two layers of V it is one of a model that has none.
  const withoutValues = whole.length - 2 * 12 - 3 * (17 + 20);
  for (let length = 0; length < whole.length; length++) {
    const found = withStreams(whole.slice(0, length), 4);
    // Nothing but a head is no cache at all.
    if (length === withoutValues || length === 8) continue;
    assert.equal(found, undefined, `${length} bytes`);
  }
});

Deno.test("withStreams throws at nothing", () => {
  fc.assert(
    fc.property(shape, fc.integer({ min: 2, max: 8 }), fc.nat(), fc.nat(255), (made, streams, place, value) => {
      const state = make(made, 1, 0);
      const at = place % state.length;
      withStreams(state.slice(0, at), streams);
      state[at] = value;
      withStreams(state, streams);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void withStreams(Uint8Array.from(bytes), 3)),
    { numRuns: 500 },
  );
});

Deno.test("Context restores a state of the other layout, with the same logits after it", async () => {
  using real = await openRealModel();
  for (const unified of [true, false]) {
    using from = new RealContext(real.model, { unified, sequences: 3 });
    using to = new RealContext(real.model, { unified: !unified, sequences: unified ? 2 : 1 });
    const tokens = from.tokens(TEXT);
    from.decode(tokens, { sequence: 2 });
    const sequence = to.context.sequences - 1;
    assert.equal(to.context.restoreState(sequence, from.context.state(2)), true, real.log.join());
    assert.deepEqual(to.context.positions(sequence), { min: 0, max: tokens.length - 1 });
    assert.deepEqual(
      to.logitsAfter([284], { sequence, position: tokens.length }),
      from.logitsAfter([284], { sequence: 2, position: tokens.length }),
    );
  }
});
