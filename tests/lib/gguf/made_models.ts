// Models made for tests: real files cut up or added to, and tiny ones of architectures of which the registries have none.
import type { Gguf } from "../../../lib/gguf/mod.ts";
import { type MadeTensor, type MadeValue, makeGguf } from "./make_gguf.ts";
import { i32, remakeMetadata, remakeTensors, scalar } from "./remake_gguf.ts";

/** Numbers in [-1, 1) that are always the same (a linear congruential generator). */
export function randomFloats(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return new Float32Array(count).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Cuts a model into parts as llama-gguf-split does, with about equally many tensors each. */
export function splitModel(gguf: Gguf, count: number): Uint8Array<ArrayBuffer>[] {
  const tensors = remakeTensors(gguf);
  const each = Math.ceil(tensors.length / count);
  return Array.from({ length: count }, (_, no) =>
    makeGguf({
      metadata: {
        ...(no === 0 ? remakeMetadata(gguf) : {}),
        "split.no": scalar("u16", no),
        "split.count": scalar("u16", count),
        "split.tensors.count": scalar("i32", tensors.length),
      },
      tensors: tensors.slice(no * each, (no + 1) * each),
    }));
}

/** What a made adapter may have otherwise. */
export interface AdapterOptions {
  metadata?: Record<string, MadeValue>;
  rank?: number;
  seed?: number;
  /** Which tensors of the model it changes. */
  targets?: RegExp;
}

/** A random LoRA adapter for a model: of its attention's queries and outputs unless told otherwise. */
export function makeAdapter(gguf: Gguf, options: AdapterOptions = {}): Uint8Array<ArrayBuffer> {
  const { metadata = {}, rank = 4, seed = 1, targets = /attn_(q|output)\.weight$/ } = options;
  const tensors = gguf.tensors.filter(({ name }) => targets.test(name)).flatMap(({ name, dims }, i): MadeTensor[] => {
    const [inner = 1, outer = 1] = dims;
    return [
      floats(`${name}.lora_a`, [inner, rank], { seed: seed + 2 * i, size: 0.08 }),
      floats(`${name}.lora_b`, [rank, outer], { seed: seed + 2 * i + 1, size: 0.08 }),
    ];
  });
  return makeGguf({
    metadata: {
      "general.type": "adapter",
      "adapter.type": "lora",
      "general.architecture": String(gguf.metadata.get("general.architecture")),
      "adapter.lora.alpha": scalar("f32", 2 * rank),
      ...metadata,
    },
    tensors,
  });
}

const [EMBEDDING, FEED_FORWARD, HEADS, LAYERS] = [32, 64, 2, 2];
const VOCABULARY = tinyVocabulary();

/** A random encoder-only model (BERT) with a classifier: it embeds with any pooling, and ranks. `pooling` is what its header asks for. */
export function makeTinyBert({ pooling }: { pooling: "mean" | "rank" }): Uint8Array<ArrayBuffer> {
  const build = new TensorBuilder(11);
  build.add("token_embd.weight", [EMBEDDING, VOCABULARY.size]).add("position_embd.weight", [EMBEDDING, 128]);
  build.norm("token_embd_norm").add("cls.weight", [EMBEDDING, EMBEDDING]).add("cls.bias", [EMBEDDING]);
  build.add("cls.output.weight", [EMBEDDING, 1]).add("cls.output.bias", [1]);
  for (let i = 0; i < LAYERS; i++) {
    for (const name of ["attn_q", "attn_k", "attn_v", "attn_output"]) {
      build.add(`blk.${i}.${name}.weight`, [EMBEDDING, EMBEDDING]).add(`blk.${i}.${name}.bias`, [EMBEDDING]);
    }
    build.norm(`blk.${i}.attn_output_norm`).norm(`blk.${i}.layer_output_norm`);
    build.add(`blk.${i}.ffn_up.weight`, [EMBEDDING, FEED_FORWARD]).add(`blk.${i}.ffn_up.bias`, [FEED_FORWARD]);
    build.add(`blk.${i}.ffn_down.weight`, [FEED_FORWARD, EMBEDDING]).add(`blk.${i}.ffn_down.bias`, [EMBEDDING]);
  }
  return makeGguf({
    metadata: {
      ...hyperparameters("bert"),
      "bert.context_length": 128,
      "bert.attention.layer_norm_epsilon": scalar("f32", 1e-6),
      "bert.attention.causal": false,
      "bert.pooling_type": pooling === "mean" ? 1 : 4,
      ...VOCABULARY.metadata,
      "tokenizer.ggml.token_type_count": 1,
      "tokenizer.ggml.add_bos_token": true,
      "tokenizer.ggml.add_eos_token": true,
    },
    tensors: build.tensors,
  });
}

/** A random encoder-decoder model (T5). */
export function makeTinyT5(): Uint8Array<ArrayBuffer> {
  const build = new TensorBuilder(23);
  build.add("token_embd.weight", [EMBEDDING, VOCABULARY.size], 0.3).add("output.weight", [EMBEDDING, VOCABULARY.size]);
  build.ones("enc.output_norm.weight").ones("dec.output_norm.weight");
  for (let i = 0; i < LAYERS; i++) {
    for (const side of ["enc", "dec"]) {
      const attention = side === "enc" ? ["attn"] : ["attn", "cross_attn"];
      for (const name of attention) {
        build.ones(`${side}.blk.${i}.${name}_norm.weight`);
        for (const part of ["q", "k", "v", "o"]) {
          build.add(`${side}.blk.${i}.${name}_${part}.weight`, [EMBEDDING, EMBEDDING]);
        }
      }
      if (i === 0) build.add(`${side}.blk.0.attn_rel_b.weight`, [HEADS, 32]);
      build.ones(`${side}.blk.${i}.ffn_norm.weight`);
      build.add(`${side}.blk.${i}.ffn_up.weight`, [EMBEDDING, FEED_FORWARD]);
      build.add(`${side}.blk.${i}.ffn_down.weight`, [FEED_FORWARD, EMBEDDING]);
    }
  }
  return makeGguf({
    metadata: {
      ...hyperparameters("t5"),
      "t5.context_length": 128,
      "t5.attention.layer_norm_rms_epsilon": scalar("f32", 1e-6),
      "t5.attention.layer_norm_epsilon": scalar("f32", 1e-6),
      "t5.attention.key_length": EMBEDDING / HEADS,
      "t5.attention.value_length": EMBEDDING / HEADS,
      "t5.attention.relative_buckets_count": 32,
      "t5.decoder_start_token_id": 0,
      ...VOCABULARY.metadata,
      "tokenizer.ggml.add_bos_token": false,
      "tokenizer.ggml.add_eos_token": true,
    },
    tensors: build.tensors,
  });
}

function hyperparameters(architecture: string): Record<string, MadeValue> {
  const key = (name: string): string => `${architecture}.${name}`;
  return {
    "general.architecture": architecture,
    "general.file_type": 0,
    [key("embedding_length")]: EMBEDDING,
    [key("feed_forward_length")]: FEED_FORWARD,
    [key("block_count")]: LAYERS,
    [key("attention.head_count")]: HEADS,
  };
}

/** A SentencePiece vocabulary of control tokens, every byte, and the letters with a space before them or not. */
function tinyVocabulary(): { size: number; metadata: Record<string, MadeValue> } {
  const [normal, unknown, control, byte] = [1, 2, 3, 6];
  const tokens: [string, number][] = [["<unk>", unknown], ["<s>", control], ["</s>", control]];
  for (let i = 0; i < 256; i++) tokens.push([`<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`, byte]);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  for (const letter of ["▁", ...letters]) tokens.push([letter, normal]);
  for (const letter of letters) tokens.push([`▁${letter}`, normal]);
  return {
    size: tokens.length,
    metadata: {
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.tokens": { strings: tokens.map(([text]) => text) },
      "tokenizer.ggml.scores": { f32: tokens.map((_, i) => -i) },
      "tokenizer.ggml.token_type": i32(tokens.map(([, type]) => type)),
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.eos_token_id": 2,
      "tokenizer.ggml.unknown_token_id": 0,
    },
  };
}

/** Collects random tensors, each of a seed of its own. */
class TensorBuilder {
  readonly tensors: MadeTensor[] = [];
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(name: string, dims: number[], size = 0.15): this {
    this.tensors.push(floats(name, dims, { seed: this.#seed++, size }));
    return this;
  }

  ones(name: string): this {
    this.tensors.push({ name, dims: [EMBEDDING], data: new Uint8Array(new Float32Array(EMBEDDING).fill(1).buffer) });
    return this;
  }

  norm(name: string): this {
    return this.ones(`${name}.weight`).add(`${name}.bias`, [EMBEDDING]);
  }
}

function floats(name: string, dims: number[], { seed, size }: { seed: number; size: number }): MadeTensor {
  const values = randomFloats(dims.reduce((a, b) => a * b, 1), seed).map((value) => value * size);
  return { name, dims, data: new Uint8Array(values.buffer) };
}
