import { fileTypeName } from "./ggml_type.ts";
import { isGgufArray } from "./gguf_value.ts";
import { type Gguf, readGgufArray } from "./read_gguf.ts";

/** What a model's header says of it. Fields that the header lacks are undefined. */
export interface ModelFacts {
  /** `general.architecture`, e.g. `llama`. */
  architecture: string;
  name: string | undefined;
  /** Elements of all tensors. */
  parameters: number;
  /** Bytes of all tensors. */
  sizeBytes: number;
  /** E.g. `Q4_K_M`; where the header names none, the type that holds most bytes. */
  quantization: string;
  /** Tokens that it was trained for. */
  contextLength: number | undefined;
  embeddingLength: number | undefined;
  layers: number | undefined;
  /** Query heads: one number for all layers, or one a layer. */
  heads: number | number[] | undefined;
  /** Key and value heads, in the same way; 0 for a layer without attention. */
  headsKv: number | number[] | undefined;
  /** Elements of one head's key. */
  keyLength: number | undefined;
  /** Elements of one head's value; 0 where values are computed from the keys (multi-head latent attention). */
  valueLength: number | undefined;
  /** The same two for layers with a sliding window. */
  keyLengthSliding: number | undefined;
  valueLengthSliding: number | undefined;
  /** Tokens that layers with a sliding window look back. */
  slidingWindow: number | undefined;
  /** Which layers have the window, where the header lists them. */
  slidingLayers: boolean[] | undefined;
  /** Only every n-th layer has a KV cache, where the header says so. */
  fullAttentionInterval: number | undefined;
  /** The last layers that use another layer's KV cache. */
  sharedKvLayers: number;
  vocabularySize: number | undefined;
  /** The Jinja text of the chat template. */
  chatTemplate: string | undefined;
  license: string | undefined;
  /** E.g. `135M`. */
  sizeLabel: string | undefined;
  /** E.g. `gpt2`. */
  tokenizer: string | undefined;
  /** Parts that the model was split into; 1 for a whole one. */
  splitCount: number;
}

/** Gathers from a header what people and the fitting of memory want to know. */
export function describeModel(gguf: Gguf): ModelFacts {
  const architecture = text(gguf, "general.architecture") ?? "unknown";
  const key = (name: string): string => `${architecture}.${name}`;
  const heads = perLayer(gguf, key("attention.head_count"));
  const embeddingLength = number(gguf, key("embedding_length"));
  const perHead = defaultHeadLength(embeddingLength, heads);
  const keyLength = number(gguf, key("attention.key_length")) ?? perHead;
  const latent = number(gguf, key("attention.key_length_mla")) !== undefined;
  const valueLength = latent ? 0 : number(gguf, key("attention.value_length")) ?? perHead;
  return {
    architecture,
    name: text(gguf, "general.name"),
    parameters: gguf.tensors.reduce((sum, tensor) => sum + tensor.elements, 0),
    sizeBytes: gguf.tensors.reduce((sum, tensor) => sum + tensor.bytes, 0),
    quantization: quantization(gguf),
    contextLength: number(gguf, key("context_length")),
    embeddingLength,
    layers: number(gguf, key("block_count")),
    heads,
    headsKv: perLayer(gguf, key("attention.head_count_kv")) ?? heads,
    keyLength,
    valueLength,
    keyLengthSliding: number(gguf, key("attention.key_length_swa")) ?? keyLength,
    valueLengthSliding: number(gguf, key("attention.value_length_swa")) ?? valueLength,
    slidingWindow: number(gguf, key("attention.sliding_window")),
    slidingLayers: booleans(gguf, key("attention.sliding_window_pattern")),
    fullAttentionInterval: number(gguf, key("full_attention_interval")),
    sharedKvLayers: number(gguf, key("attention.shared_kv_layers")) ?? 0,
    vocabularySize: number(gguf, key("vocab_size")) ?? count(gguf, "tokenizer.ggml.tokens"),
    chatTemplate: text(gguf, "tokenizer.chat_template"),
    license: text(gguf, "general.license"),
    sizeLabel: text(gguf, "general.size_label"),
    tokenizer: text(gguf, "tokenizer.ggml.model"),
    splitCount: Math.max(1, number(gguf, "split.count") ?? 1),
  };
}

/**
 * Bytes of KV cache that one token takes, by llama.cpp's rules (llama_hparams::n_embd_k_gqa). Layers with a sliding window are counted
 * as if they kept every token, so for those it is an upper bound; 0 for a model without attention.
 *
 * @param facts From {@linkcode describeModel}.
 * @param typeBytes Bytes of one element in the cache; 2 for F16.
 */
export function kvBytesPerToken(facts: ModelFacts, typeBytes = 2): number {
  let elements = 0;
  for (let layer = 0; layer < (facts.layers ?? 0) - facts.sharedKvLayers; layer++) {
    const { headsKv, fullAttentionInterval: interval } = facts;
    // Hybrid models keep a state of fixed size in the layers between.
    if (interval !== undefined && interval > 0 && (layer + 1) % interval !== 0) continue;
    const heads = Array.isArray(headsKv) ? headsKv[layer] ?? 0 : headsKv ?? 0;
    const sliding = facts.slidingLayers?.[layer] ?? false;
    const key = sliding ? facts.keyLengthSliding : facts.keyLength;
    const value = sliding ? facts.valueLengthSliding : facts.valueLength;
    elements += heads * ((key ?? 0) + (value ?? 0));
  }
  return elements * typeBytes;
}

function defaultHeadLength(embedding: number | undefined, heads: number | number[] | undefined): number | undefined {
  const first = Array.isArray(heads) ? heads[0] : heads;
  return embedding === undefined || !first ? undefined : Math.floor(embedding / first);
}

function quantization(gguf: Gguf): string {
  const fileType = number(gguf, "general.file_type");
  const named = fileType === undefined ? undefined : fileTypeName(fileType);
  if (named !== undefined) return named;
  const bytesOf = new Map<string, number>();
  for (const { type, bytes } of gguf.tensors) bytesOf.set(type, (bytesOf.get(type) ?? 0) + bytes);
  const [largest] = [...bytesOf].sort((a, b) => b[1] - a[1]);
  return largest?.[0] ?? "unknown";
}

function text(gguf: Gguf, key: string): string | undefined {
  const value = gguf.metadata.get(key);
  return typeof value === "string" ? value : undefined;
}

function number(gguf: Gguf, key: string): number | undefined {
  const value = gguf.metadata.get(key);
  return typeof value === "number" ? value : undefined;
}

function count(gguf: Gguf, key: string): number | undefined {
  const value = gguf.metadata.get(key);
  return isGgufArray(value) ? value.count : undefined;
}

// llama.cpp's LLAMA_MAX_LAYERS; a longer array is no list of layers.
const MAX_LAYERS = 512;

function perLayer(gguf: Gguf, key: string): number | number[] | undefined {
  const value = gguf.metadata.get(key);
  if (!isGgufArray(value)) return typeof value === "number" ? value : undefined;
  if (value.count > MAX_LAYERS) return undefined;
  return readGgufArray(gguf, value).map(Number);
}

function booleans(gguf: Gguf, key: string): boolean[] | undefined {
  const value = gguf.metadata.get(key);
  if (!isGgufArray(value) || value.count > MAX_LAYERS) return undefined;
  return readGgufArray(gguf, value).map(Boolean);
}
