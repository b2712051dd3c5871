import assert from "node:assert/strict";
import { memorySource, openLlamafile, openModelFile, pack, verify } from "../../lib/container/mod.ts";
import { type Gguf, readGguf } from "../../lib/gguf/mod.ts";
import { silentProgress } from "../../lib/progress.ts";
import { provideAdapters } from "../../server/provide_adapters.ts";
import { makeScratch, packOptions, type Scratch } from "../lib/container/scratch.ts";
import { failure } from "../lib/engine/answer.ts";
import { makeAdapter } from "../lib/gguf/made_models.ts";
import { makeModel } from "../lib/gguf/make_gguf.ts";

const header: Gguf = readGguf(memorySource("tiny.gguf", makeModel()));
const adapter = makeAdapter(header, { targets: /output_norm/ });

/** Runs with the folder of unpacked files inside the scratch folder. */
async function withCache(test: (scratch: Scratch) => Promise<void> | void): Promise<void> {
  using scratch = makeScratch();
  const before = Deno.env.get("XDG_CACHE_HOME");
  Deno.env.set("XDG_CACHE_HOME", scratch.path("cache"));
  try {
    await test(scratch);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
    else Deno.env.set("XDG_CACHE_HOME", before);
  }
}

Deno.test("a packed adapter is in the manifest and the arguments, and is unpacked to be opened", async () => {
  await withCache(async (scratch) => {
    const lora = [
      { path: scratch.write("one.gguf", adapter), scale: 0.5 },
      { path: scratch.write("two.gguf", makeAdapter(header, { targets: /output_norm/, seed: 7 })), scale: -1 },
    ];
    const options = packOptions(scratch, { lora });
    const { manifest } = await pack(options);
    assert.deepEqual(
      manifest.entries.map(({ name }) => name).filter((name) => name.startsWith("lora/")),
      ["lora/one.gguf", "lora/two.gguf"],
    );
    const checked = await verify(options.output, { startProgress: silentProgress });
    assert.ok(checked.ok);

    using file = openLlamafile(options.output);
    const { before } = file.args;
    assert.deepEqual(before, ["--lora", "/zip/lora/one.gguf:0.5", "--lora", "/zip/lora/two.gguf:-1", "--temp", "0"]);
    using model = openModelFile(options.output);
    const given = before.filter((line) => line.startsWith("/zip/"));
    const provided = provideAdapters(given, { model, header });
    assert.deepEqual(provided.map(({ scale }) => scale), [0.5, -1]);
    assert.ok(provided[0]?.path.startsWith(scratch.path("cache")), provided[0]?.path);
    for (const [i, { path }] of provided.entries()) {
      assert.deepEqual(Deno.readFileSync(path), Deno.readFileSync(lora[i]?.path ?? ""));
    }
    // Changed behind our back, it is unpacked again.
    Deno.writeFileSync(provided[0]?.path ?? "", new Uint8Array(10));
    assert.deepEqual(provideAdapters(given, { model, header }), provided);
    assert.deepEqual(Deno.readFileSync(provided[0]?.path ?? ""), adapter);
  });
});

Deno.test("an adapter is checked before it is used or packed", async () => {
  await withCache(async (scratch) => {
    const path = scratch.write("bad.gguf", makeAdapter(header, { metadata: { "general.architecture": "gpt2" } }));
    using model = openModelFile(scratch.write("tiny.gguf", makeModel()));
    const provide = (given: string) => (): unknown => provideAdapters([given], { model, header });
    assert.throws(provide(path), failure("bad_model", /architecture" is "gpt2"/));
    assert.throws(provide(`${path}:1`), failure("bad_model"));
    assert.throws(provide(scratch.path("none.gguf")), failure("io", /there is no such file/));
    assert.throws(provide("/zip/lora/none.gguf"), failure("bad_file", /no LoRA adapter "lora\/none\.gguf"/));
    const options = (lora: { path: string; scale: number }[]): Parameters<typeof pack>[0] =>
      packOptions(scratch, { lora });
    await assert.rejects(pack(options([{ path, scale: 1 }])), failure("bad_model", /gpt2/));
    const good = { path: scratch.write("good.gguf", adapter), scale: 1 };
    await assert.rejects(pack(options([good, good])), failure("usage", /two LoRA adapters named "good\.gguf"/));
    const { model: _, ...bare } = options([good]);
    await assert.rejects(pack(bare), failure("usage", /without a model/));
    assert.deepEqual(scratch.names().filter((name) => /out|packing/.test(name)), []);
  });
});
