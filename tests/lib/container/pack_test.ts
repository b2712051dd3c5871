import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openLlamafile, pack, readEntry, verify } from "../../../lib/container/mod.ts";
import { silentProgress } from "../../../lib/progress.ts";
import { executableFormat, hostTarget, TARGETS } from "../../../lib/target.ts";
import { makeModel } from "../gguf/make_gguf.ts";
import { DENORT, findPayload, makeBase, PAYLOAD, TRAILER_HASH, withPayload } from "./make_base.ts";
import { makeZip } from "./make_zip.ts";
import { LINUX, makeScratch, packOptions, type Scratch } from "./scratch.ts";
import { checkWithTools, runTool } from "./zip_tools.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function contents(path: string): Record<string, string> {
  using file = openLlamafile(path);
  return Object.fromEntries(file.entries.map((entry) => [entry.name, sha256(readEntry(file.source, entry, 1 << 24))]));
}

async function isWhole(path: string): Promise<void> {
  const { entries, ok } = await verify(path, { startProgress: silentProgress });
  assert.deepEqual(entries.filter((entry) => !entry.ok), []);
  assert.ok(ok);
}

for (const target of TARGETS) {
  Deno.test(`pack makes a ${target} file that unzip, zipinfo and Python accept`, async () => {
    using scratch = makeScratch();
    const options = packOptions(scratch, { target });
    const result = await pack(options);
    const bytes = Deno.readFileSync(options.output);
    assert.equal(result.size, bytes.length);
    assert.deepEqual(scratch.names().filter((name) => name.includes("packing")), []);
    await checkWithTools(options.output);
    await isWhole(options.output);

    using file = openLlamafile(options.output);
    assert.deepEqual(file.entries.map(({ name, method }) => [name, method]), [
      ["lib/libone.so", 8],
      ["lib/libtwo.so", 8],
      [".args", 0],
      ["model-card.md", 8],
      ["tiny.gguf", 0],
      ["manifest.json", 0],
    ]);
    assert.deepEqual(file.args, { before: ["--temp", "0"], after: ["--no-browser"] });
    assert.equal((file.weights?.offset ?? 1) % 65536, 0);
    assert.deepEqual(file.libraries.map(({ name }) => name), ["lib/libone.so", "lib/libtwo.so"]);
    const base = makeBase(target);
    const programBytes = executableFormat(target) === "elf" ? base.length - PAYLOAD.length - 16 : base.length;
    assert.deepEqual(bytes.subarray(0, programBytes), base.subarray(0, programBytes));
  });
}

Deno.test("pack leaves Deno's payload where the trailer says", async () => {
  using scratch = makeScratch();
  const { output } = await packed(scratch);
  assert.deepEqual(findPayload(Deno.readFileSync(output)), { hash: TRAILER_HASH, data: PAYLOAD });
});

async function packed(scratch: Scratch): Promise<{ output: string }> {
  const options = packOptions(scratch);
  await pack(options);
  return options;
}

Deno.test("pack records target, engine, runtime and every hash in the manifest", async () => {
  using scratch = makeScratch();
  const { manifest } = await pack(packOptions(scratch));
  const model = makeModel();
  assert.equal(manifest.format, 1);
  assert.equal(manifest.target, LINUX);
  assert.equal(manifest.engine, "llama.cpp v0.4.0");
  assert.deepEqual(manifest.denort, DENORT);
  assert.equal(manifest.weights, "tiny.gguf");
  const weights = manifest.entries.find(({ name }) => name === "tiny.gguf");
  assert.deepEqual(weights, {
    name: "tiny.gguf",
    size: model.length,
    sha256: sha256(model),
    chunkSize: 64 << 20,
    chunks: [sha256(model)],
  });
  using file = openLlamafile(scratch.path("out.llamafile"));
  assert.deepEqual(file.manifest, manifest);
});

Deno.test("pack gives the same bytes twice", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  await pack({ ...options, output: scratch.path("again") });
  assert.deepEqual(Deno.readFileSync(options.output), Deno.readFileSync(scratch.path("again")));
});

