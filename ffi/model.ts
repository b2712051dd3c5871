import { fromCString, readSized, toCString, toCStrings } from "./c_string.ts";
import { CFile } from "./c_file.ts";
import { LOAD_MODE } from "./enums.ts";
import { expectHandle, type ModelHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { NativeError } from "./native_error.ts";
import { MODEL_PARAMS } from "./structs.ts";
import { Vocabulary } from "./vocabulary.ts";

/** Where a model lies and how it is loaded. */
export interface ModelOptions {
  /** The file that holds the GGUF: a `.gguf`, or an executable with one inside. */
  path: string;
  /** Byte at which the GGUF begins; a multiple of 32, or the file is read instead of mapped. */
  offset: number;
  /**
   * All files of a split model in their order; `path` and `offset` are not used then. Where the first says that it is whole, llama.cpp does
   * not look at the others: the caller counts them.
   */
  splits?: string[];
  /** Layers given to a GPU; undefined as many as fit. */
  gpuLayers?: number;
  /** Map the file instead of reading it; true unless set. */
  mmap?: boolean;
  /** Keep the weights from being swapped out. */
  mlock?: boolean;
}

/** Loaded weights with their tokenizer and metadata. Disposing it frees the contexts made from it first. */
export class Model implements Disposable {
  readonly library: Library;
  readonly vocabulary: Vocabulary;
  readonly #children = new Set<Disposable>();
  #handle: ModelHandle | undefined;

  /**
   * Loads a model. The bytes must have been checked before (`lib/gguf`): llama.cpp trusts much of what it reads.
   *
   * @throws {NativeError} When llama.cpp refuses it; its log says why.
   */
  constructor(library: Library, options: ModelOptions) {
    this.library = library;
    this.#handle = load(library, options);
    this.vocabulary = new Vocabulary(
      library,
      () => expectHandle(library.llama.llama_model_get_vocab(this.handle), "vocabulary"),
    );
  }

  /** The `struct llama_model *`; throws after use. */
  get handle(): ModelHandle {
    if (this.#handle === undefined) throw new NativeError("This model was disposed");
    return this.#handle;
  }

  /** Has `child` disposed before this model is; for what is made from it. */
  adopt(child: Disposable): void {
    this.#children.add(child);
  }

  /** Forgets a child that was disposed by itself. */
  release(child: Disposable): void {
    this.#children.delete(child);
  }

  /** Tokens of context that it was trained for. */
  get trainContextLength(): number {
    return this.library.llama.llama_model_n_ctx_train(this.handle);
  }

  /** The quantization of most tensors, e.g. `Q4_K - Medium`. */
  get quantization(): string {
    const { llama_model_ftype, llama_ftype_name } = this.library.llama;
    return fromCString(llama_ftype_name(llama_model_ftype(this.handle))) ?? "unknown";
  }

  /** Bytes of all tensors. */
  get sizeBytes(): number {
    return Number(this.library.llama.llama_model_size(this.handle));
  }

  /** Number of weights. */
  get parameters(): number {
    return Number(this.library.llama.llama_model_n_params(this.handle));
  }

  /** The Jinja template for conversations, if the model has one. */
  get chatTemplate(): string | undefined {
    return fromCString(this.library.llama.llama_model_chat_template(this.handle, null));
  }

  /** Whether it has an encoder, whose turn comes before the decoder's. */
  get hasEncoder(): boolean {
    return this.library.llama.llama_model_has_encoder(this.handle);
  }

  /** Whether it has a decoder. */
  get hasDecoder(): boolean {
    return this.library.llama.llama_model_has_decoder(this.handle);
  }

  /** Whether it generates text by decoding alone: encoder-decoder and encoder-only models do not. */
  get isDecoderOnly(): boolean {
    return this.hasDecoder && !this.hasEncoder;
  }

  /** Whether each token sees those before it alone; embedding models may see all. */
  get isCausal(): boolean {
    const architecture = this.metadataValue("general.architecture");
    return architecture === undefined || this.metadataValue(`${architecture}.attention.causal`) !== "false";
  }

  /** The token with which an encoder-decoder model's answer begins, if it has one. */
  get decoderStartToken(): number | undefined {
    const token = this.library.llama.llama_model_decoder_start_token(this.handle);
    return token < 0 ? undefined : token;
  }

  /** Whether it keeps a state of fixed size instead of a KV cache (Mamba, RWKV): it cannot go back to an earlier position. */
  get isRecurrent(): boolean {
    return this.library.llama.llama_model_is_recurrent(this.handle);
  }

  /** Whether it keeps such a state beside a KV cache (Jamba, Granite). */
  get isHybrid(): boolean {
    return this.library.llama.llama_model_is_hybrid(this.handle);
  }

  /** Tokens back to which layers with sliding-window attention look; 0 without such layers. */
  get swaWindow(): number {
    return this.library.llama.llama_model_n_swa(this.handle);
  }

  /** Numbers in an embedding. */
  get embeddingSize(): number {
    return this.library.llama.llama_model_n_embd_out(this.handle);
  }

  /** Layers that repeat. */
  get layers(): number {
    return this.library.llama.llama_model_n_layer(this.handle);
  }

  /** Numbers that a classifier gives; means nothing for other models. */
  get classifierOutputs(): number {
    return this.library.llama.llama_model_n_cls_out(this.handle);
  }

  /** What each output of a classifier stands for, "" where the model does not say. */
  get classifierLabels(): string[] {
    const { llama_model_cls_label } = this.library.llama;
    return Array.from(
      { length: this.classifierOutputs },
      (_, i) => fromCString(llama_model_cls_label(this.handle, i)) ?? "",
    );
  }

  /** One scalar of the metadata as llama.cpp prints it, if the model has it. */
  metadataValue(key: string): string | undefined {
    const name = toCString(key);
    const { llama_model_meta_val_str } = this.library.llama;
    return readSized((buffer, size) => llama_model_meta_val_str(this.handle, name, buffer, size));
  }

  /** The scalar metadata as llama.cpp prints them, in the file's order. */
  metadata(): Map<string, string> {
    const { llama_model_meta_count, llama_model_meta_key_by_index, llama_model_meta_val_str_by_index } =
      this.library.llama;
    const metadata = new Map<string, string>();
    for (let i = 0; i < llama_model_meta_count(this.handle); i++) {
      const key = readSized((buffer, size) => llama_model_meta_key_by_index(this.handle, i, buffer, size));
      const value = readSized((buffer, size) => llama_model_meta_val_str_by_index(this.handle, i, buffer, size));
      if (key !== undefined && value !== undefined) metadata.set(key, value);
    }
    return metadata;
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    for (const child of [...this.#children]) child[Symbol.dispose]();
    this.library.llama.llama_model_free(this.#handle);
    this.#handle = undefined;
  }
}

function load(library: Library, options: ModelOptions): ModelHandle {
  const { path, offset, splits, gpuLayers, mmap = true, mlock = false } = options;
  const params = MODEL_PARAMS.view(new Uint8Array(library.llama.llama_model_default_params()));
  if (gpuLayers !== undefined) params.set("n_gpu_layers", gpuLayers);
  if (mmap) params.set("load_mode", mlock ? LOAD_MODE.mmapMlock : LOAD_MODE.mmap);
  else params.set("load_mode", mlock ? LOAD_MODE.mlock : LOAD_MODE.none);
  if (splits !== undefined) return loadSplits(library, splits, params.bytes);
  // The mapping outlives the FILE.
  using file = new CFile(path, offset);
  const handle = library.llama.llama_model_load_from_file_ptr(file.handle, params.bytes);
  if (handle === null) throw new NativeError(`llama.cpp cannot load the model at byte ${offset} of "${path}"`);
  return handle;
}

function loadSplits({ llama }: Library, splits: string[], params: Uint8Array<ArrayBuffer>): ModelHandle {
  if (splits.length === 0) throw new RangeError("A split model has at least one file");
  const handle = llama.llama_model_load_from_splits(toCStrings(splits), BigInt(splits.length), params);
  if (handle === null) {
    throw new NativeError(`llama.cpp cannot load the split model of ${splits.length} files "${splits[0]}" …`);
  }
  return handle;
}
