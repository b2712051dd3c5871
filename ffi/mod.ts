/** llama.cpp through Deno's FFI. Nothing outside this folder ever sees a pointer. */
export { Batch } from "./batch.ts";
export { type Candidate, Candidates } from "./candidates.ts";
export { Context, type DecodeResult, type ScaledAdapter } from "./context.ts";
export { type ContextOptions, type RopeOptions } from "./context_options.ts";
export { KV_TYPES, type KvType, type NumaStrategy, type Pooling, type RopeScaling } from "./enums.ts";
export { freeBytes } from "./free_bytes.ts";
export { Library, type LibraryFile, type LibraryOptions, type LogLine } from "./library.ts";
export { returnLargeBlocks } from "./libc.ts";
export { LoraAdapter } from "./lora_adapter.ts";
export { Model, type ModelOptions } from "./model.ts";
export { NativeError } from "./native_error.ts";
export { SamplerChain } from "./sampler.ts";
export {
  type AdaptiveP,
  type DryOptions,
  type DynamicTemperature,
  type GrammarOptions,
  type LazyGrammarOptions,
  type LogitBias,
  type Mirostat,
  type Mirostat2,
  type Penalties,
  type Xtc,
} from "./sampler_options.ts";
export { stateFault } from "./state_fault.ts";
export { type TokenizeOptions, Vocabulary } from "./vocabulary.ts";
