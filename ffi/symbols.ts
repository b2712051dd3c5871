import { handle } from "./handles.ts";
import { BATCH, CONTEXT_PARAMS, MODEL_PARAMS, SAMPLER_CHAIN_PARAMS } from "./structs.ts";

// Every function that we call, one table per library, the prototype of llama.cpp v0.4.0 above each entry.
// tests/ffi/header_test.ts checks each entry against the header and against the libraries of every platform.

const model = handle<"llama_model">();
const context = handle<"llama_context">();
const vocab = handle<"llama_vocab">();
const memory = handle<"llama_memory_i">();
const sampler = handle<"llama_sampler">();
const adapter = handle<"llama_adapter_lora">();
const backend = handle<"ggml_backend_reg">();
const device = handle<"ggml_backend_device">();
const threadpool = handle<"ggml_threadpool">();

/** Functions of libggml-base. */
export const GGML_BASE_SYMBOLS = {
  // const char * ggml_backend_dev_name(ggml_backend_dev_t device);
  ggml_backend_dev_name: { parameters: [device], result: "pointer" },
  // const char * ggml_backend_dev_description(ggml_backend_dev_t device);
  ggml_backend_dev_description: { parameters: [device], result: "pointer" },
  // void ggml_threadpool_params_init(struct ggml_threadpool_params * p, int n_threads);
  ggml_threadpool_params_init: { parameters: ["buffer", "i32"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Functions of libggml. */
export const GGML_SYMBOLS = {
  // ggml_backend_reg_t ggml_backend_load(const char * path);
  ggml_backend_load: { parameters: ["buffer"], result: backend },
  // void ggml_backend_unload(ggml_backend_reg_t reg);
  ggml_backend_unload: { parameters: [backend], result: "void" },
  // size_t ggml_backend_dev_count(void);
  ggml_backend_dev_count: { parameters: [], result: "usize" },
  // ggml_backend_dev_t ggml_backend_dev_get(size_t index);
  ggml_backend_dev_get: { parameters: ["usize"], result: device },
} as const satisfies Deno.ForeignLibraryInterface;

/** Functions of libllama. */
export const LLAMA_SYMBOLS = {
  // void llama_backend_init(void);
  llama_backend_init: { parameters: [], result: "void" },
  // void llama_numa_init(enum ggml_numa_strategy numa);
  llama_numa_init: { parameters: ["i32"], result: "void" },
  // void llama_log_set(ggml_log_callback log_callback, void * user_data);
  llama_log_set: { parameters: ["function", "pointer"], result: "void" },

  // struct llama_model_params llama_model_default_params(void);
  llama_model_default_params: { parameters: [], result: MODEL_PARAMS.native },
  // struct llama_context_params llama_context_default_params(void);
  llama_context_default_params: { parameters: [], result: CONTEXT_PARAMS.native },
  // struct llama_sampler_chain_params llama_sampler_chain_default_params(void);
  llama_sampler_chain_default_params: { parameters: [], result: SAMPLER_CHAIN_PARAMS.native },

  // struct llama_model * llama_model_load_from_file_ptr(FILE * file, struct llama_model_params params);
  llama_model_load_from_file_ptr: { parameters: [handle<"FILE">(), MODEL_PARAMS.native], result: model },
  // struct llama_model * llama_model_load_from_splits(const char ** paths, size_t n_paths, struct llama_model_params params);
  llama_model_load_from_splits: { parameters: ["buffer", "usize", MODEL_PARAMS.native], result: model },
  // void llama_model_free(struct llama_model * model);
  llama_model_free: { parameters: [model], result: "void" },
  // const struct llama_vocab * llama_model_get_vocab(const struct llama_model * model);
  llama_model_get_vocab: { parameters: [model], result: vocab },
  // int32_t llama_model_n_ctx_train(const struct llama_model * model);
  llama_model_n_ctx_train: { parameters: [model], result: "i32" },
  // int32_t llama_model_n_embd_out(const struct llama_model * model);
  llama_model_n_embd_out: { parameters: [model], result: "i32" },
  // int32_t llama_model_n_layer(const struct llama_model * model);
  llama_model_n_layer: { parameters: [model], result: "i32" },
  // int32_t llama_model_n_swa(const struct llama_model * model);
  llama_model_n_swa: { parameters: [model], result: "i32" },
  // uint32_t llama_model_n_cls_out(const struct llama_model * model);
  llama_model_n_cls_out: { parameters: [model], result: "u32" },
  // const char * llama_model_cls_label(const struct llama_model * model, uint32_t i);
  llama_model_cls_label: { parameters: [model, "u32"], result: "pointer" },
  // enum llama_ftype llama_model_ftype(const struct llama_model * model);
  llama_model_ftype: { parameters: [model], result: "i32" },
  // const char * llama_ftype_name(enum llama_ftype ftype);
  llama_ftype_name: { parameters: ["i32"], result: "pointer" },
  // uint64_t llama_model_size(const struct llama_model * model);
  llama_model_size: { parameters: [model], result: "u64" },
  // uint64_t llama_model_n_params(const struct llama_model * model);
  llama_model_n_params: { parameters: [model], result: "u64" },
  // const char * llama_model_chat_template(const struct llama_model * model, const char * name);
  llama_model_chat_template: { parameters: [model, "buffer"], result: "pointer" },
  // bool llama_model_has_decoder(const struct llama_model * model);
  llama_model_has_decoder: { parameters: [model], result: "bool" },
  // bool llama_model_has_encoder(const struct llama_model * model);
  llama_model_has_encoder: { parameters: [model], result: "bool" },
  // llama_token llama_model_decoder_start_token(const struct llama_model * model);
  llama_model_decoder_start_token: { parameters: [model], result: "i32" },
  // bool llama_model_is_recurrent(const struct llama_model * model);
  llama_model_is_recurrent: { parameters: [model], result: "bool" },
  // bool llama_model_is_hybrid(const struct llama_model * model);
  llama_model_is_hybrid: { parameters: [model], result: "bool" },
  // int32_t llama_model_meta_val_str(const struct llama_model * model, const char * key, char * buf, size_t buf_size);
  llama_model_meta_val_str: { parameters: [model, "buffer", "buffer", "usize"], result: "i32" },
  // int32_t llama_model_meta_count(const struct llama_model * model);
  llama_model_meta_count: { parameters: [model], result: "i32" },
  // int32_t llama_model_meta_key_by_index(const struct llama_model * model, int32_t i, char * buf, size_t buf_size);
  llama_model_meta_key_by_index: { parameters: [model, "i32", "buffer", "usize"], result: "i32" },
  // int32_t llama_model_meta_val_str_by_index(const struct llama_model * model, int32_t i, char * buf, size_t buf_size);
  llama_model_meta_val_str_by_index: { parameters: [model, "i32", "buffer", "usize"], result: "i32" },

  // struct llama_adapter_lora * llama_adapter_lora_init(struct llama_model * model, const char * path_lora);
  llama_adapter_lora_init: { parameters: [model, "buffer"], result: adapter },
  // void llama_adapter_lora_free(struct llama_adapter_lora * adapter);
  llama_adapter_lora_free: { parameters: [adapter], result: "void" },
  // int32_t llama_set_adapters_lora(struct llama_context * ctx, struct llama_adapter_lora ** adapters, size_t n_adapters,
  //                                 float * scales);
  llama_set_adapters_lora: { parameters: [context, "buffer", "usize", "buffer"], result: "i32" },

  // struct llama_context * llama_init_from_model(struct llama_model * model, struct llama_context_params params);
  llama_init_from_model: { parameters: [model, CONTEXT_PARAMS.native], result: context },
  // void llama_attach_threadpool(struct llama_context * ctx, ggml_threadpool_t threadpool, ggml_threadpool_t threadpool_batch);
  llama_attach_threadpool: { parameters: [context, threadpool, threadpool], result: "void" },
  // void llama_free(struct llama_context * ctx);
  llama_free: { parameters: [context], result: "void" },
  // uint32_t llama_n_ctx(const struct llama_context * ctx);
  llama_n_ctx: { parameters: [context], result: "u32" },
  // uint32_t llama_n_ctx_seq(const struct llama_context * ctx);
  llama_n_ctx_seq: { parameters: [context], result: "u32" },
  // uint32_t llama_n_batch(const struct llama_context * ctx);
  llama_n_batch: { parameters: [context], result: "u32" },
  // uint32_t llama_n_ubatch(const struct llama_context * ctx);
  llama_n_ubatch: { parameters: [context], result: "u32" },
  // uint32_t llama_n_seq_max(const struct llama_context * ctx);
  llama_n_seq_max: { parameters: [context], result: "u32" },
  // int32_t llama_n_threads(struct llama_context * ctx);
  llama_n_threads: { parameters: [context], result: "i32" },
  // int32_t llama_n_threads_batch(struct llama_context * ctx);
  llama_n_threads_batch: { parameters: [context], result: "i32" },
  // void llama_set_n_threads(struct llama_context * ctx, int32_t n_threads, int32_t n_threads_batch);
  llama_set_n_threads: { parameters: [context, "i32", "i32"], result: "void" },
  // enum llama_pooling_type llama_pooling_type(const struct llama_context * ctx);
  llama_pooling_type: { parameters: [context], result: "i32" },
  // void llama_set_embeddings(struct llama_context * ctx, bool embeddings);
  llama_set_embeddings: { parameters: [context, "bool"], result: "void" },
  // void llama_set_causal_attn(struct llama_context * ctx, bool causal_attn);
  llama_set_causal_attn: { parameters: [context, "bool"], result: "void" },
  // int32_t llama_encode(struct llama_context * ctx, struct llama_batch batch);
  llama_encode: { parameters: [context, BATCH.native], result: "i32" },
  // int32_t llama_decode(struct llama_context * ctx, struct llama_batch batch);
  llama_decode: { parameters: [context, BATCH.native], result: "i32" },
  // void llama_synchronize(struct llama_context * ctx);
  llama_synchronize: { parameters: [context], result: "void" },

  // float * llama_get_logits_ith(struct llama_context * ctx, int32_t i);
  llama_get_logits_ith: { parameters: [context, "i32"], result: "pointer" },
  // float * llama_get_embeddings_ith(struct llama_context * ctx, int32_t i);
  llama_get_embeddings_ith: { parameters: [context, "i32"], result: "pointer" },
  // float * llama_get_embeddings_seq(struct llama_context * ctx, llama_seq_id seq_id);
  llama_get_embeddings_seq: { parameters: [context, "i32"], result: "pointer" },

  // llama_memory_t llama_get_memory(const struct llama_context * ctx);
  llama_get_memory: { parameters: [context], result: memory },
  // void llama_memory_clear(llama_memory_t mem, bool data);
  llama_memory_clear: { parameters: [memory, "bool"], result: "void" },
  // bool llama_memory_seq_rm(llama_memory_t mem, llama_seq_id seq_id, llama_pos p0, llama_pos p1);
  llama_memory_seq_rm: { parameters: [memory, "i32", "i32", "i32"], result: "bool" },
  // void llama_memory_seq_cp(llama_memory_t mem, llama_seq_id seq_id_src, llama_seq_id seq_id_dst, llama_pos p0, llama_pos p1);
  llama_memory_seq_cp: { parameters: [memory, "i32", "i32", "i32", "i32"], result: "void" },
  // void llama_memory_seq_add(llama_memory_t mem, llama_seq_id seq_id, llama_pos p0, llama_pos p1, llama_pos delta);
  llama_memory_seq_add: { parameters: [memory, "i32", "i32", "i32", "i32"], result: "void" },
  // bool llama_memory_can_shift(llama_memory_t mem);
  llama_memory_can_shift: { parameters: [memory], result: "bool" },
  // llama_pos llama_memory_seq_pos_min(llama_memory_t mem, llama_seq_id seq_id);
  llama_memory_seq_pos_min: { parameters: [memory, "i32"], result: "i32" },
  // llama_pos llama_memory_seq_pos_max(llama_memory_t mem, llama_seq_id seq_id);
  llama_memory_seq_pos_max: { parameters: [memory, "i32"], result: "i32" },

  // size_t llama_state_seq_get_size_ext(struct llama_context * ctx, llama_seq_id seq_id, llama_state_seq_flags flags);
  llama_state_seq_get_size_ext: { parameters: [context, "i32", "u32"], result: "usize" },
  // size_t llama_state_seq_get_data_ext(struct llama_context * ctx, uint8_t * dst, size_t size, llama_seq_id seq_id,
  //                                     llama_state_seq_flags flags);
  llama_state_seq_get_data_ext: { parameters: [context, "buffer", "usize", "i32", "u32"], result: "usize" },
  // size_t llama_state_seq_set_data_ext(struct llama_context * ctx, const uint8_t * src, size_t size, llama_seq_id dest_seq_id,
  //                                     llama_state_seq_flags flags);
  llama_state_seq_set_data_ext: { parameters: [context, "buffer", "usize", "i32", "u32"], result: "usize" },

  // enum llama_vocab_type llama_vocab_type(const struct llama_vocab * vocab);
  llama_vocab_type: { parameters: [vocab], result: "i32" },
  // int32_t llama_vocab_n_tokens(const struct llama_vocab * vocab);
  llama_vocab_n_tokens: { parameters: [vocab], result: "i32" },
  // bool llama_vocab_is_eog(const struct llama_vocab * vocab, llama_token token);
  llama_vocab_is_eog: { parameters: [vocab, "i32"], result: "bool" },
  // bool llama_vocab_is_control(const struct llama_vocab * vocab, llama_token token);
  llama_vocab_is_control: { parameters: [vocab, "i32"], result: "bool" },
  // llama_token llama_vocab_bos(const struct llama_vocab * vocab);
  llama_vocab_bos: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_eos(const struct llama_vocab * vocab);
  llama_vocab_eos: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_eot(const struct llama_vocab * vocab);
  llama_vocab_eot: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_sep(const struct llama_vocab * vocab);
  llama_vocab_sep: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_nl(const struct llama_vocab * vocab);
  llama_vocab_nl: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_fim_pre(const struct llama_vocab * vocab);
  llama_vocab_fim_pre: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_fim_suf(const struct llama_vocab * vocab);
  llama_vocab_fim_suf: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_fim_mid(const struct llama_vocab * vocab);
  llama_vocab_fim_mid: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_fim_pad(const struct llama_vocab * vocab);
  llama_vocab_fim_pad: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_fim_rep(const struct llama_vocab * vocab);
  llama_vocab_fim_rep: { parameters: [vocab], result: "i32" },
  // llama_token llama_vocab_fim_sep(const struct llama_vocab * vocab);
  llama_vocab_fim_sep: { parameters: [vocab], result: "i32" },
  // bool llama_vocab_get_add_bos(const struct llama_vocab * vocab);
  llama_vocab_get_add_bos: { parameters: [vocab], result: "bool" },
  // bool llama_vocab_get_add_eos(const struct llama_vocab * vocab);
  llama_vocab_get_add_eos: { parameters: [vocab], result: "bool" },
  // bool llama_vocab_get_add_sep(const struct llama_vocab * vocab);
  llama_vocab_get_add_sep: { parameters: [vocab], result: "bool" },
  // const llama_token * llama_vocab_get_suppress_tokens(const struct llama_vocab * vocab, int32_t * n_suppress_tokens);
  llama_vocab_get_suppress_tokens: { parameters: [vocab, "buffer"], result: "pointer" },
  // int32_t llama_tokenize(const struct llama_vocab * vocab, const char * text, int32_t text_len, llama_token * tokens,
  //                        int32_t n_tokens_max, bool add_special, bool parse_special);
  llama_tokenize: { parameters: [vocab, "buffer", "i32", "buffer", "i32", "bool", "bool"], result: "i32" },
  // int32_t llama_token_to_piece(const struct llama_vocab * vocab, llama_token token, char * buf, int32_t length, int32_t lstrip,
  //                              bool special);
  llama_token_to_piece: { parameters: [vocab, "i32", "buffer", "i32", "i32", "bool"], result: "i32" },

  // struct llama_sampler * llama_sampler_chain_init(struct llama_sampler_chain_params params);
  llama_sampler_chain_init: { parameters: [SAMPLER_CHAIN_PARAMS.native], result: sampler },
  // void llama_sampler_chain_add(struct llama_sampler * chain, struct llama_sampler * smpl);
  llama_sampler_chain_add: { parameters: [sampler, sampler], result: "void" },
  // void llama_sampler_free(struct llama_sampler * smpl);
  llama_sampler_free: { parameters: [sampler], result: "void" },
  // struct llama_sampler * llama_sampler_chain_get(struct llama_sampler * chain, int32_t i);
  llama_sampler_chain_get: { parameters: [sampler, "i32"], result: sampler },
  // void llama_sampler_apply(struct llama_sampler * smpl, llama_token_data_array * cur_p);
  llama_sampler_apply: { parameters: [sampler, "buffer"], result: "void" },
  // void llama_sampler_reset(struct llama_sampler * smpl);
  llama_sampler_reset: { parameters: [sampler], result: "void" },
  // struct llama_sampler * llama_sampler_clone(const struct llama_sampler * smpl);
  llama_sampler_clone: { parameters: [sampler], result: sampler },
  // llama_token llama_sampler_sample(struct llama_sampler * smpl, struct llama_context * ctx, int32_t idx);
  llama_sampler_sample: { parameters: [sampler, context, "i32"], result: "i32" },
  // void llama_sampler_accept(struct llama_sampler * smpl, llama_token token);
  llama_sampler_accept: { parameters: [sampler, "i32"], result: "void" },
  // struct llama_sampler * llama_sampler_init_greedy(void);
  llama_sampler_init_greedy: { parameters: [], result: sampler },
  // struct llama_sampler * llama_sampler_init_dist(uint32_t seed);
  llama_sampler_init_dist: { parameters: ["u32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_top_k(int32_t k);
  llama_sampler_init_top_k: { parameters: ["i32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_top_p(float p, size_t min_keep);
  llama_sampler_init_top_p: { parameters: ["f32", "usize"], result: sampler },
  // struct llama_sampler * llama_sampler_init_min_p(float p, size_t min_keep);
  llama_sampler_init_min_p: { parameters: ["f32", "usize"], result: sampler },
  // struct llama_sampler * llama_sampler_init_typical(float p, size_t min_keep);
  llama_sampler_init_typical: { parameters: ["f32", "usize"], result: sampler },
  // struct llama_sampler * llama_sampler_init_temp(float t);
  llama_sampler_init_temp: { parameters: ["f32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_temp_ext(float t, float delta, float exponent);
  llama_sampler_init_temp_ext: { parameters: ["f32", "f32", "f32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_xtc(float p, float t, size_t min_keep, uint32_t seed);
  llama_sampler_init_xtc: { parameters: ["f32", "f32", "usize", "u32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_top_n_sigma(float n);
  llama_sampler_init_top_n_sigma: { parameters: ["f32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_mirostat(int32_t n_vocab, uint32_t seed, float tau, float eta, int32_t m);
  llama_sampler_init_mirostat: { parameters: ["i32", "u32", "f32", "f32", "i32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_mirostat_v2(uint32_t seed, float tau, float eta);
  llama_sampler_init_mirostat_v2: { parameters: ["u32", "f32", "f32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_grammar(const struct llama_vocab * vocab, const char * grammar_str,
  //                                                   const char * grammar_root);
  llama_sampler_init_grammar: { parameters: [vocab, "buffer", "buffer"], result: sampler },
  // struct llama_sampler * llama_sampler_init_grammar_lazy_patterns(const struct llama_vocab * vocab, const char * grammar_str,
  //                                                                 const char * grammar_root, const char ** trigger_patterns,
  //                                                                 size_t num_trigger_patterns,
  //                                                                 const llama_token * trigger_tokens,
  //                                                                 size_t num_trigger_tokens);
  llama_sampler_init_grammar_lazy_patterns: {
    parameters: [vocab, "buffer", "buffer", "buffer", "usize", "buffer", "usize"],
    result: sampler,
  },
  // struct llama_sampler * llama_sampler_init_dry(const struct llama_vocab * vocab, float dry_multiplier, float dry_base,
  //                                               int32_t dry_allowed_length, int32_t dry_penalty_last_n,
  //                                               const char ** seq_breakers, size_t num_breakers);
  llama_sampler_init_dry: { parameters: [vocab, "f32", "f32", "i32", "i32", "buffer", "usize"], result: sampler },
  // struct llama_sampler * llama_sampler_init_adaptive_p(float target, float decay, uint32_t seed);
  llama_sampler_init_adaptive_p: { parameters: ["f32", "f32", "u32"], result: sampler },
  // struct llama_sampler * llama_sampler_init_logit_bias(int32_t n_vocab, int32_t n_logit_bias,
  //                                                      const llama_logit_bias * logit_bias);
  llama_sampler_init_logit_bias: { parameters: ["i32", "i32", "buffer"], result: sampler },
  // struct llama_sampler * llama_sampler_init_infill(const struct llama_vocab * vocab);
  llama_sampler_init_infill: { parameters: [vocab], result: sampler },
  // struct llama_sampler * llama_sampler_init_penalties(int32_t n_vocab, int32_t penalty_last_n, float penalty_repeat,
  //                                                     float penalty_freq, float penalty_present);
  llama_sampler_init_penalties: { parameters: ["i32", "i32", "f32", "f32", "f32"], result: sampler },
} as const satisfies Deno.ForeignLibraryInterface;

/** Functions of a CPU variant of ggml: to choose among them, and for threads that last from one decode to the next. */
export const CPU_VARIANT_SYMBOLS = {
  // int ggml_backend_score(void);
  ggml_backend_score: { parameters: [], result: "i32" },
  // struct ggml_threadpool * ggml_threadpool_new(struct ggml_threadpool_params * params);
  ggml_threadpool_new: { parameters: ["buffer"], result: threadpool },
  // void ggml_threadpool_free(struct ggml_threadpool * threadpool);
  ggml_threadpool_free: { parameters: [threadpool], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;
