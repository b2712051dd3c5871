import assert from "node:assert/strict";
import { memorySource } from "../../../lib/container/mod.ts";
import { describeModel, fileTypeName, kvBytesPerToken, type ModelFacts, readGguf } from "../../../lib/gguf/mod.ts";
import { type MadeValue, makeGguf, makeModel } from "./make_gguf.ts";

function facts(metadata: Record<string, MadeValue>): ModelFacts {
  return describeModel(readGguf(memorySource("x.gguf", makeGguf({ metadata }))));
}

Deno.test("describeModel gathers what the header says", () => {
  const found = describeModel(readGguf(memorySource("x.gguf", makeModel())));
  assert.equal(found.architecture, "llama");
  assert.equal(found.name, "Tiny");
  assert.equal(found.parameters, 1040);
  assert.equal(found.sizeBytes, 4160);
  assert.equal(found.quantization, "F32");
  assert.equal(found.contextLength, 2048);
  assert.equal(found.vocabularySize, 4);
  assert.equal(found.chatTemplate, "{{ messages[0].content }}");
  assert.equal(found.keyLength, 16);
  assert.equal(found.splitCount, 1);
});

Deno.test("describeModel names the commonest type where the header names no quantization", () => {
  const gguf = makeGguf({
    tensors: [
      { name: "a", dims: [8], data: new Uint8Array(32) },
      { name: "b", dims: [256], type: 12, data: new Uint8Array(144) },
    ],
  });
  const found = describeModel(readGguf(memorySource("x.gguf", gguf)));
  assert.equal(found.quantization, "Q4_K");
  assert.equal(found.architecture, "unknown");
});

Deno.test("kvBytesPerToken counts keys and values of every layer", () => {
  // SmolLM2-135M: 30 layers, 3 heads of 64 elements, keys and values, two bytes each.
  const smol = facts({
    "general.architecture": "llama",
    "llama.embedding_length": 576,
    "llama.block_count": 30,
    "llama.attention.head_count": 9,
    "llama.attention.head_count_kv": 3,
  });
  assert.equal(kvBytesPerToken(smol), 30 * 3 * (64 + 64) * 2);
  assert.equal(kvBytesPerToken(smol, 4), 30 * 3 * (64 + 64) * 4);
});

Deno.test("kvBytesPerToken follows head counts that differ by layer", () => {
  const hybrid = facts({
    "general.architecture": "granitehybrid",
    "granitehybrid.embedding_length": 256,
    "granitehybrid.block_count": 4,
    "granitehybrid.attention.head_count": 8,
    "granitehybrid.attention.head_count_kv": { u32: [0, 2, 0, 4] },
  });
  assert.equal(kvBytesPerToken(hybrid), 6 * (32 + 32) * 2);
});

Deno.test("kvBytesPerToken takes the head count where no count of key heads is given", () => {
  const plain = facts({
    "general.architecture": "gpt2",
    "gpt2.embedding_length": 64,
    "gpt2.block_count": 1,
    "gpt2.attention.head_count": 4,
  });
  assert.equal(kvBytesPerToken(plain), 4 * 32 * 2);
});

Deno.test("kvBytesPerToken counts shared, sliding and latent layers as llama.cpp does", () => {
  const gemma = facts({
    "general.architecture": "gemma4",
    "gemma4.embedding_length": 64,
    "gemma4.block_count": 4,
    "gemma4.attention.head_count": 2,
    "gemma4.attention.key_length": 512,
    "gemma4.attention.value_length": 512,
    "gemma4.attention.key_length_swa": 256,
    "gemma4.attention.value_length_swa": 256,
    "gemma4.attention.sliding_window_pattern": { bools: [true, false, true, false] },
    "gemma4.attention.shared_kv_layers": 2,
  });
  assert.equal(kvBytesPerToken(gemma, 1), 2 * (256 + 256) + 2 * (512 + 512));
  const latent = facts({
    "general.architecture": "deepseek2",
    "deepseek2.block_count": 1,
    "deepseek2.attention.head_count": 16,
    "deepseek2.attention.head_count_kv": 1,
    "deepseek2.attention.key_length": 576,
    "deepseek2.attention.value_length": 512,
    "deepseek2.attention.key_length_mla": 192,
  });
  assert.equal(kvBytesPerToken(latent, 1), 576);
});

Deno.test("kvBytesPerToken counts only the attention layers of a hybrid model", () => {
  const qwen = facts({
    "general.architecture": "qwen3next",
    "qwen3next.block_count": 8,
    "qwen3next.attention.head_count": 2,
    "qwen3next.attention.head_count_kv": 2,
    "qwen3next.attention.key_length": 10,
    "qwen3next.attention.value_length": 10,
    "qwen3next.full_attention_interval": 4,
  });
  assert.equal(kvBytesPerToken(qwen, 1), 2 * 2 * 20);
});

Deno.test("fileTypeName names llama.cpp's quantizations", () => {
  assert.equal(fileTypeName(15), "Q4_K_M");
  assert.equal(fileTypeName(4), undefined);
});
