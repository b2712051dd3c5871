import assert from "node:assert/strict";
import { join } from "node:path";
import { type Llamafile, openLlamafile } from "../../lib/container/mod.ts";
import { hashFile } from "../../lib/hash_file.ts";
import { Provenance, type ProvenanceInput } from "../../server/receipts/mod.ts";
import { failure } from "../lib/engine/answer.ts";
import { defaultModelFile, LLAMAFILE } from "../built.ts";

function provenanceOf(executable: Llamafile, path: string, more: Partial<ProvenanceInput> = {}): Provenance {
  return new Provenance({ version: "1", executable, models: new Map([["m", path]]), lora: [], ...more });
}

Deno.test("a packed model and the GGUF that was packed have the same hash, from the manifest or read", async () => {
  using executable = openLlamafile(LLAMAFILE);
  const path = defaultModelFile();
  const sha256 = await hashFile(path);
  const { size } = await Deno.stat(path);
  for (const [file, hashAll] of [[LLAMAFILE, false], [LLAMAFILE, true], [path, false]] as const) {
    let read = 0;
    const { weights, libraries, packllama, release } = await provenanceOf(executable, file, {
      hashAll,
      onRead: (bytes) => read = bytes,
    }).of("m");
    assert.deepEqual(weights.map((each) => [each.size, each.sha256]), [[size, sha256]]);
    assert.equal(read, file === LLAMAFILE && !hashAll ? 0 : size);
    const { manifest } = executable;
    assert.deepEqual([release, packllama.target], [manifest?.engine, manifest?.target]);
    assert.equal(packllama.denort_sha256, manifest?.denort.sha256);
    assert.ok(libraries.some(({ name }) => name.startsWith("libllama") || name.startsWith("llama")));
  }
});

Deno.test("files are read once, without holding up what else is to be done, and adapters too", async () => {
  using executable = openLlamafile(LLAMAFILE);
  const folder = await Deno.makeTempDir();
  try {
    const lora = join(folder, "a.gguf");
    await Deno.writeTextFile(lora, "adapter");
    let calls = 0;
    const provenance = provenanceOf(executable, defaultModelFile(), { lora: [`${lora}:0.5`], onRead: () => calls++ });
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const [first, second] = await Promise.all([provenance.of("m"), provenance.of("m")]);
    clearInterval(timer);
    assert.equal(first, second);
    assert.ok(turns >= 5, `${turns} turns of the event loop while 98 MB were hashed`);
    const before = calls;
    assert.equal(await provenance.of("m"), first);
    assert.equal(calls, before);
    assert.deepEqual(first.adapters, [{ name: "a.gguf", size: 7, sha256: await hashFile(lora) }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what cannot be read is said, and tried again with the next receipt", async () => {
  using executable = openLlamafile(LLAMAFILE);
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "m.gguf");
    const provenance = provenanceOf(executable, path);
    await assert.rejects(provenance.of("m"), failure("io", /m\.gguf/));
    await assert.rejects(provenance.of("other"), failure("not_found"));
    await Deno.copyFile(defaultModelFile(), path);
    assert.equal((await provenance.of("m")).weights[0]?.name, "m.gguf");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
