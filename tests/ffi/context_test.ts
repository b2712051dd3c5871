import assert from "node:assert/strict";
import { Batch, type ContextOptions, NativeError, SamplerChain } from "../../ffi/mod.ts";
import { openRealModel, type RealModel } from "../real_engine.ts";
import { argmax, distance, RealContext, TEXT } from "./real_context.ts";

let opened: RealModel | undefined;
Deno.test.beforeAll(async () => {
  opened = await openRealModel();
});
Deno.test.afterAll(() => opened?.[Symbol.dispose]());

function real(): RealModel {
  assert.ok(opened);
  return opened;
}

function open(options: Partial<ContextOptions> = {}): RealContext {
  return new RealContext(real().model, options);
}

Deno.test("Context gives the logits that llama.cpp's greedy sampler picks from", () => {
  using it = open();
  using greedy = new SamplerChain(real().library).greedy();
  const tokens = it.tokens(TEXT);
  it.decode(tokens, { all: true });
  for (const index of tokens.keys()) {
    const logits = it.context.logits(index);
    assert.equal(logits.length, real().model.vocabulary.size);
    assert.equal(argmax(logits), greedy.sample(it.context, index));
    assert.equal(it.context.logits(index), logits, "the same view again");
  }
  const last = argmax(it.context.logits(tokens.length - 1));
  assert.equal(new TextDecoder().decode(real().model.vocabulary.piece(last)), " dog");
});

Deno.test("Context refuses outputs that the last batch has not", () => {
  using it = open();
  using greedy = new SamplerChain(real().library).greedy();
  assert.throws(() => it.context.logits(0), RangeError, "nothing was decoded");
  it.decode(it.tokens(TEXT));
  const size = it.tokens(TEXT).length;
  for (const index of [-1, 0, size - 2, size, 63, 64, 1e9, 0.5, NaN]) {
    assert.throws(() => it.context.logits(index), { name: "RangeError", message: /has no output/ });
    assert.throws(() => greedy.sample(it.context, index), RangeError);
    assert.throws(() => it.context.embeddings(index), RangeError);
  }
  assert.throws(() => it.context.embeddings(size - 1), { name: "NativeError", message: /no embedding/ });
  assert.equal(it.context.sequenceEmbedding(0), undefined);
});

Deno.test("Context empties its views of logits before llama.cpp frees what they look at", () => {
  const it = open();
  const tokens = it.tokens(TEXT);
  it.decode(tokens);
  // Refused, and the buffer with it stays: what is read after it must be emptied later all the same.
  assert.throws(() => it.decode([1, 1, 1, 1], { position: 500, all: true }), NativeError);
  it.context.clear();
  const kept = it.context.logits(it.decode(tokens));
  assert.equal(kept.length, real().model.vocabulary.size);
  // As many outputs as never before: the buffer is made anew.
  it.decode(tokens, { position: tokens.length, all: true });
  assert.equal(kept.length, 0);
  const rows = [...tokens.keys()].map((index) => it.context.logits(index));
  assert.ok(rows.every((row) => row.length > 0));
  // No more than before: the rows are where they were.
  it.decode(tokens, { position: 2 * tokens.length });
  assert.equal(rows[0], it.context.logits(tokens.length - 1));
  it[Symbol.dispose]();
  assert.ok(rows.every((row) => row.length === 0));
});

Deno.test("Context refuses batches that llama.cpp would end the process for", () => {
  using it = open({ batchSize: 32, ubatchSize: 16, outputs: 4 });
  const batch = new Batch(64);
  const fill = (count: number, output: boolean): Batch => {
    batch.clear();
    for (let i = 0; i < count; i++) batch.add(1, { sequence: 0, position: i, output });
    return batch;
  };
  assert.throws(() => it.context.decode(fill(33, false)), { name: "RangeError", message: /33 tokens.*computes 32/ });
  assert.throws(() => it.context.decode(fill(5, true)), { name: "RangeError", message: /5 outputs.*room for 4/ });
  assert.throws(() => it.context.encode(fill(17, false)), RangeError);
  assert.equal(it.context.decode(fill(4, true)), "ok");
  it.context.clear();
  it.context.setCausalAttention(false);
  assert.throws(() => it.context.decode(fill(17, false)), RangeError, "without causal attention a batch is one ubatch");
  assert.equal(it.context.decode(fill(16, false)), "ok");
});

