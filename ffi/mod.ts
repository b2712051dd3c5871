/** llama.cpp through Deno's FFI. Nothing outside this folder ever sees a pointer. */
export { Batch } from "./batch.ts";
export { Context, type ContextOptions, type DecodeResult } from "./context.ts";
export { Library, type LibraryFile, type LibraryOptions, type LogLine } from "./library.ts";
export { Model, type ModelOptions } from "./model.ts";
export { NativeError } from "./native_error.ts";
export { type Penalties, SamplerChain } from "./sampler.ts";
export { type TokenizeOptions, Vocabulary } from "./vocabulary.ts";
