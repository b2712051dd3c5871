import assert from "node:assert/strict";
import { join } from "node:path";
import {
  Batch,
  Candidates,
  Context,
  type ContextOptions,
  Library,
  LoraAdapter,
  Model,
  NativeError,
  SamplerChain,
} from "../../ffi/mod.ts";
import { openRealModel, realLibraries, realModel } from "../real_engine.ts";

// On the real library: nothing here may crash, and what was disposed says so. One thread, for ggml's spin where other work takes their cores.

const SMALL: ContextOptions = {
  contextLength: 256,
  batchSize: 32,
  ubatchSize: 32,
  sequences: 2,
  threads: 1,
  batchThreads: 1,
  unified: true,
};

Deno.test("Model refuses every use after it was disposed", async () => {
  const { model, library } = await openRealModel();
  using _library = library;
  model[Symbol.dispose]();
  model[Symbol.dispose]();
  const { vocabulary } = model;
  const uses: (() => unknown)[] = [
    () => model.handle,
    () => model.sizeBytes,
    () => model.parameters,
    () => model.quantization,
    () => model.chatTemplate,
    () => model.trainContextLength,
    () => model.isDecoderOnly,
    () => model.hasEncoder,
    () => model.hasDecoder,
    () => model.isCausal,
    () => model.isRecurrent,
    () => model.isHybrid,
    () => model.swaWindow,
    () => model.embeddingSize,
    () => model.layers,
    () => model.decoderStartToken,
    () => model.classifierOutputs,
    () => model.classifierLabels,
    () => model.metadataValue("general.architecture"),
    () => new LoraAdapter(model, "none.gguf"),
    () => model.metadata(),
    () => new Context(model, SMALL),
    () => vocabulary.bos,
    () => vocabulary.addsBos,
    () => vocabulary.tokenize("a", { addSpecial: true, parseSpecial: true }),
    () => vocabulary.piece(1),
    () => vocabulary.isEndOfGeneration(1),
    () => vocabulary.isControl(1),
    () => vocabulary.newline,
    () => vocabulary.endOfTurn,
    () => vocabulary.separator,
    () => vocabulary.fimPrefix,
  ];
  for (const use of uses) assert.throws(use, { name: "NativeError", message: "This model was disposed" }, String(use));
});

Deno.test("Context refuses every use after it was disposed, by itself or with its model", async () => {
  using real = await openRealModel();
  for (const disposed of ["context", "model"] as const) {
    const context = new Context(real.model, SMALL);
    const batch = new Batch(1);
    batch.add(1, { sequence: 0, position: 0, output: true });
    using sampler = new SamplerChain(real.library).greedy();
    (disposed === "context" ? context : real.model)[Symbol.dispose]();
    const uses: (() => unknown)[] = [
      () => context.handle,
      () => context.length,
      () => context.sequenceLength,
      () => context.ubatchSize,
      () => context.threads,
      () => context.decode(batch),
      () => context.removeSequence(0),
      () => context.clear(),
      () => context.batchSize,
      () => context.batchThreads,
      () => context.poolingType,
      () => context.encode(batch),
      () => context.logits(0),
      () => context.embeddings(0),
      () => context.sequenceEmbedding(0),
      () => context.removeRange(0, 0, 1),
      () => context.copySequence({ from: 0, to: 1 }),
      () => context.copyPrefix({ from: 0, to: 1, length: 1 }),
      () => context.canShift,
      () => context.shift(0, 1, -1, -1),
      () => context.positions(0),
      () => context.stateSize(0),
      () => context.state(0),
      () => context.restoreState(0, new Uint8Array(16)),
      () => context.partialState(0),
      () => context.restorePartialState(0, new Uint8Array(16)),
      () => context.setThreads(1, 1),
      () => context.setAdapters([]),
      () => context.setCausalAttention(true),
      () => context.setEmbeddings(false),
      () => sampler.sample(context, 0),
    ];
    for (const use of uses) {
      assert.throws(use, { name: "NativeError", message: "This context was disposed" }, String(use));
    }
    context[Symbol.dispose]();
  }
});

