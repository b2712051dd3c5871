import { toCString } from "./c_string.ts";
import { type AdapterHandle, expectHandle } from "./handles.ts";
import type { Model } from "./model.ts";
import { NativeError } from "./native_error.ts";

/** Who computes with an adapter, and stops before it is freed. */
interface AdapterUser {
  dropAdapter(adapter: LoraAdapter): void;
}

let readHandle: (adapter: LoraAdapter) => AdapterHandle;
let readUsers: (adapter: LoraAdapter) => Set<AdapterUser>;

/** A LoRA adapter, loaded for one model. Contexts that use it stop doing so when it is disposed. */
export class LoraAdapter implements Disposable {
  readonly model: Model;
  /** The file that it came from. */
  readonly path: string;
  #handle: AdapterHandle | undefined;
  readonly #users = new Set<AdapterUser>();

  static {
    readHandle = (adapter) => adapter.#live();
    readUsers = (adapter) => adapter.#users;
  }

  /**
   * Loads an adapter. The bytes must have been checked before (`lib/gguf`): llama.cpp trusts much of what it reads.
   *
   * @param path A GGUF file of an adapter.
   * @throws {NativeError} When llama.cpp refuses it, for one because it is for another model; its log says why.
   */
  constructor(model: Model, path: string) {
    this.model = model;
    this.path = path;
    const handle = model.library.llama.llama_adapter_lora_init(model.handle, toCString(path));
    if (handle === null) throw new NativeError(`llama.cpp cannot load the LoRA adapter "${path}" for this model`);
    this.#handle = handle;
    model.adopt(this);
  }

  #live(): AdapterHandle {
    return expectHandle(this.#handle ?? null, "adapter: it was disposed");
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    for (const user of [...this.#users]) user.dropAdapter(this);
    this.model.library.llama.llama_adapter_lora_free(this.#handle);
    this.#handle = undefined;
    this.model.release(this);
  }
}

/** The `struct llama_adapter_lora *`, for this folder alone; throws after use. */
export function adapterHandle(adapter: LoraAdapter): AdapterHandle {
  return readHandle(adapter);
}

/** Has `user` told before the adapter is freed. */
export function attachAdapter(adapter: LoraAdapter, user: AdapterUser): void {
  readUsers(adapter).add(user);
}

/** Forgets a user that stopped by itself. */
export function detachAdapter(adapter: LoraAdapter, user: AdapterUser): void {
  readUsers(adapter).delete(user);
}
