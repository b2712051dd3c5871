import { NativeError } from "./native_error.ts";

/** A pointer to a native object of one kind; kinds do not mix, so that a context passed as a model does not type-check. */
export type Handle<Kind extends string> = Deno.PointerObject<Kind>;

/** `struct llama_model *` */
export type ModelHandle = Handle<"llama_model">;
/** `struct llama_context *` */
export type ContextHandle = Handle<"llama_context">;
/** `const struct llama_vocab *` */
export type VocabHandle = Handle<"llama_vocab">;
/** `llama_memory_t`, which is `struct llama_memory_i *` */
export type MemoryHandle = Handle<"llama_memory_i">;
/** `struct llama_sampler *` */
export type SamplerHandle = Handle<"llama_sampler">;
/** `struct llama_adapter_lora *` */
export type AdapterHandle = Handle<"llama_adapter_lora">;
/** `ggml_backend_reg_t` */
export type BackendHandle = Handle<"ggml_backend_reg">;
/** `ggml_backend_dev_t` */
export type DeviceHandle = Handle<"ggml_backend_device">;
/** `struct ggml_threadpool *` */
export type ThreadPoolHandle = Handle<"ggml_threadpool">;
/** `FILE *` */
export type FileHandle = Handle<"FILE">;

/** The FFI type of a parameter that takes a handle. */
export function handle<Kind extends string>(): Deno.NativeTypedPointer<Handle<Kind>> {
  // Deno's typed pointer is the string "pointer" with a brand that exists for the type checker alone.
  return "pointer" as Deno.NativeTypedPointer<Handle<Kind>>;
}

/**
 * Takes what a constructor function returned.
 *
 * @param what What it was to make, for the message.
 * @throws {NativeError} When it is null.
 */
export function expectHandle<Kind extends string>(pointer: Handle<Kind> | null, what: string): Handle<Kind> {
  if (pointer === null) throw new NativeError(`llama.cpp gave no ${what}`);
  return pointer;
}