Deno.test("Context refuses options that llama.cpp would end the process for", () => {
  const wrong: Partial<ContextOptions>[] = [
    { sequences: 0 },
    { sequences: 257 },
    { sequences: 65 }, // more than a batch has tokens
    { sequences: 4, outputs: 3 },
    { threads: 0 },
    { batchThreads: 513 },
    { contextLength: 0 },
    { batchSize: 0 },
    { ubatchSize: -1 },
    { poll: 101 },
    { rope: { frequencyBase: NaN } },
  ];
  for (const options of wrong) assert.throws(() => open(options), RangeError, JSON.stringify(options));
  // llama.cpp itself refuses this one.
  assert.throws(() => open({ flashAttention: false, valueType: "q8_0" }), NativeError);
});

Deno.test("Context computes with every type of KV cache, close to f16", () => {
  using plain = open();
  const expected = plain.logitsAfter(plain.tokens(TEXT));
  const size = plain.context.stateSize(0);
  for (const type of ["f32", "bf16", "q8_0", "q5_1", "q5_0", "iq4_nl", "q4_1", "q4_0"] as const) {
    using it = open({ keyType: type, valueType: type, flashAttention: true });
    const logits = it.logitsAfter(it.tokens(TEXT));
    assert.ok(distance(logits, expected) < (/^q4|nl/.test(type) ? 12 : 6), `${type}: ${distance(logits, expected)}`);
    const ratio = it.context.stateSize(0) / size;
    assert.ok(type === "f32" ? ratio > 1.9 : type === "bf16" ? ratio === 1 : ratio < 0.6, `${type}: ${ratio} of f16`);
  }
});

Deno.test("Context restores the state of a sequence, whose next logits are the same", () => {
  for (const unified of [true, false]) {
    using it = open({ unified });
    const tokens = it.tokens(TEXT);
    it.decode(tokens);
    const state = it.context.state(0);
    // It is rewritten as that of a unified cache, which has one stream.
    assert.equal(state.length, it.context.stateSize(0) - (unified ? 0 : 4));
    const expected = it.logitsAfter([284], { position: tokens.length });
    it.context.clear();
    assert.equal(it.context.restoreState(1, state), true);
    assert.deepEqual(it.context.positions(1), { min: 0, max: tokens.length - 1 });
    assert.deepEqual(it.logitsAfter([284], { sequence: 1, position: tokens.length }), expected);
    using other = open({ unified });
    assert.equal(other.context.restoreState(0, state), true);
    assert.deepEqual(other.logitsAfter([284], { position: tokens.length }), expected);
    const partial = it.context.partialState(1);
    assert.ok(partial.length > 12);
    assert.equal(it.context.restorePartialState(0, partial), true);
    assert.deepEqual(it.context.positions(0), it.context.positions(1));
  }
});

Deno.test("Context refuses states that are damaged or of another kind of context, and empties the sequence", () => {
  using it = open();
  it.decode(it.tokens(TEXT));
  const state = it.context.state(0);
  using quantized = open({ keyType: "q8_0", valueType: "q8_0", flashAttention: true });
  const longer = new Uint8Array(state.length + 1);
  longer.set(state);
  const wrong = [
    new Uint8Array(),
    new Uint8Array(4096),
    state.slice(0, 11),
    state.slice(0, 40),
    state.slice(0, -1),
    longer,
  ];
  for (const bytes of wrong) {
    it.decode([1], { sequence: 1 });
    assert.equal(it.context.restoreState(1, bytes), false, `${bytes.length} bytes`);
    assert.deepEqual(it.context.positions(1), { min: -1, max: -1 });
    it.context.removeSequence(1);
  }
  assert.equal(quantized.context.restoreState(0, state), false);
  assert.equal(it.context.restoreState(1, state), true);
});