Deno.test("SamplerChain refuses every use after it was disposed", async () => {
  using real = await openRealModel();
  const { library } = real;
  using context = new Context(real.model, SMALL);
  const sampler = new SamplerChain(library).topK(5).distribution(1);
  sampler[Symbol.dispose]();
  sampler[Symbol.dispose]();
  const { vocabulary } = real.model;
  const penalties = { vocabularySize: 10, lastN: 5, repeat: 1.1, frequency: 0, presence: 0 };
  const candidates = new Candidates(1);
  candidates.set(Int32Array.of(1), Float32Array.of(1), 1, true);
  const uses: (() => unknown)[] = [
    () => sampler.greedy(),
    () => sampler.distribution(1),
    () => sampler.topK(1),
    () => sampler.topP(0.5),
    () => sampler.minP(0.5),
    () => sampler.typical(0.5),
    () => sampler.temperature(1),
    () => sampler.penalties(penalties),
    () => sampler.dynamicTemperature({ temperature: 1, range: 0.5, exponent: 1 }),
    () => sampler.xtc({ probability: 0.5, threshold: 0.1, minKeep: 1, seed: 1 }),
    () => sampler.topNSigma(1),
    () => sampler.mirostat({ vocabularySize: 10, seed: 1, tau: 5, eta: 0.1 }),
    () => sampler.mirostat2({ seed: 1, tau: 5, eta: 0.1 }),
    () => sampler.dry({ vocabulary, multiplier: 1, base: 1.75, allowedLength: 2, lastN: 64, breakers: ["\n"] }),
    () => sampler.adaptiveP({ target: 0.5, decay: 0.9, seed: 1 }),
    () => sampler.logitBias({ vocabularySize: 10, biases: [{ token: 1, bias: 1 }] }),
    () => sampler.infill(vocabulary),
    () => sampler.grammar({ vocabulary, grammar: 'root ::= "a"', root: "root" }),
    () => sampler.lazyGrammar({ vocabulary, grammar: 'root ::= "a"', root: "root", patterns: ["(a)"], tokens: [] }),
    () => sampler.accept(1),
    () => sampler.reset(),
    () => sampler.clone(),
    () => sampler.choose(candidates),
    () => sampler.sample(context, 0),
  ];
  for (const use of uses) {
    assert.throws(use, { name: "NativeError", message: "This sampler chain was disposed" }, String(use));
  }
});

Deno.test("Library refuses every use after it was closed, and can be opened again", async () => {
  for (let round = 0; round < 2; round++) {
    const { library, model } = await openRealModel();
    assert.deepEqual(library.deviceNames(), ["CPU"]);
    assert.notEqual(library.cpuVariant, "");
    model[Symbol.dispose]();
    library[Symbol.dispose]();
    library[Symbol.dispose]();
    assert.throws(() => library.llama, { name: "NativeError", message: "The library was closed" });
    assert.throws(() => library.deviceNames(), { name: "NativeError", message: "The library was closed" });
    assert.throws(() => new SamplerChain(library), NativeError);
  }
});

Deno.test("Library uses the CPU variant that it was opened with, whatever was open before", async () => {
  const files = await realLibraries();
  const variants = files.flatMap(({ name }) => /^(?:lib)?ggml-cpu-(\w+)\./.exec(name)?.[1] ?? []);
  const runnable: string[] = [];
  for (const cpuVariant of variants) {
    try {
      using library = new Library(files, { log: (): void => {}, cpuVariant });
      assert.equal(library.cpuVariant, cpuVariant);
      assert.deepEqual(library.deviceNames(), ["CPU"], "the variant before is gone");
      runnable.push(cpuVariant);
    } catch (error) {
      // A variant for another processor.
      if (!(error instanceof NativeError)) throw error;
    }
  }
  assert.ok(runnable.length > 0 || variants.length === 0, `none of ${variants.join(", ")} runs here`);
});

Deno.test("Model refuses to be freed after its library was closed, rather than ending the process", async () => {
  const { library, model } = await openRealModel();
  library[Symbol.dispose]();
  assert.throws(() => model[Symbol.dispose](), { name: "NativeError", message: "The library was closed" });
  assert.throws(() => model.sizeBytes, NativeError);
});

Deno.test("Library says what is missing or refused", async () => {
  const files = await realLibraries();
  const log = (): void => {};
  assert.throws(() => new Library([], { log }), { name: "NativeError", message: /ggml-base.*no files/ });
  const withoutLlama = files.filter(({ name }) => !/^(lib)?llama\./.test(name));
  assert.throws(() => new Library(withoutLlama, { log }), { name: "NativeError", message: /No library like/ });
  assert.throws(() => new Library(files, { log, cpuVariant: "z80" }), {
    name: "NativeError",
    message: /The CPU variant "z80" is missing or does not run on this processor; there are \w+/,
  });
  const here = new URL(import.meta.url).pathname;
  const wrong = files.map((file) => /^(lib)?llama\./.test(file.name) ? { ...file, path: here } : file);
  assert.throws(() => new Library(wrong, { log }), {
    name: "NativeError",
    message: /Cannot open the library "(lib)?llama/,
  });
});

