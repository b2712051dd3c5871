import type { ContextOptions, ModelOptions, Pooling } from "../../ffi/mod.ts";
import type { ErrorCode } from "../errors.ts";
import type {
  AnswerLogprob,
  Client,
  FinishReason,
  PromptToken,
  Sampling,
  SlotAction,
  SlotChange,
  SlotInfo,
  Timings,
  Usage,
} from "./engine.ts";

/** How the cells of the KV cache are shared out: one pool, equal parts, or whichever suits the load. */
export type KvLayout = "auto" | "unified" | "split";

/** Where saved KV states lie: a file of them, or a part of the executable. */
export interface StateSource {
  path: string;
  /** Bytes from the start of the file. */
  offset: number;
  size: number;
}

/** What the engine's worker needs in order to load. */
export interface LoadOptions {
  /** The native libraries, by their names in the release and where they can be opened. */
  libraries: { name: string; path: string }[];
  /** The one CPU variant to use, e.g. `haswell`; the best one when absent. */
  cpuVariant?: string;
  /** How memory and threads are spread over the nodes of a NUMA machine. */
  numa?: "distribute" | "isolate" | "numactl";
  /** The file that holds the GGUF, and the byte at which it begins there. */
  model: ModelOptions;
  /** LoRA adapters, and how strongly each applies unless a request says otherwise. */
  lora?: { path: string; scale: number }[];
  /** How the embeddings of a text's tokens become one; the model's own way, or the mean, when absent. */
  pooling?: Pooling;
  /** For what is held against free memory while serving: bytes of a token's cells, and heads of a layer's attention. Nothing is when absent. */
  memory?: { kvBytesPerToken: number; heads: number };
  /** A small model with the same vocabulary that guesses tokens ahead. */
  draftModel?: ModelOptions;
  context: Omit<ContextOptions, "unified" | "sequences" | "embeddings" | "pooling" | "outputs"> & {
    /** Sequences at once; further requests wait. */
    parallel: number;
    layout: KvLayout;
    /** When a sequence reaches the end of the context its older half is dropped, instead of ending it. */
    shift: boolean;
  };
  /** The most bytes of RAM for KV states of earlier prompts. */
  cacheBytes: number;
  /** KV states to begin with; those of another model, engine or setting are passed over. */
  states: StateSource[];
  /** A file of KV states to begin with, if it is there, and to write when the engine is closed. */
  promptCache?: string;
  /** Whether what slots hold may be kept in files, and restored from them. */
  slotFiles?: boolean;
  /** What those states are told by (`stateKeyOf`); without it none are read or written. */
  stateKey?: string;
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
  infills: boolean;
  parallel: number;
  /** Whether the tokenizer itself puts them around a text. */
  addsBos: boolean;
  addsEos: boolean;
  threads: number;
  backend: string;
  cpuVariant: string;
}

/**
 * A prompt that the worker tokenizes: the whole of it, in which control tokens are taken for what they are; its tokens; texts and tokens that
 * follow each other; a gap to fill; or the tokens that several prompts begin with.
 */
export type RawPrompt =
  | string
  | number[]
  | { parts: (string | number[])[] }
  | { before: string; after: string }
  | { beginningOf: string[] };

/** A request, tokenized by the worker. */
export interface GenerateRequest {
  id: number;
  prompt: RawPrompt;
  sampling: Sampling & { seed: number };
  maxTokens?: number;
  stop: string[];
  /** What the answer may be: a `Grammar` as JSON text. */
  grammar?: string;
  /** Control tokens, by their texts, that are given as text. */
  markers: string[];
  /** Where the thoughts end that are no longer than so many tokens; of answers with a grammar. */
  thoughts?: { tokens: number; begin?: string; end: string };
  choices: number;
  logprobs?: number;
  promptLogprobs: boolean;
  /** False: one text event for each choice, at its end. */
  stream: boolean;
  maxPredictMs?: number;
  speculation: boolean;
  prediction?: string;
  cachePrompt: boolean;
  reproducible: boolean;
  keep: number;
  lora?: { id: number; scale: number }[];
  client: Client;
}

/** Texts or tokens to embed, or documents to judge by a query; tokenized by the worker. */
export interface EmbedRequest {
  id: number;
  task:
    | { kind: "embed"; inputs: (string | number[])[] }
    | { kind: "rerank"; query: string; documents: string[] };
}

/** A question that is answered between two decodes. */
export type Query =
  | { kind: "slots" }
  | { kind: "changeSlot"; index: number; action: SlotAction }
  | { kind: "tokenize"; prompt: RawPrompt; addSpecial: boolean; parseSpecial: boolean }
  | { kind: "pieces"; tokens: Int32Array<ArrayBuffer> }
  | { kind: "endTokens" };

/** What comes of a {@linkcode Query}, by its kind. */
export interface QueryAnswers {
  slots: SlotInfo[];
  changeSlot: SlotChange;
  /** Token ids. */
  tokenize: Int32Array<ArrayBuffer>;
  /** What the tokens stand for, one after another, and where each of them ends. */
  pieces: { bytes: Uint8Array<ArrayBuffer>; ends: Uint32Array<ArrayBuffer> };
  endTokens: number[];
}

/** An error as plain data. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
  param?: string;
}

/** Messages about a model that is loaded, or being loaded. */
export type ToEngine =
  | ({ type: "generate" } & GenerateRequest)
  | ({ type: "embed" } & EmbedRequest)
  | { type: "query"; id: number; query: Query }
  | { type: "cancel"; id: number }
  | { type: "unload" };

/**
 * Messages to the worker; `engine` numbers the models that it holds. The counter of `load` is bumped after each message is posted: a worker
 * that is decoding looks at it between two decodes and yields to its event loop only when it has moved.
 */
export type ToWorker =
  | { type: "load"; engine: number; options: LoadOptions; counter: SharedArrayBuffer }
  | ({ engine: number } & ToEngine)
  | { type: "close" };

/** What happens to a request. Each ends with exactly one `done`, `embedded`, `answered` or `failed`. */
export type RequestEvent =
  | { type: "text"; id: number; index: number; text: string; logprobs?: AnswerLogprob[]; prompt?: PromptToken[] }
  | {
    type: "finish";
    id: number;
    index: number;
    finishReason: FinishReason;
    stopString?: string;
    completionTokens: number;
  }
  | { type: "done"; id: number; usage: Usage; timings: Timings; alone?: boolean }
  /** By input a row of `size` numbers, or without pooling one for each of its tokens. */
  | { type: "embedded"; id: number; vectors: Float32Array<ArrayBuffer>[]; size: number; promptTokens: number }
  | { type: "answered"; id: number; answer: QueryAnswers[keyof QueryAnswers] }
  | { type: "failed"; id: number; error: ErrorData };

/** Messages from the worker, about one model. */
export type FromWorker =
  | { type: "loaded"; model: LoadedModel }
  | { type: "load_failed"; error: ErrorData }
  | { type: "log"; level: number; text: string }
  /** All that one decode brought: a message costs more than what is in it. */
  | { type: "events"; events: RequestEvent[] }
  | { type: "unloaded" };

/** The same with the number of the model, and what concerns them all. */
export type FromEngine = ({ engine: number } & FromWorker) | { type: "closed" };
