import { Candidates, SamplerChain } from "../../ffi/mod.ts";
import { likeliest, selectLikeliest } from "../../lib/engine/likeliest.ts";
import { openRealModel } from "../real_engine.ts";

// deno bench -A --lock=deno.lock tests/bench/likeliest_bench.ts: picking the k likeliest out, and what it spares.

const { library } = await openRealModel();

/** Normally distributed, as the logits of a model roughly are. */
function makeLogits(count: number): Float32Array {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Float32Array.from({ length: count }, () => 3 * normal());
}

for (const [model, size] of [["SmolLM2", 49_152], ["Gemma 3", 262_144]] as const) {
  const logits = makeLogits(size);
  const group = `${model}, ${size} tokens`;
  Deno.bench("the likeliest", { group, baseline: true }, () => void likeliest(logits));
  for (const k of [40, 104, 512]) {
    const found = { ids: new Int32Array(k), values: new Float32Array(k) };
    Deno.bench(`the ${k} likeliest`, { group }, () => void selectLikeliest(logits, k, found));
  }
  const whole = new Candidates(size);
  const chain = new SamplerChain(library).topK(40).distribution(1);
  Deno.bench("llama.cpp's top-k of 40 among all, and a draw", { group }, () => {
    whole.setAll(logits);
    chain.choose(whole);
  });
}
