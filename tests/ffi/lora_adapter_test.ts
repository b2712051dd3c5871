import assert from "node:assert/strict";
import { join } from "node:path";
import { Context, LoraAdapter, Model } from "../../ffi/mod.ts";
import { makeGguf } from "../lib/gguf/make_gguf.ts";
import { openRealModel, realModel } from "../real_engine.ts";
import { distance, RealContext, SMALL, TEXT } from "./real_context.ts";

Deno.test("LoraAdapter changes what a context computes, by its scale, until it is disposed", async () => {
  using real = await openRealModel();
  await using file = await makeAdapter(real.model);
  const adapter = new LoraAdapter(real.model, file.path);
  using it = new RealContext(real.model);
  const compute = (): Float32Array => {
    it.context.clear();
    return it.logitsAfter(it.tokens(TEXT));
  };
  const plain = compute();
  it.context.setAdapters([{ adapter, scale: 1 }]);
  const adapted = compute();
  assert.ok(distance(plain, adapted) > 0.1, "the adapter does something");
  it.context.setAdapters([{ adapter, scale: 0 }]);
  assert.deepEqual(compute(), plain);
  it.context.setAdapters([{ adapter, scale: 1 }]);
  assert.deepEqual(compute(), adapted);
  adapter[Symbol.dispose]();
  adapter[Symbol.dispose]();
  assert.deepEqual(compute(), plain, "a freed adapter is used no more");
  assert.throws(() => it.context.setAdapters([{ adapter, scale: 1 }]), { name: "NativeError", message: /disposed/ });
  assert.deepEqual(compute(), plain);
});

Deno.test("LoraAdapter ends with its model, in whatever order they are used", async () => {
  using real = await openRealModel();
  await using file = await makeAdapter(real.model);
  const before = new LoraAdapter(real.model, file.path);
  const context = new Context(real.model, SMALL);
  const after = new LoraAdapter(real.model, file.path);
  context.setAdapters([{ adapter: before, scale: 1 }, { adapter: after, scale: -0.5 }]);
  using other = new Model(real.library, { path: await realModel(), offset: 0 });
  assert.throws(() => new RealContext(other).context.setAdapters([{ adapter: before, scale: 1 }]), {
    name: "TypeError",
    message: /another model/,
  });
  assert.throws(() => context.setAdapters([{ adapter: before, scale: NaN }]), RangeError);
  real.model[Symbol.dispose]();
  assert.throws(() => context.handle, /disposed/);
});

Deno.test("LoraAdapter refuses a file that is no adapter", async () => {
  using real = await openRealModel();
  assert.throws(() => new LoraAdapter(real.model, new URL(import.meta.url).pathname), {
    name: "NativeError",
    message: /cannot load the LoRA adapter/,
  });
  assert.ok(real.log.length > 0);
});

/** An adapter of rank 1 for the first layer, of numbers that follow a rule. */
async function makeAdapter(model: Model): Promise<{ path: string } & AsyncDisposable> {
  const width = model.embeddingSize;
  const row = (factor: number): Uint8Array =>
    new Uint8Array(Float32Array.from({ length: width }, (_, i) => Math.sin(i) * factor).buffer);
  const folder = await Deno.makeTempDir();
  const path = join(folder, "adapter.gguf");
  await Deno.writeFile(
    path,
    makeGguf({
      metadata: {
        "general.type": "adapter",
        "general.architecture": "llama",
        "adapter.type": "lora",
        "adapter.lora.alpha": { type: 6, scalar: new Uint8Array(Float32Array.of(1).buffer) },
      },
      tensors: [
        { name: "blk.0.attn_q.weight.lora_a", dims: [width, 1], data: row(1) },
        { name: "blk.0.attn_q.weight.lora_b", dims: [1, width], data: row(1) },
      ],
    }),
  );
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}
