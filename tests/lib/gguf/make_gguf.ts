/** A metadata value to write; numbers without a type are u32. */
export type MadeValue =
  | string
  | number
  | boolean
  | { type: number; scalar: Uint8Array }
  | { strings: string[] }
  | { f32: number[] }
  | { u32: number[] }
  | { bools: boolean[] }
  /** An array as it lies in a file; its type by its number. */
  | { elements: Uint8Array; elementType: number; count: number };

/** A tensor to write. */
export interface MadeTensor {
  name: string;
  dims: number[];
  /** Number in `enum ggml_type`; F32 by default. */
  type?: number;
  /** Its data; its length is taken for its size. */
  data: Uint8Array;
  /** Where the header says that it begins, instead of where it does. */
  offset?: number;
}

/** What {@linkcode makeGguf} writes. */
export interface MadeGguf {
  version?: number;
  metadata?: Record<string, MadeValue>;
  tensors?: MadeTensor[];
  alignment?: number;
  /** What the header says instead of the real counts. */
  tensorCount?: bigint;
  pairCount?: bigint;
}

/** Writes a GGUF, for tests: it need not be a valid one. */
export function makeGguf(options: MadeGguf = {}): Uint8Array<ArrayBuffer> {
  const { metadata = {}, tensors = [], alignment = 32 } = options;
  const pairs = Object.entries(metadata);
  const header: Uint8Array[] = [
    new TextEncoder().encode("GGUF"),
    u32(options.version ?? 3),
    u64(options.tensorCount ?? BigInt(tensors.length)),
    u64(options.pairCount ?? BigInt(pairs.length)),
  ];
  for (const [key, value] of pairs) header.push(text(key), encode(value));
  let offset = 0;
  const data: Uint8Array[] = [];
  for (const tensor of tensors) {
    header.push(text(tensor.name), u32(tensor.dims.length), ...tensor.dims.map((dim) => u64(BigInt(dim))));
    header.push(u32(tensor.type ?? 0), u64(BigInt(tensor.offset ?? offset)));
    const padding = new Uint8Array(-tensor.data.length & (alignment - 1));
    data.push(tensor.data, padding);
    offset += tensor.data.length + padding.length;
  }
  const length = header.reduce((sum, part) => sum + part.length, 0);
  return join([...header, new Uint8Array(-length & (alignment - 1)), ...data]);
}

/** A small but whole model: metadata like a llama's, two tensors, a vocabulary. */
export function makeModel(options: { name?: string; dataBytes?: number } = {}): Uint8Array<ArrayBuffer> {
  const bytes = options.dataBytes ?? 4096;
  const data = new Uint8Array(bytes).map((_, i) => (i * 31 + (i >> 8)) & 0xff);
  return makeGguf({
    metadata: {
      "general.architecture": "llama",
      "general.name": options.name ?? "Tiny",
      "general.license": "apache-2.0",
      "general.size_label": "1K",
      "general.file_type": 0,
      "llama.context_length": 2048,
      "llama.embedding_length": 64,
      "llama.block_count": 2,
      "llama.attention.head_count": 4,
      "llama.attention.head_count_kv": 2,
      "tokenizer.ggml.model": "gpt2",
      "tokenizer.ggml.tokens": { strings: ["<s>", "</s>", "a", "bé"] },
      "tokenizer.ggml.scores": { f32: [0, 0, -1.5, -2] },
      "tokenizer.chat_template": "{{ messages[0].content }}",
    },
    tensors: [
      { name: "token_embd.weight", dims: [bytes / 4], data },
      { name: "output_norm.weight", dims: [8, 2], data: new Uint8Array(64).fill(7) },
    ],
  });
}

function encode(value: MadeValue): Uint8Array {
  if (typeof value === "string") return join([u32(8), text(value)]);
  if (typeof value === "number") return join([u32(4), u32(value)]);
  if (typeof value === "boolean") return join([u32(7), new Uint8Array([value ? 1 : 0])]);
  if ("strings" in value) return join([u32(9), u32(8), u64(BigInt(value.strings.length)), ...value.strings.map(text)]);
  if ("f32" in value) return array(6, new Uint8Array(new Float32Array(value.f32).buffer), value.f32.length);
  if ("u32" in value) return array(4, new Uint8Array(new Uint32Array(value.u32).buffer), value.u32.length);
  if ("bools" in value) return array(7, new Uint8Array(value.bools.map(Number)), value.bools.length);
  if ("elements" in value) return array(value.elementType, value.elements, value.count);
  return join([u32(value.type), value.scalar]);
}

function array(type: number, elements: Uint8Array, count: number): Uint8Array {
  return join([u32(9), u32(type), u64(BigInt(count)), elements]);
}

function text(value: string): Uint8Array {
  const bytes = new TextEncoder().encode(value);
  return join([u64(BigInt(bytes.length)), bytes]);
}

function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

function u64(value: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([value]).buffer);
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