Deno.test("pack carries libraries and facts over from a packed base and replaces its weights", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch, { engineRelease: "llama.cpp v9" });
  await pack(options);
  const other = scratch.write("other.gguf", makeModel({ name: "Other" }));
  const output = scratch.path("second");
  const startProgress = silentProgress;
  const { manifest } = await pack({
    base: options.output,
    target: LINUX,
    output,
    model: { path: other },
    startProgress,
  });
  const before = contents(options.output);
  const after = contents(output);
  assert.deepEqual(Object.keys(after), ["lib/libone.so", "lib/libtwo.so", "other.gguf", "manifest.json"]);
  assert.equal(after["lib/libone.so"], before["lib/libone.so"]);
  assert.deepEqual(manifest.denort, DENORT);
  assert.equal(manifest.engine, "llama.cpp v9");
  assert.deepEqual(findPayload(Deno.readFileSync(output)), { hash: TRAILER_HASH, data: PAYLOAD });
  await checkWithTools(output);
  await isWhole(output);

  const direct = scratch.path("direct");
  await pack({ ...options, output: direct, model: { path: other }, args: undefined, modelCard: undefined });
  assert.deepEqual(Deno.readFileSync(output), Deno.readFileSync(direct), "it depends on what the base carried before");
});

Deno.test("pack takes the model out of a llamafile, ours or Mozilla's", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  const model = makeModel();
  const mozilla = scratch.write("mozilla.llamafile", makeZip([{ name: "inner.gguf", data: model, alignment: 1 }]));
  for (const [path, name] of [[options.output, "tiny.gguf"], [mozilla, "inner.gguf"]] as const) {
    const output = scratch.path("from-llamafile");
    await pack({ ...options, output, model: { path } });
    assert.equal(contents(output)[name], sha256(model));
    await isWhole(output);
  }
});

Deno.test("pack replaces its own base and its own model", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  const startProgress = silentProgress;
  const { output } = options;
  await pack({ base: output, target: LINUX, output, model: { path: output }, args: ["--seed", "1"], startProgress });
  await isWhole(output);
  assert.equal(contents(output)["tiny.gguf"], sha256(makeModel()));
});

Deno.test("pack without a model makes a file that can pack", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch, { model: undefined, args: undefined, modelCard: undefined });
  await pack(options);
  using file = openLlamafile(options.output);
  assert.equal(file.weights, undefined);
  assert.equal(file.manifest?.weights, undefined);
});

Deno.test("pack names weights after the file, with .gguf, or as it is told", async () => {
  using scratch = makeScratch();
  const blob = scratch.write("sha256-abc", makeModel());
  const options = packOptions(scratch, { model: { path: blob } });
  assert.equal((await pack(options)).manifest.weights, "sha256-abc.gguf");
  assert.equal((await pack({ ...options, model: { path: blob, name: "m.gguf" } })).manifest.weights, "m.gguf");
});

Deno.test("pack makes an executable file that still runs", { ignore: Deno.build.os !== "linux" }, async () => {
  using scratch = makeScratch();
  const base = scratch.write("true", withPayload(Deno.readFileSync("/bin/true")));
  const options = packOptions(scratch, { base, target: hostTarget() });
  await pack(options);
  assert.equal((Deno.statSync(options.output).mode ?? 0) & 0o777, 0o755);
  await runTool(options.output, []);
  await checkWithTools(options.output);
});

Deno.test("pack writes one chunk hash per 64 MiB", async () => {
  using scratch = makeScratch();
  const bytes = makeModel({ dataBytes: 80 << 20 });
  const path = scratch.write("large.gguf", bytes);
  const { manifest } = await pack(packOptions(scratch, { model: { path } }));
  const weights = manifest.entries.find(({ name }) => name === "large.gguf");
  assert.deepEqual(weights?.chunks, [sha256(bytes.subarray(0, 64 << 20)), sha256(bytes.subarray(64 << 20))]);
  await isWhole(scratch.path("out.llamafile"));
});
