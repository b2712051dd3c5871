// Values of the C enums that we pass, each under the name that this project has for it; tests/ffi/header_test.ts holds them against the headers.

/** `enum llama_load_mode` of llama.h. */
export const LOAD_MODE = { none: 0, mmap: 1, mlock: 2, mmapMlock: 3 } as const;

/** `enum llama_flash_attn_type` of llama.h. */
export const FLASH_ATTENTION = { auto: -1, off: 0, on: 1 } as const;

/** Types that the KV cache can have, as `enum ggml_type` of ggml.h numbers them; V in a quantized one needs flash attention. */
export const KV_TYPES = {
  f32: 0,
  f16: 1,
  bf16: 30,
  q8_0: 8,
  q4_0: 2,
  q4_1: 3,
  iq4_nl: 20,
  q5_0: 6,
  q5_1: 7,
} as const;

/** A type that the KV cache can have. */
export type KvType = keyof typeof KV_TYPES;

/** `enum llama_rope_scaling_type` of llama.h, those that a user can choose. */
export const ROPE_SCALING = { none: 0, linear: 1, yarn: 2 } as const;

/** How positions beyond the trained context are scaled. */
export type RopeScaling = keyof typeof ROPE_SCALING;

/** `enum llama_pooling_type` of llama.h. */
export const POOLING = { none: 0, mean: 1, cls: 2, last: 3, rank: 4 } as const;

/** How the embeddings of a sequence's tokens become one: `none` leaves them as they are, `rank` gives the classifier's outputs. */
export type Pooling = keyof typeof POOLING;

/** `enum llama_vocab_type` of llama.h, those whose tokens leave nothing of a text out. */
export const WHOLE_VOCAB_TYPES = { spm: 1, bpe: 2 } as const;

/** `enum ggml_numa_strategy` of ggml-cpu.h, those that a user can choose. */
export const NUMA = { distribute: 1, isolate: 2, numactl: 3 } as const;

/** How threads and memory are spread over the nodes of a NUMA machine. */
export type NumaStrategy = keyof typeof NUMA;

/** `enum ggml_sched_priority` of ggml.h. */
export const PRIORITY = { low: -1, normal: 0, medium: 1, high: 2, realtime: 3 } as const;

/** The OS's priority of threads. */
export type ThreadPriority = keyof typeof PRIORITY;

/** `LLAMA_STATE_SEQ_FLAGS_…` of llama.h. */
export const STATE_FLAGS = { none: 0, partialOnly: 1 } as const;