Deno.test("Context copies a prefix in a unified cache, and it goes on as if computed", () => {
  using it = open();
  const tokens = it.tokens(TEXT);
  const expected = it.logitsAfter(tokens);
  it.context.copyPrefix({ from: 0, to: 1, length: tokens.length - 1 });
  assert.deepEqual(it.context.positions(1), { min: 0, max: tokens.length - 2 });
  const logits = it.logitsAfter(tokens.slice(-1), { sequence: 1, position: tokens.length - 1 });
  assert.ok(distance(logits, expected) < 1, String(distance(logits, expected)));
  assert.equal(argmax(logits), argmax(expected));
  it.context.copyPrefix({ from: 0, to: 1, length: 0 });
  assert.deepEqual(it.context.positions(1), { min: -1, max: -1 });
  assert.throws(() => it.context.copyPrefix({ from: 0, to: 0, length: 1 }), RangeError);
  using split = open({ unified: false });
  assert.throws(() => split.context.copyPrefix({ from: 0, to: 1, length: 1 }), {
    name: "NativeError",
    message: /unified/,
  });
});

Deno.test("Context copies a sequence whole in a split cache, from which the tail is then cut", () => {
  using it = open({ unified: false });
  const tokens = it.tokens(TEXT);
  const expected = it.logitsAfter(tokens);
  it.decode([1, 2, 3], { sequence: 1 });
  it.context.copySequence({ from: 0, to: 1 });
  assert.throws(() => it.context.state(1), { name: "NativeError", message: /awaits the next decode/ });
  assert.throws(() => it.context.restoreState(0, new Uint8Array(99)), NativeError);
  assert.throws(() => it.context.restorePartialState(1, new Uint8Array(99)), NativeError);
  assert.deepEqual([it.context.canSave(0), it.context.canSave(1)], [true, false]);
  assert.deepEqual([it.context.canRestore(0), it.context.canRestore(1)], [false, false]);
  assert.equal(it.context.removeSequence(1, tokens.length - 1), true);
  assert.deepEqual(it.context.positions(1), { min: 0, max: tokens.length - 2 });
  const logits = it.logitsAfter(tokens.slice(-1), { sequence: 1, position: tokens.length - 1 });
  assert.ok(distance(logits, expected) < 1, String(distance(logits, expected)));
  assert.equal(argmax(logits), argmax(expected));
  assert.ok(it.context.state(1).length > 12, "after the decode its state can be had");
  assert.deepEqual(it.context.positions(0), { min: 0, max: tokens.length - 1 });
});

Deno.test("Context shifts positions, so that a sequence goes on after its beginning was dropped", () => {
  using it = open();
  const tokens = it.tokens(TEXT + " dog. " + TEXT);
  const last = tokens.length - 1;
  it.decode(tokens.slice(0, last));
  assert.equal(it.context.canShift, true);
  assert.equal(it.context.removeRange(0, 2, 6), true);
  it.context.shift(0, 6, -1, -4);
  assert.deepEqual([it.context.canSave(0), it.context.canRestore(0)], [false, true]);
  assert.throws(() => it.context.state(0), { name: "NativeError", message: /awaits the next decode/ });
  assert.deepEqual(it.context.positions(0), { min: 0, max: last - 5 });
  const logits = it.logitsAfter(tokens.slice(last), { position: last - 4 });
  assert.equal(new TextDecoder().decode(real().model.vocabulary.piece(argmax(logits))), " dog");
  assert.equal(it.context.canSave(0), true);
  assert.throws(() => it.context.shift(0, 2, -1, -3), RangeError, "below position 0");
});

