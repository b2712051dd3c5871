import assert from "node:assert/strict";
import { memorySource } from "../../../lib/container/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { checkAdapter, type Gguf, readGguf } from "../../../lib/gguf/mod.ts";
import { type AdapterOptions, makeAdapter } from "./made_models.ts";
import { type MadeTensor, makeGguf } from "./make_gguf.ts";
import { scalar } from "./remake_gguf.ts";

const gguf = (bytes: Uint8Array): Gguf => readGguf(memorySource("x.gguf", bytes));
const tensor = (name: string, dims: number[], type = 0): MadeTensor => ({
  name,
  dims,
  type,
  data: new Uint8Array(dims.reduce((a, b) => a * b, type === 27 ? 8 : 4)),
});
const model = gguf(makeGguf({
  metadata: { "general.architecture": "llama" },
  tensors: [
    tensor("token_embd.weight", [8, 20]),
    tensor("blk.0.attn_q.weight", [8, 12]),
    tensor("blk.0.attn_output.weight", [12, 8]),
  ],
}));

function refusal(adapter: Uint8Array): string {
  try {
    checkAdapter(gguf(adapter), model);
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, "bad_model");
    return error.message;
  }
  return "";
}

function of(tensors: MadeTensor[], metadata: AdapterOptions["metadata"] = {}): Uint8Array {
  const kind = { "general.type": "adapter", "adapter.type": "lora", "general.architecture": "llama" };
  return makeGguf({ metadata: { ...kind, ...metadata }, tensors });
}

Deno.test("checkAdapter takes what fits the model", () => {
  assert.equal(refusal(makeAdapter(model)), "");
  assert.equal(refusal(makeAdapter(model, { rank: 1 })), "");
  const norm = tensor("blk.0.attn_norm.weight", [8]);
  const pair = [tensor("blk.0.attn_q.weight.lora_a", [8, 4]), tensor("blk.0.attn_q.weight.lora_b", [4, 12])];
  assert.equal(refusal(of([norm, ...pair])), "");
});

const A = tensor("blk.0.attn_q.weight.lora_a", [8, 4]);
const B = tensor("blk.0.attn_q.weight.lora_b", [4, 12]);
const REFUSED: Record<string, [Uint8Array, RegExp]> = {
  "another architecture": [
    of([A, B], { "general.architecture": "gemma3" }),
    /architecture" is "gemma3", expected "llama"/,
  ],
  "a model": [of([A, B], { "general.type": "model" }), /general\.type" is "model", expected "adapter"/],
  "a control vector": [of([A, B], { "adapter.type": "control" }), /adapter\.type" is "control"/],
  "a type that is no text": [of([A, B], { "general.type": 3 }), /general\.type" is of another type/],
  "an alpha that is no f32": [
    of([A, B], { "adapter.lora.alpha": scalar("f64", 8) }),
    /alpha" is of type f64, expected f32/,
  ],
  "no tensors": [of([]), /no tensors/],
  "a factor alone": [of([A]), /lora_a without its counterpart|has a lora_a/],
  "a tensor that is no factor": [
    of([A, B, tensor("blk.0.attn_q.weight", [8, 12])]),
    /neither a \.lora_a nor a \.lora_b/,
  ],
  "a tensor that the model lacks": [
    of([tensor("blk.9.attn_q.weight.lora_a", [8, 4]), tensor("blk.9.attn_q.weight.lora_b", [4, 12])]),
    /changes "blk\.9\.attn_q\.weight", which the model does not have/,
  ],
  "a wrong shape": [of([A, tensor("blk.0.attn_q.weight.lora_b", [4, 16])]), /8 × 4 and 4 × 16 do not make up/],
  "ranks that differ": [of([A, tensor("blk.0.attn_q.weight.lora_b", [2, 12])]), /8 × 4 and 2 × 12 do not make up/],
  "factors the wrong way round": [
    of([tensor("blk.0.attn_q.weight.lora_a", [4, 8]), tensor("blk.0.attn_q.weight.lora_b", [12, 4])]),
    /do not make up/,
  ],
  "a third dimension": [
    of([tensor("blk.0.attn_q.weight.lora_a", [8, 4, 2]), tensor("blk.0.attn_q.weight.lora_b", [4, 12, 2])]),
    /do not make up/,
  ],
  "integers": [
    of([tensor("blk.0.attn_q.weight.lora_a", [8, 4], 26), tensor("blk.0.attn_q.weight.lora_b", [4, 12], 26)]),
    /is of type I32/,
  ],
  "an embedding that is the output, too": [
    of([tensor("token_embd.weight.lora_a", [4, 20]), tensor("token_embd.weight.lora_b", [4, 8])]),
    /which is the output, too/,
  ],
};

for (const [name, [adapter, message]] of Object.entries(REFUSED)) {
  Deno.test(`checkAdapter refuses ${name}`, () => assert.match(refusal(adapter), message));
}
