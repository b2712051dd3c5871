// Tiny random models, one for each kind of memory that llama.cpp has besides the plain KV cache.
import { Library, Model } from "../../ffi/mod.ts";
import { makeScratch } from "../lib/container/scratch.ts";
import { randomFloats } from "../lib/gguf/made_models.ts";
import { type MadeTensor, type MadeValue, makeGguf } from "../lib/gguf/make_gguf.ts";
import { i32, scalar } from "../lib/gguf/remake_gguf.ts";
import { realLibraries } from "../real_engine.ts";

const [EMBEDDING, FEED_FORWARD, HEADS, VOCABULARY] = [32, 64, 2, 64];
const HEAD = EMBEDDING / HEADS;
const EPSILON = scalar("f32", 1e-6);

/** A tensor's name and shape; of one dimension are those that scale, which are ones. */
type Shape = [name: string, ...dims: number[]];

/** Models by what their memory has. */
const MODELS = {
  "sliding windows": () =>
    make("gemma3", [
      ...[0, 1].flatMap((
        i,
      ) => [...attention(i), ...norms(i, ["post_attention_norm", "post_ffw_norm"]), ...feedForward(i)]),
      ["output_norm.weight", EMBEDDING],
    ], {
      ...attentionKeys("gemma3"),
      "gemma3.attention.sliding_window": 8,
      "gemma3.attention.sliding_window_pattern": 2,
    }),
  "places in images": () =>
    make("qwen2vl", [
      ...[0, 1].flatMap((i) => [...attention(i, { withNorms: false }), ...feedForward(i)]),
      ["output_norm.weight", EMBEDDING],
    ], { ...attentionKeys("qwen2vl"), "qwen2vl.rope.dimension_sections": i32([2, 3, 3, 0]) }),
  "a recurrent state": () =>
    make("mamba", [...[0, 1].flatMap(mamba), ["output_norm.weight", EMBEDDING]], {
      "mamba.ssm.conv_kernel": 4,
      "mamba.ssm.inner_size": EMBEDDING * 2,
      "mamba.ssm.state_size": 4,
      "mamba.ssm.time_step_rank": 2,
      "mamba.attention.head_count": 0,
    }),
  "both": () => make("lfm2", hybrid(), hybridKeys()),
  "both, with sliding windows": () => make("lfm2", hybrid(), { ...hybridKeys(), "lfm2.attention.sliding_window": 8 }),
};

/** What a memory has that is no plain KV cache. */
export type MemoryKind = keyof typeof MODELS;

/** All of them. */
export const MEMORY_KINDS = Object.keys(MODELS) as MemoryKind[];

/** A loaded model, and tokens of its vocabulary. */
export interface MemoryModel extends Disposable {
  model: Model;
  tokens: number[];
}

/** Loads a model with such a memory. */
export async function openMemoryModel(kind: MemoryKind): Promise<MemoryModel> {
  using scratch = makeScratch();
  const path = scratch.write("model.gguf", MODELS[kind]());
  const library = new Library(await realLibraries(), { log: (): void => {} });
  // Read, so that the file can go.
  const model = new Model(library, { path, offset: 0, mmap: false });
  return {
    model,
    tokens: Array.from({ length: 20 }, (_, i) => (i * 7 + 5) % VOCABULARY),
    [Symbol.dispose](): void {
      model[Symbol.dispose]();
      library[Symbol.dispose]();
    },
  };
}

function hybrid(): Shape[] {
  const convolution: Shape[] = [
    ["blk.1.attn_norm.weight", EMBEDDING],
    ["blk.1.shortconv.conv.weight", 3, EMBEDDING],
    ["blk.1.shortconv.in_proj.weight", EMBEDDING, 3 * EMBEDDING],
    ["blk.1.shortconv.out_proj.weight", EMBEDDING, EMBEDDING],
  ];
  return [...attention(0), ...feedForward(0), ...convolution, ...feedForward(1), ["token_embd_norm.weight", EMBEDDING]];
}

function hybridKeys(): Record<string, MadeValue> {
  return { ...attentionKeys("lfm2"), "lfm2.shortconv.l_cache": 3, "lfm2.attention.head_count_kv": i32([HEADS, 0]) };
}

function attentionKeys(architecture: string): Record<string, MadeValue> {
  return { [`${architecture}.attention.head_count`]: HEADS, [`${architecture}.feed_forward_length`]: FEED_FORWARD };
}

function attention(i: number, { withNorms = true } = {}): Shape[] {
  const matrices = ["attn_q", "attn_k", "attn_v", "attn_output"];
  return [
    ...norms(i, ["attn_norm"]),
    ...matrices.map((name): Shape => [`blk.${i}.${name}.weight`, EMBEDDING, EMBEDDING]),
    ...(withNorms ? norms(i, ["attn_q_norm", "attn_k_norm"], HEAD) : []),
  ];
}

function feedForward(i: number): Shape[] {
  return [
    ...norms(i, ["ffn_norm"]),
    [`blk.${i}.ffn_gate.weight`, EMBEDDING, FEED_FORWARD],
    [`blk.${i}.ffn_up.weight`, EMBEDDING, FEED_FORWARD],
    [`blk.${i}.ffn_down.weight`, FEED_FORWARD, EMBEDDING],
  ];
}

function mamba(i: number): Shape[] {
  const inner = EMBEDDING * 2;
  const shapes: Shape[] = [
    ["attn_norm.weight", EMBEDDING],
    ["ssm_in.weight", EMBEDDING, 2 * inner],
    ["ssm_conv1d.weight", 4, inner],
    ["ssm_conv1d.bias", inner],
    ["ssm_x.weight", inner, 2 + 2 * 4],
    ["ssm_dt.weight", 2, inner],
    ["ssm_dt.bias", inner],
    ["ssm_a", 4, inner],
    ["ssm_d", inner],
    ["ssm_out.weight", inner, EMBEDDING],
  ];
  return shapes.map(([name, ...dims]): Shape => [`blk.${i}.${name}`, ...dims]);
}

function norms(i: number, names: string[], size = EMBEDDING): Shape[] {
  return names.map((name): Shape => [`blk.${i}.${name}.weight`, size]);
}

function make(architecture: string, shapes: Shape[], keys: Record<string, MadeValue>): Uint8Array<ArrayBuffer> {
  return makeGguf({
    metadata: {
      "general.architecture": architecture,
      "general.file_type": 0,
      [`${architecture}.context_length`]: 128,
      [`${architecture}.embedding_length`]: EMBEDDING,
      [`${architecture}.block_count`]: 2,
      [`${architecture}.attention.layer_norm_rms_epsilon`]: EPSILON,
      [`${architecture}.vocab_size`]: VOCABULARY,
      "tokenizer.ggml.model": "no_vocab",
      ...keys,
    },
    tensors: [["token_embd.weight", EMBEDDING, VOCABULARY] as Shape, ...shapes].map(toTensor),
  });
}

function toTensor([name, ...dims]: Shape, seed: number): MadeTensor {
  const count = dims.reduce((a, b) => a * b, 1);
  const values = dims.length === 1 ? new Float32Array(count).fill(1) : randomFloats(count, seed).map((x) => x * 0.15);
  return { name, dims, data: new Uint8Array(values.buffer) };
}