Deno.test("Model refuses files that are no model, without a crash", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using real = await openRealModel();
    const whole = await realModel();
    const start = (await Deno.readFile(whole)).subarray(0, 1_000_000);
    const wrong = {
      "empty.gguf": new Uint8Array(),
      "text.gguf": new TextEncoder().encode("Not a model at all.\n".repeat(100)),
      "zeros.gguf": new Uint8Array(4096),
      "truncated.gguf": start,
      "header.gguf": start.subarray(0, 24),
    };
    for (const [name, bytes] of Object.entries(wrong)) {
      const path = join(folder, name);
      await Deno.writeFile(path, bytes);
      assert.throws(() => new Model(real.library, { path, offset: 0 }), {
        name: "NativeError",
        message: `llama.cpp cannot load the model at byte 0 of "${path}"`,
      });
    }
    assert.throws(() => new Model(real.library, { path: whole, offset: 32 }), NativeError);
    assert.throws(() => new Model(real.library, { path: whole, offset: 2 ** 40 }), NativeError);
    assert.throws(() => new Model(real.library, { path: join(folder, "none"), offset: 0 }), {
      name: "NativeError",
      message: /^Cannot open/,
    });
    assert.throws(() => new Model(real.library, { path: folder, offset: 0 }), NativeError);
    assert.ok(real.log.length > 0, "llama.cpp's log says why");
    assert.equal(real.model.vocabulary.size, 49152);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Model loads from an offset inside another file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "inside");
    const file = await Deno.open(path, { write: true, create: true });
    await file.write(new Uint8Array(65536));
    const model = await Deno.open(await realModel());
    await model.readable.pipeTo(file.writable);
    using real = await openRealModel();
    using inside = new Model(real.library, { path, offset: 65536 });
    assert.equal(inside.sizeBytes, real.model.sizeBytes);
    assert.deepEqual([...inside.metadata()], [...real.model.metadata()]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Model loads from the files of a split model, and refuses when one is missing", async () => {
  using real = await openRealModel();
  const path = await realModel();
  using whole = new Model(real.library, { path: "", offset: 0, splits: [path] });
  assert.equal(whole.parameters, real.model.parameters);
  assert.throws(() => new Model(real.library, { path: "", offset: 0, splits: [`${path}.none`] }), {
    name: "NativeError",
    message: /cannot load the split model of 1 files/,
  });
  assert.throws(() => new Model(real.library, { path, offset: 0, splits: [] }), RangeError);
});

Deno.test("Model tells what the GGUF says", async () => {
  using real = await openRealModel();
  const { model } = real;
  assert.equal(model.metadata().get("general.architecture"), "llama");
  assert.equal(String(model.trainContextLength), model.metadata().get("llama.context_length"));
  assert.equal(model.quantization, "Q4_1");
  assert.ok(model.parameters > 134e6 && model.parameters < 135e6, String(model.parameters));
  assert.ok(model.isDecoderOnly);
  assert.match(model.chatTemplate ?? "", /im_start/);
  assert.deepEqual([model.hasEncoder, model.hasDecoder, model.isCausal], [false, true, true]);
  assert.deepEqual([model.isRecurrent, model.isHybrid, model.swaWindow], [false, false, 0]);
  assert.equal(String(model.layers), model.metadataValue("llama.block_count"));
  assert.equal(String(model.embeddingSize), model.metadataValue("llama.embedding_length"));
  assert.equal(model.decoderStartToken, undefined);
  assert.equal(model.metadataValue("no.such.key"), undefined);
});

Deno.test("Context refuses batches that are wrong, and works afterwards", async () => {
  using real = await openRealModel();
  using context = new Context(real.model, SMALL);
  using sampler = new SamplerChain(real.library).greedy();
  const batch = new Batch(32);
  const decode = (token: number, at: { sequence: number; position: number }): unknown => {
    batch.clear();
    batch.add(token, { ...at, output: true });
    return context.decode(batch);
  };
  batch.clear();
  assert.throws(() => context.decode(batch), { name: "NativeError", message: /llama_decode of 0 tokens returned -1/ });
  assert.throws(() => decode(49152, { sequence: 0, position: 0 }), NativeError);
  assert.throws(() => decode(-1, { sequence: 0, position: 0 }), NativeError);
  for (const sequence of [-1, 256]) assert.throws(() => decode(1, { sequence, position: 0 }), NativeError);
  assert.equal(decode(1, { sequence: 0, position: 0 }), "ok");
  assert.throws(() => decode(1, { sequence: 0, position: 5 }), NativeError, "a gap in the positions");
  assert.equal(decode(1, { sequence: 0, position: 1 }), "ok");
  const token = sampler.sample(context, 0);
  assert.ok(token >= 0 && token < 49152);
});

Deno.test("Context says that the KV cache is full, and has room again after a sequence left", async () => {
  using real = await openRealModel();
  using context = new Context(real.model, SMALL);
  const batch = new Batch(32);
  const fill = (sequence: number): number => {
    for (let position = 0;; position += batch.capacity) {
      batch.clear();
      for (let i = 0; i < batch.capacity; i++) batch.add(1, { sequence, position: position + i, output: false });
      if (context.decode(batch) === "no_kv_slot") return position;
    }
  };
  assert.equal(fill(0), context.length);
  assert.equal(fill(1), 0);
  assert.equal(context.removeSequence(0), true);
  assert.equal(fill(1), context.length);
  context.clear();
  assert.equal(fill(0), context.length);
});
