import assert from "node:assert/strict";
import fc from "fast-check";
import { withStreams } from "../../ffi/state_streams.ts";
import { openRealModel } from "../real_engine.ts";
import { anyState, makeState } from "./make_state.ts";
import { openMemoryModel } from "./memory_models.ts";
import { RealContext, TEXT } from "./real_context.ts";

Deno.test("withStreams rewrites a state as a cache of the other layout writes it", () => {
  fc.assert(
    fc.property(anyState(), fc.integer({ min: 2, max: 8 }), fc.nat(7), (made, streams, slot) => {
      const [unified, first] = [makeState(made), makeState(made, { streams })];
      const anywhere = makeState(made, { streams, stream: slot % streams });
      assert.deepEqual(withStreams(anywhere, 1), unified);
      assert.deepEqual(withStreams(unified, streams), first);
      assert.equal(withStreams(unified, 1), unified, "nothing to do");
    }),
    { numRuns: 300 },
  );
});

Deno.test("withStreams refuses a state that is cut off", () => {
  const tokens = Int32Array.of(7, 8, 9);
  const caches = [{ cells: 3, keyRows: [16, 18], valueRows: [17, 20] }];
  const whole = makeState({ tokens, caches, extension: 0, transposed: false });
  // Without the two layers of V it is one of a model that has none.
  const withoutValues = whole.length - 2 * 12 - 3 * (17 + 20);
  for (let length = 0; length < whole.length; length++) {
    const found = withStreams(whole.slice(0, length), 4);
    if (length === withoutValues) continue;
    assert.equal(found, undefined, `${length} bytes`);
  }
});

Deno.test("withStreams throws at nothing", () => {
  fc.assert(
    fc.property(anyState(), fc.integer({ min: 2, max: 8 }), fc.nat(), fc.nat(255), (made, streams, place, value) => {
      const state = makeState(made);
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

Deno.test("Context restores a hybrid state of the other layout, whose recurrent part is the same in both", async () => {
  for (const kind of ["both", "both, with sliding windows"] as const) {
    using memory = await openMemoryModel(kind);
    for (const unified of [true, false]) {
      using from = new RealContext(memory.model, { unified, sequences: 3 });
      using to = new RealContext(memory.model, { unified: !unified, sequences: 2 });
      from.decode(memory.tokens, { sequence: 2 });
      assert.equal(to.context.restoreState(1, from.context.state(2)), true, kind);
      const position = memory.tokens.length;
      assert.deepEqual(
        to.logitsAfter([9], { sequence: 1, position }),
        from.logitsAfter([9], { sequence: 2, position }),
      );
    }
  }
});
