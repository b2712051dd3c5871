import assert from "node:assert/strict";
import { openLlamafile, pack } from "../../../lib/container/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { makeScratch, packOptions } from "./scratch.ts";

Deno.test("pack stores a draft model where it can be mapped, and names it in .args", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  const draft = options.model?.path ?? "";
  const { manifest } = await pack({ ...options, draft, args: ["-np", "2"] });
  const stored = manifest.entries.find(({ name }) => name.startsWith("draft/"));
  assert.ok(stored, manifest.entries.map(({ name }) => name).join());
  assert.ok(manifest.weights !== stored.name, "the weights are the model's");
  using file = openLlamafile(options.output);
  assert.deepEqual(file.args.before, ["--model-draft", `/zip/${stored.name}`, "-np", "2"]);
  const entry = file.entries.find(({ name }) => name === stored.name);
  assert.ok(entry && entry.method === 0 && entry.dataOffset % 65536 === 0);
});

Deno.test("pack refuses a draft model without a model", async () => {
  using scratch = makeScratch();
  const { model, ...options } = packOptions(scratch);
  await assert.rejects(pack({ ...options, draft: model?.path ?? "" }), (error) => {
    assert.ok(error instanceof EngineError && error.code === "usage", String(error));
    return true;
  });
});
