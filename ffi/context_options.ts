import { checkFloat, checkInteger, INT32_MAX, UINT32_MAX } from "./check_number.ts";
import {
  FLASH_ATTENTION,
  KV_TYPES,
  type KvType,
  POOLING,
  type Pooling,
  ROPE_SCALING,
  type RopeScaling,
} from "./enums.ts";
import { CONTEXT_PARAMS } from "./structs.ts";

/** How positions are encoded; what is absent is the model's own. llama.h gives the meaning of each. */
export interface RopeOptions {
  scaling?: RopeScaling;
  frequencyBase?: number;
  /** Below 1 stretches the context: 0.5 doubles it. */
  frequencyScale?: number;
  yarnOriginalContext?: number;
  yarnExtFactor?: number;
  yarnAttnFactor?: number;
  yarnBetaFast?: number;
  yarnBetaSlow?: number;
}

/** How a context is made. */
export interface ContextOptions {
  /** Cells of the KV cache, of all sequences together. */
  contextLength: number;
  /** The most tokens of one decode. */
  batchSize: number;
  /** The most tokens computed at once inside a decode. */
  ubatchSize: number;
  /** The most sequences at once; at most 256. */
  sequences: number;
  /** Threads for a decode of one token; from 1 to 512. */
  threads: number;
  /** Threads for a decode of several tokens; from 1 to 512. */
  batchThreads: number;
  /** One pool of cells for all sequences; otherwise each has its own, of an equal share. */
  unified: boolean;
  /** Flash attention; undefined lets llama.cpp choose. */
  flashAttention?: boolean;
  /** The type of K in the cache; f16 unless set. */
  keyType?: KvType;
  /** The type of V in the cache; f16 unless set. A quantized one needs flash attention. */
  valueType?: KvType;
  rope?: RopeOptions;
  /** Keep all cells of layers with sliding-window attention, so that a prefix can be cut anywhere; false unless set. */
  fullSwa?: boolean;
  /** Compute embeddings, for every token of a batch; false unless set. */
  embeddings?: boolean;
  /** How embeddings of a sequence become one; the model's own way unless set. */
  pooling?: Pooling;
  /** The most outputs of one decode, from `sequences` on; a whole batch unless set. Fewer need less memory. */
  outputs?: number;
  /** How long threads look for work before they sleep: 0 (not at all) to 100; ggml's own (50) unless set. */
  poll?: number;
}

const THREADS = { min: 1, max: 512 };

/**
 * Turns options into a `struct llama_context_params`.
 *
 * @param defaults What llama.cpp gives; changed in place.
 * @throws {RangeError} On a number that llama.cpp would stop the process for, or cut off.
 */
export function toContextParams(
  options: ContextOptions,
  defaults: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const params = CONTEXT_PARAMS.view(defaults);
  const { contextLength, batchSize, ubatchSize, sequences, outputs } = options;
  params.set("n_ctx", checkInteger("contextLength", contextLength, { min: 1, max: INT32_MAX }));
  params.set("n_batch", checkInteger("batchSize", batchSize, { min: 1, max: INT32_MAX }));
  params.set("n_ubatch", checkInteger("ubatchSize", ubatchSize, { min: 1, max: INT32_MAX }));
  // The buffer of outputs has a row for each sequence from the start, and llama.cpp aborts when that is more than there may be.
  const most = Math.min(256, batchSize, contextLength);
  params.set("n_seq_max", checkInteger("sequences", sequences, { min: 1, max: most }));
  if (outputs !== undefined) {
    params.set("n_outputs_max", checkInteger("outputs", outputs, { min: sequences, max: INT32_MAX }));
  }
  params.set("n_threads", checkInteger("threads", options.threads, THREADS));
  params.set("n_threads_batch", checkInteger("batchThreads", options.batchThreads, THREADS));
  if (options.poll !== undefined) checkInteger("poll", options.poll, { min: 0, max: 100 });
  params.set("kv_unified", options.unified);
  const { auto, on, off } = FLASH_ATTENTION;
  params.set("flash_attn_type", options.flashAttention === undefined ? auto : options.flashAttention ? on : off);
  params.set("swa_full", options.fullSwa ?? false);
  params.set("embeddings", options.embeddings ?? false);
  if (options.keyType !== undefined) params.set("type_k", KV_TYPES[options.keyType]);
  if (options.valueType !== undefined) params.set("type_v", KV_TYPES[options.valueType]);
  if (options.pooling !== undefined) params.set("pooling_type", POOLING[options.pooling]);
  setRope(params, options.rope ?? {});
  return params.bytes;
}

function setRope(params: ReturnType<typeof CONTEXT_PARAMS.view>, rope: RopeOptions): void {
  if (rope.scaling !== undefined) params.set("rope_scaling_type", ROPE_SCALING[rope.scaling]);
  if (rope.yarnOriginalContext !== undefined) {
    const { yarnOriginalContext } = rope;
    params.set("yarn_orig_ctx", checkInteger("yarnOriginalContext", yarnOriginalContext, { min: 0, max: UINT32_MAX }));
  }
  const floats = [
    ["rope_freq_base", "frequencyBase"],
    ["rope_freq_scale", "frequencyScale"],
    ["yarn_ext_factor", "yarnExtFactor"],
    ["yarn_attn_factor", "yarnAttnFactor"],
    ["yarn_beta_fast", "yarnBetaFast"],
    ["yarn_beta_slow", "yarnBetaSlow"],
  ] as const;
  for (const [field, option] of floats) {
    const value = rope[option];
    if (value !== undefined) params.set(field, checkFloat(option, value));
  }
}
