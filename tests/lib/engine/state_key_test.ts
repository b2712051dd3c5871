import assert from "node:assert/strict";
import { type StateKeyInput, stateKeyOf } from "../../../lib/engine/mod.ts";

const CONTEXT: StateKeyInput["context"] = {
  contextLength: 4096,
  batchSize: 512,
  ubatchSize: 512,
  parallel: 4,
  threads: 2,
  batchThreads: 2,
  layout: "auto",
  shift: false,
};
const INPUT: StateKeyInput = { model: ["m"], lora: [], engine: "llama.cpp v0.4.0", context: CONTEXT };

function key(changes: Partial<StateKeyInput> = {}, context: Partial<StateKeyInput["context"]> = {}): string {
  return stateKeyOf({ ...INPUT, ...changes, context: { ...CONTEXT, ...context } });
}

Deno.test("stateKeyOf differs with all that the numbers of a state depend on", () => {
  const keys = [
    key(),
    key({ model: ["n"] }),
    key({ model: ["m", "n"] }),
    key({ lora: ["n"] }),
    key({ engine: "llama.cpp v0.5.0" }),
    key({}, { keyType: "q8_0" }),
    key({}, { valueType: "q8_0" }),
    key({}, { fullSwa: true }),
    key({}, { flashAttention: true }),
    key({}, { flashAttention: false }),
    key({}, { rope: { frequencyBase: 5e5 } }),
    key({}, { rope: { frequencyScale: 0.5 } }),
    key({ longRopeFrom: 4095 }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("stateKeyOf is the same whatever machine, batch, context and layout a state is used with", () => {
  const others: Partial<StateKeyInput["context"]>[] = [
    { contextLength: 512 },
    { threads: 16, batchThreads: 8 },
    { batchSize: 32, ubatchSize: 16 },
    { parallel: 1 },
    { layout: "split" },
    { shift: true },
    { keyType: "f16", valueType: "f16", fullSwa: false, rope: {} },
  ];
  for (const other of others) assert.equal(key({}, other), key(), JSON.stringify(other));
  const ordered = key({}, { rope: { frequencyBase: 5e5, frequencyScale: 0.5 } });
  assert.equal(key({}, { rope: { frequencyScale: 0.5, frequencyBase: 5e5 } }), ordered);
});

Deno.test("stateKeyOf tells apart the contexts between which a model changes its RoPE factors", () => {
  const long = { longRopeFrom: 1024 };
  assert.equal(key(long, { contextLength: 1025 }), key(long));
  assert.notEqual(key(long, { contextLength: 1024 }), key(long));
  assert.equal(key(long, { contextLength: 1024 }), key());
  assert.equal(key(long, { layout: "split" }), key(), "a part has 1024");
});
