import assert from "node:assert/strict";
import { join } from "node:path";
import { availableMemory } from "../../lib/available_memory.ts";
import { EngineError } from "../../lib/errors.ts";
import type { ModelFacts } from "../../lib/gguf/mod.ts";
import { fitContext } from "../../lib/memory_fit.ts";
import { physicalCores } from "../../lib/physical_cores.ts";

const MODEL: ModelFacts = {
  architecture: "llama",
  name: "m",
  parameters: 1e9,
  sizeBytes: 1e9,
  quantization: "Q4_0",
  contextLength: 8192,
  embeddingLength: 1024,
  layers: 10,
  heads: 16,
  headsKv: 4,
  keyLength: 64,
  valueLength: 64,
  keyLengthSliding: 64,
  valueLengthSliding: 64,
  slidingWindow: undefined,
  slidingLayers: undefined,
  fullAttentionInterval: undefined,
  sharedKvLayers: 0,
  vocabularySize: 1000,
  chatTemplate: undefined,
  license: undefined,
  sizeLabel: undefined,
  tokenizer: undefined,
  splitCount: 1,
};
/** 10 layers × 4 heads × (64 + 64) elements × 2 bytes. */
const KV_BYTES = 10240;

function fit(bytes: number, contextLength = 0): number {
  const available = { bytes, limitedBy: "machine" };
  return fitContext({ modelName: "m.gguf", facts: MODEL, contextLength, ubatchSize: 512, available });
}

Deno.test("fitContext gives the trained context where memory suffices", () => assert.equal(fit(16e9), 8192));

Deno.test("fitContext cuts the default to what memory allows, in steps of 256", () => {
  const full = fit(16e9);
  let bytes = 16e9;
  while (fit(bytes) === full) bytes -= 1e6;
  const cut = fit(bytes - 2000 * KV_BYTES);
  assert.equal(cut % 256, 0);
  assert.ok(cut < full - 999 && cut > full - 1600, String(cut));
});

Deno.test("fitContext makes room for a draft model's weights and as many of its tokens", () => {
  const available = { bytes: 4e9, limitedBy: "machine" };
  const request = { modelName: "m.gguf", facts: MODEL, contextLength: 100_000, ubatchSize: 512, available };
  assert.equal(fitContext(request), 100_000);
  assert.equal(fitContext({ ...request, draft: { ...MODEL, sizeBytes: 1e8, layers: 2 } }), 100_000);
  assert.throws(
    () => fitContext({ ...request, draft: MODEL }),
    /weights take 2\.00 GB, 100000 tokens of context 2\.05 GB/,
  );
  // What it computes with counts, too: a row of logits for each token of a ubatch.
  assert.throws(
    () => fitContext({ ...request, draft: { ...MODEL, sizeBytes: 1e8, layers: 2, vocabularySize: 1e6 } }),
    /and computing 2\.\d+ GB/,
  );
});

Deno.test("fitContext keeps an explicit context or refuses it with the numbers", () => {
  assert.equal(fit(16e9, 100_000), 100_000);
  assert.throws(() => fit(3e9, 1_000_000), (error) => {
    assert.ok(error instanceof EngineError && error.code === "out_of_memory");
    assert.match(
      error.message,
      /"m.gguf".*weights take 1\.00 GB.*1000000 tokens of context 10\.24 GB.*3\.00 GB are available \(machine\)/,
    );
    const advised = Number(/--ctx-size (\d+)/.exec(error.message)?.[1]);
    assert.equal(fit(3e9, advised), advised);
    return true;
  });
});

Deno.test("fitContext refuses a model whose weights do not fit", () => {
  assert.throws(() => fit(0.5e9), /does not fit memory.*smaller model/);
});

async function withTree(files: Record<string, string>, run: (root: string) => void): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(join(root, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const onLinux = { ignore: Deno.build.os !== "linux" };

Deno.test({
  ...onLinux,
  name: "availableMemory heeds the tightest control group, cached files not counted (v2)",
  fn: () =>
    withTree({
      "membership": "0::/user/app\n",
      "user/app/memory.max": "max\n",
      "user/app/memory.current": "5\n",
      "user/memory.max": "1000000\n",
      "user/memory.current": "600000\n",
      "user/memory.stat": "anon 1\nactive_file 70000\ninactive_file 30000\n",
    }, (root) => {
      const { bytes, limitedBy } = availableMemory({ membership: join(root, "membership"), root });
      assert.equal(bytes, 500000);
      assert.match(limitedBy, /control group .*user$/);
    }),
});

Deno.test({
  ...onLinux,
  name: "availableMemory heeds control groups of version 1, whose root is all that a container shows",
  fn: () =>
    withTree({
      "membership": "3:cpu:/x\n5:memory:/docker/abc\n",
      "memory/memory.limit_in_bytes": "2000000\n",
      "memory/memory.usage_in_bytes": "500000\n",
      "memory/memory.stat": "total_inactive_file 0\n",
    }, (root) => assert.equal(availableMemory({ membership: join(root, "membership"), root }).bytes, 1500000)),
});

Deno.test({
  ...onLinux,
  name: "availableMemory is the machine's where nothing limits it",
  fn: () =>
    withTree({ "membership": "5:memory:/\n", "memory/memory.limit_in_bytes": "9223372036854771712\n" }, (root) => {
      const { bytes, limitedBy } = availableMemory({ membership: join(root, "membership"), root });
      assert.equal(limitedBy, "machine");
      assert.ok(bytes > 1e8);
    }),
});

Deno.test({
  ...onLinux,
  name: "physicalCores counts cores, not hardware threads, and no more than this process may use",
  fn: () =>
    withTree({
      "cpu0/topology/thread_siblings_list": "0,2\n",
      "cpu1/topology/thread_siblings_list": "1,3\n",
      "cpu2/topology/thread_siblings_list": "0,2\n",
      "cpu3/topology/thread_siblings_list": "1,3\n",
      "cpufreq/boost": "1\n",
    }, (root) => {
      assert.equal(physicalCores(root), Math.min(2, navigator.hardwareConcurrency));
      assert.equal(physicalCores(join(root, "none")), navigator.hardwareConcurrency);
    }),
});

Deno.test({
  ...onLinux,
  name: "physicalCores leaves out cores that are slower than the fastest",
  fn: () =>
    withTree({
      "devices/system/cpu/cpu0/topology/thread_siblings_list": "0\n",
      "devices/system/cpu/cpu1/topology/thread_siblings_list": "1\n",
      "devices/system/cpu/cpu0/cpu_capacity": "1024\n",
      "devices/system/cpu/cpu1/cpu_capacity": "446\n",
    }, (root) => assert.equal(physicalCores(join(root, "devices/system/cpu")), 1)),
});

Deno.test({
  ...onLinux,
  name: "physicalCores leaves out the slow cores of Intel's hybrid processors",
  fn: () =>
    withTree({
      "devices/system/cpu/cpu0/topology/thread_siblings_list": "0\n",
      "devices/system/cpu/cpu1/topology/thread_siblings_list": "1\n",
      "devices/system/cpu/cpu2/topology/thread_siblings_list": "2\n",
      "devices/cpu_atom/cpus": "1-2\n",
    }, (root) => assert.equal(physicalCores(join(root, "devices/system/cpu")), 1)),
});
