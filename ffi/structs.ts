import { defineStruct } from "./struct.ts";

/** `struct llama_model_params` of llama.h, release v0.4.0. */
export const MODEL_PARAMS = defineStruct("llama_model_params", {
  devices: "pointer",
  tensor_buft_overrides: "pointer",
  n_gpu_layers: "i32",
  split_mode: "i32",
  load_mode: "i32",
  lazy_mode: "i32",
  main_gpu: "i32",
  tensor_split: "pointer",
  progress_callback: "pointer",
  progress_callback_user_data: "pointer",
  kv_overrides: "pointer",
  vocab_only: "bool",
  check_tensors: "bool",
  use_extra_bufts: "bool",
  no_host: "bool",
  no_alloc: "bool",
  load_mtp: "bool",
});

/** `struct llama_context_params` of llama.h, release v0.4.0. */
export const CONTEXT_PARAMS = defineStruct("llama_context_params", {
  n_ctx: "u32",
  n_batch: "u32",
  n_ubatch: "u32",
  n_seq_max: "u32",
  n_rs_seq: "u32",
  n_outputs_max: "u32",
  n_outputs_max_per_seq: "u32",
  n_threads: "i32",
  n_threads_batch: "i32",
  ctx_type: "i32",
  rope_scaling_type: "i32",
  pooling_type: "i32",
  attention_type: "i32",
  flash_attn_type: "i32",
  rope_freq_base: "f32",
  rope_freq_scale: "f32",
  yarn_ext_factor: "f32",
  yarn_attn_factor: "f32",
  yarn_beta_fast: "f32",
  yarn_beta_slow: "f32",
  yarn_orig_ctx: "u32",
  defrag_thold: "f32",
  cb_eval: "pointer",
  cb_eval_user_data: "pointer",
  type_k: "i32",
  type_v: "i32",
  abort_callback: "pointer",
  abort_callback_data: "pointer",
  embeddings: "bool",
  offload_kqv: "bool",
  no_perf: "bool",
  op_offload: "bool",
  swa_full: "bool",
  kv_unified: "bool",
  samplers: "pointer",
  n_samplers: "usize",
  ctx_other: "pointer",
});

/** `struct llama_batch` of llama.h, release v0.4.0. */
export const BATCH = defineStruct("llama_batch", {
  n_tokens: "i32",
  token: "pointer",
  embd: "pointer",
  pos: "pointer",
  n_seq_id: "pointer",
  seq_id: "pointer",
  logits: "pointer",
});

/** `struct llama_sampler_chain_params` of llama.h, release v0.4.0. */
export const SAMPLER_CHAIN_PARAMS = defineStruct("llama_sampler_chain_params", { no_perf: "bool" });

/** `struct llama_token_data` of llama.h, release v0.4.0: one candidate. */
export const TOKEN_DATA = defineStruct("llama_token_data", { id: "i32", logit: "f32", p: "f32" });

/** `struct llama_token_data_array` of llama.h, release v0.4.0. Samplers may change each field, `data` too. */
export const TOKEN_DATA_ARRAY = defineStruct("llama_token_data_array", {
  data: "pointer",
  size: "usize",
  selected: "i64",
  sorted: "bool",
});

/** `struct llama_logit_bias` of llama.h, release v0.4.0. */
export const LOGIT_BIAS = defineStruct("llama_logit_bias", { token: "i32", bias: "f32" });
