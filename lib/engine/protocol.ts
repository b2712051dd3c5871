import type { ErrorCode } from "../errors.ts";
import type { FinishReason, Sampling, Usage } from "./engine.ts";

/** What the engine's worker needs in order to load. */
export interface LoadOptions {
  /** The native libraries, by their names in the release and where they can be opened. */
  libraries: { name: string; path: string }[];
  /** The one CPU variant to use, e.g. `haswell`; the best one when absent. */
  cpuVariant?: string;
  /** The file that holds the GGUF, and the byte at which it begins there. */
  model: { path: string; offset: number; gpuLayers?: number; mmap?: boolean; mlock?: boolean };
  context: {
    /** Cells of the KV cache, shared by all sequences. */
    contextLength: number;
    batchSize: number;
    ubatchSize: number;
    /** Sequences at once; further requests wait. */
    parallel: number;
    threads: number;
    flashAttention?: boolean;
  };
  /** Pass on every line of llama.cpp's log, not only errors. */
  verbose: boolean;
}

/** What is known once the model is loaded. */
export interface LoadedModel {
  description: string;
  sizeBytes: number;
  parameters: number;
  contextLength: number;
  trainContextLength: number;
  vocabularySize: number;
  /** The Jinja template of the GGUF. */
  chatTemplate?: string;
  /** The texts of BOS and EOS, empty where the model has none. */
  bosText: string;
  eosText: string;
  /** Whether the tokenizer itself puts them around a text. */
  addsBos: boolean;
  addsEos: boolean;
  threads: number;
  backend: string;
  cpuVariant: string;
}

/** A request, tokenized by the worker. */
export interface GenerateRequest {
  id: number;
  /** The whole prompt; control tokens in it are taken for what they are. */
  text: string;
  sampling: Sampling & { seed: number };
  maxTokens?: number;
  stop: string[];
}

/** An error as plain data. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  param?: string;
}

/**
 * Messages to the worker. The counter of `load` is bumped after each message is posted: a worker that is decoding looks at it between two
 * decodes and yields to its event loop only when it has moved.
 */
export type ToWorker =
  | { type: "load"; options: LoadOptions; counter: SharedArrayBuffer }
  | ({ type: "generate" } & GenerateRequest)
  | { type: "cancel"; id: number }
  | { type: "close" };

/** Messages from the worker. Every `generate` is answered by any number of `text` and exactly one `done` or `failed`. */
export type FromWorker =
  | { type: "loaded"; model: LoadedModel }
  | { type: "load_failed"; error: ErrorData }
  | { type: "log"; level: number; text: string }
  | { type: "text"; id: number; text: string }
  | { type: "done"; id: number; finishReason: FinishReason; usage: Usage; prefillMs: number; decodeMs: number }
  | { type: "failed"; id: number; error: ErrorData }
  | { type: "closed" };