Deno.test("Context gives a sequence cells of its own by its state, so that a shift leaves the other where it is", () => {
  using it = open();
  const tokens = it.tokens(TEXT);
  it.decode(tokens);
  const expected = it.logitsAfter([284], { position: tokens.length });
  it.context.removeSequence(0, tokens.length);
  it.context.copySequence({ from: 0, to: 1 });
  const state = it.context.state(1);
  assert.equal(it.context.restoreState(1, state), true);
  it.context.removeRange(1, 2, 4);
  it.context.shift(1, 4, -1, -2);
  assert.deepEqual(it.context.positions(0), { min: 0, max: tokens.length - 1 });
  assert.deepEqual(it.context.positions(1), { min: 0, max: tokens.length - 3 });
  assert.ok(distance(it.logitsAfter([284], { position: tokens.length }), expected) < 1);
});

Deno.test("Context refuses sequences and positions that there are not", () => {
  using it = open();
  for (const sequence of [-1, 2, 256, 1.5, NaN]) {
    const uses: (() => unknown)[] = [
      () => it.context.removeSequence(sequence),
      () => it.context.positions(sequence),
      () => it.context.state(sequence),
      () => it.context.stateSize(sequence),
      () => it.context.restoreState(sequence, new Uint8Array(16)),
      () => it.context.copySequence({ from: 0, to: sequence }),
      () => it.context.copyPrefix({ from: sequence, to: 0, length: 1 }),
      () => it.context.shift(sequence, 0, -1, 1),
      () => it.context.sequenceEmbedding(sequence),
    ];
    for (const use of uses) assert.throws(use, RangeError, `${use} with ${sequence}`);
  }
  assert.throws(() => it.context.removeSequence(0, -1), RangeError);
  assert.throws(() => it.context.removeRange(0, 0, -2), RangeError);
});

Deno.test("Context computes embeddings of tokens and of whole sequences", () => {
  using it = open({ embeddings: true, pooling: "mean" });
  assert.equal(it.context.poolingType, "mean");
  const tokens = it.tokens(TEXT);
  it.decode(tokens);
  const pooled = it.context.sequenceEmbedding(0);
  assert.equal(pooled?.length, real().model.embeddingSize);
  assert.ok(pooled.some((value) => value !== 0) && pooled.every(Number.isFinite));
  assert.equal(it.context.sequenceEmbedding(1), undefined);
  using each = open();
  each.decode(tokens);
  each.context.setEmbeddings(true);
  assert.equal(each.context.poolingType, "none");
  each.decode(tokens, { position: tokens.length });
  const first = each.context.embeddings(0);
  assert.equal(first.length, real().model.embeddingSize);
  assert.ok(distance(first, each.context.embeddings(1)) > 0);
  each.context.setEmbeddings(false);
  each.decode(tokens, { position: 2 * tokens.length });
  assert.throws(() => each.context.embeddings(tokens.length - 1), NativeError);
});

Deno.test("Context computes on with other numbers of threads, and the same logits", () => {
  using it = open({ poll: 0 });
  const tokens = it.tokens(TEXT);
  const expected = it.logitsAfter(tokens);
  for (const [threads, batchThreads] of [[1, 2], [2, 2], [2, 1], [1, 1]] as const) {
    it.context.setThreads(threads, batchThreads);
    assert.deepEqual([it.context.threads, it.context.batchThreads], [threads, batchThreads]);
    it.context.clear();
    assert.deepEqual(it.logitsAfter(tokens), expected);
    it.decode([1], { position: tokens.length });
  }
  assert.throws(() => it.context.setThreads(0, 1), RangeError);
  assert.throws(() => it.context.setThreads(1, 513), RangeError);
  assert.deepEqual([it.context.threads, it.context.batchThreads], [1, 1]);
});
