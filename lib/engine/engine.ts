import type { ContextOptions } from "../../ffi/mod.ts";
import type { EngineError } from "../errors.ts";
import type { Grammar } from "../grammar/grammar.ts";
import type { Chat } from "./conversation.ts";

/** What generation starts from. */
export type Prompt =
  | ({ kind: "chat" } & Chat)
  | { kind: "text"; text: string }
  /** Token ids, each below the vocabulary's size. */
  | { kind: "tokens"; tokens: number[] }
  /** Texts and token ids that follow each other. */
  | { kind: "parts"; parts: (string | number[])[] }
  /** A gap in a text, to be filled by a model that has tokens for that. */
  | { kind: "infill"; before: string; after: string }
  /** The tokens that all of these conversations begin with. */
  | { kind: "beginning"; chats: Chat[] };

/** The samplers whose order `samplers` gives, by llama-server's names. */
export const SAMPLER_NAMES = [
  "penalties",
  "dry",
  "top_n_sigma",
  "top_k",
  "typ_p",
  "top_p",
  "min_p",
  "xtc",
  "temperature",
] as const;

/** One of {@linkcode SAMPLER_NAMES}. */
export type SamplerName = typeof SAMPLER_NAMES[number];

/** Added to the logit of a token, or of each token that a text is made of; -Infinity bans it. */
export interface LogitBias {
  token: number | string;
  bias: number;
}

/** How the next token is chosen. What each does and its range is written beside llama.cpp's sampler of that name. */
export interface Sampling {
  /** 0 picks the likeliest token; [0, ∞). */
  temperature: number;
  /** Dynamic temperature goes this far up and down with the entropy; [0, ∞), 0 is off. */
  dynamicTemperatureRange: number;
  /** [0, ∞). */
  dynamicTemperatureExponent: number;
  /** Keep the k likeliest; 0 keeps all. */
  topK: number;
  /** Keep the likeliest whose probabilities add up to p; [0, 1], 0 keeps one, 1 all. */
  topP: number;
  /** Keep tokens at least p times as likely as the likeliest; [0, 1], 0 keeps all. */
  minP: number;
  /** Locally typical sampling; [0, 1], 0 keeps one, 1 all. */
  typicalP: number;
  /** Keep logits within n standard deviations of the largest; ≤ 0 keeps all. */
  topNSigma: number;
  /** Leave out the likeliest but one of those above the threshold, this often; [0, 1], 0 is off. */
  xtcProbability: number;
  /** [0, 1]; above 0.5 is off. */
  xtcThreshold: number;
  /** Top-p, min-p, typical and XTC keep at least so many; ≥ 0. */
  minKeep: number;
  /**
   * [0, 2³²-2]; undefined draws one.
   *
   * Guaranteed is that what is drawn follows from the seed, these settings, the tokens before and the logits alone: each answer has generators
   * of its own, which go on with its own tokens alone, whatever other requests there are. Not guaranteed is that the logits are the same to
   * the last bit: floating point rounds otherwise in a batch of another shape (other requests at once, a prefix from the cache, tokens guessed
   * ahead), with other threads or another CPU variant. Where a draw falls between two such roundings, or two logits lie that close at
   * temperature 0, an answer then goes on differently. A {@linkcode GenerateInput.reproducible} request that is computed alone gives the same
   * answer each time.
   */
  seed: number | undefined;
  /** Tokens that {@linkcode repeatPenalty} and the two below look back at; 0 none, -1 the whole context. */
  repeatLastN: number;
  /** Divides the logits of repeated tokens; [10⁻⁶, 10⁶], 1 is off. */
  repeatPenalty: number;
  /** Subtracted once per occurrence; [-2, 2]. */
  frequencyPenalty: number;
  /** Subtracted once if it occurred; [-2, 2]. */
  presencePenalty: number;
  /** DRY: scale of the penalty on continuing a repetition; [0, ∞), 0 is off. */
  dryMultiplier: number;
  /** Growth of the penalty per token beyond {@linkcode dryAllowedLength}; [1, ∞). */
  dryBase: number;
  /** Repetitions up to so many tokens are free; ≥ 0. */
  dryAllowedLength: number;
  /** Tokens that DRY looks back at; 0 none, -1 the whole context. */
  dryPenaltyLastN: number;
  /** Texts over which no repetition is followed; 32 at most. */
  drySequenceBreakers: string[];
  /** 1 or 2: Mirostat of that version instead of all samplers but biases and the temperature; 0 is off. */
  mirostat: 0 | 1 | 2;
  /** Mirostat's target surprise; [0, ∞). */
  mirostatTau: number;
  /** Mirostat's learning rate; [0, 1]. */
  mirostatEta: number;
  /** Adaptive-p, after all other samplers: choose tokens near this probability; [0, 1], negative is off. */
  adaptiveTarget: number;
  /** [0, 0.99]. */
  adaptiveDecay: number;
  logitBias: LogitBias[];
  /** Never end by the model's own wish: end-of-generation tokens are banned. */
  ignoreEos: boolean;
  /** The order of the samplers; those left out are off. */
  samplers: SamplerName[];
}

/** Who asks, as far as it is known. */
export interface Client {
  /** The network address. */
  address?: string;
  user?: string;
}

/** One request to the engine. Absent sampling fields take the engine's defaults. */
export interface GenerateInput {
  prompt: Prompt;
  sampling: Partial<Sampling>;
  /** At most this many tokens; undefined up to the end of the context. */
  maxTokens?: number;
  /** Generation ends before the first of these; none of it is given out. */
  stop?: string[];
  /** Answers to the same prompt, at once; 1 to 16, 1 when absent. */
  choices?: number;
  /**
   * What the answer must be a text of. In a conversation it is what the model says at last: before that it may think, and calls of tools have
   * a grammar of their own. The answer ends as soon as the grammar allows nothing more.
   */
  grammar?: Grammar;
  /** With each token its log-probability and those of so many likeliest tokens; 0 to 20. None when absent. */
  logprobs?: number;
  /** Beside {@linkcode logprobs}: those of the prompt's tokens, too. The prompt is computed anew for them; allowed for one choice. */
  promptLogprobs?: boolean;
  /** False: the text is wanted whole, and comes in as few events as can be. True when absent. */
  stream?: boolean;
  /** Ends an answer at the first token after so many milliseconds and a line break, from its first token on. */
  maxPredictMs?: number;
  /** Guess tokens ahead; as the engine was started when absent. It changes the speed, not the distribution. */
  speculation?: boolean;
  /** A text that the answer is expected to resemble: its tokens are guessed from it, too. */
  prediction?: string;
  /** Look for a cached prefix of the prompt; true when absent. */
  cachePrompt?: boolean;
  /**
   * Compute it by nothing that was measured or kept: no cached prefix, no guesses, always all threads. Then only requests beside it round its
   * logits otherwise, and `done` says whether there were any.
   */
  reproducible?: boolean;
  /** Prompt tokens that a context shift never drops; -1 all of them, 0 when absent. */
  keep?: number;
  /** Scales of the LoRA adapters, by their order; those of the start when absent. */
  lora?: { id: number; scale: number }[];
  /**
   * Who asks: where requests must wait, clients take turns. `user` is what a request says of itself: users of one address take turns within
   * its own, so that no client has more of them by inventing names.
   */
  client?: Client;
}

/** Tokens counted as the APIs count them. */
export interface Usage {
  promptTokens: number;
  /** Those of `promptTokens` that needed no prefill. */
  cachedTokens: number;
  /** Of all choices together. */
  completionTokens: number;
}

/** Where the time of a request went. */
export interface Timings {
  /** Milliseconds in the queue; on the prompt; on the answer, from its first token on. */
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
  /** Tokens guessed ahead, and how many of them were right. */
  draftTokens: number;
  draftAccepted: number;
}

/** A token with its probability among all of the vocabulary, before any sampler. */
export interface TokenLogprob {
  token: number;
  /** What the token stands for; it need not be whole UTF-8 characters. */
  bytes: Uint8Array;
  /** Natural logarithm, (-∞, 0]. */
  logprob: number;
}

/** A token of the answer, and the likeliest ones in its place, the likeliest first. */
export interface AnswerLogprob extends TokenLogprob {
  top: TokenLogprob[];
}

/** A token of the prompt. The first one follows nothing, and has no log-probability. */
export type PromptToken = Pick<AnswerLogprob, "token" | "bytes"> & Partial<Pick<AnswerLogprob, "logprob" | "top">>;

/** Why generation ended: the model or a stop string ended it, with or without calls of tools, or the token limit or the context did. */
export type FinishReason = "stop" | "length" | "tool_calls";

/** What beside text an answer to a conversation may hold. */
export type PartEvent =
  /** A part of what the model thinks. */
  | { type: "reasoning"; index: number; text: string; logprobs?: AnswerLogprob[] }
  /** The model begins to call a tool; `call` counts the calls of a choice from 0 on, `id` is drawn or the model's. */
  | { type: "toolCall"; index: number; call: number; id: string; name: string; logprobs?: AnswerLogprob[] }
  /** A part of that call's arguments, which together are JSON text. */
  | { type: "arguments"; index: number; call: number; text: string; logprobs?: AnswerLogprob[] };

/**
 * What {@linkcode Engine.generate} yields: any number of `text`, and in conversations of `reasoning`, `toolCall` and `arguments`, one `finish`
 * for each choice, then exactly one `done`. A failure is thrown instead.
 */
export type GenerateEvent =
  | PartEvent
  /** `prompt` comes with the first one, where it was asked for. */
  | { type: "text"; index: number; text: string; logprobs?: AnswerLogprob[]; prompt?: PromptToken[] }
  | {
    type: "finish";
    index: number;
    finishReason: FinishReason;
    /** The stop string that ended it. */
    stopString?: string;
    completionTokens: number;
  }
  | {
    type: "done";
    usage: Usage;
    timings: Timings;
    /** Of a reproducible request: whether nothing else was computed, or lay in its pool of cells, meanwhile. */
    alone?: boolean;
  };

/** Texts, each as it is or as its tokens, to be turned into vectors. */
export interface EmbedInput {
  inputs: (string | number[])[];
}

/** What {@linkcode Engine.embed} gives. */
export interface Embeddings {
  /** By input, shape [`size`] and of length 1; without pooling [tokens, `size`], as the model gives them. */
  embeddings: Float32Array<ArrayBuffer>[];
  size: number;
  promptTokens: number;
}

/** What is to be split into tokens. */
export interface TokenizeInput {
  prompt: Prompt;
  /** Add BOS and EOS where the model wants them, to parts at the beginning; true when absent. Conversations always are as they would be answered. */
  addSpecial?: boolean;
  /** Take the text of a control token, such as `<|im_end|>`, for that token; true when absent. */
  parseSpecial?: boolean;
}

/** What a slot of the KV cache holds: the cells of the sequence that is computed in it, or of the last one that was. */
export interface SlotInfo {
  /** From 0 on. */
  index: number;
  /** Tokens that have cells. */
  tokens: number;
  /** The sequence that is being computed; undefined where the slot waits. */
  sequence?: {
    /** Counted from the start of the engine. */
    request: number;
    promptTokens: number;
    /** Prompt tokens that needed no prefill; undefined before its first decode. */
    cachedTokens?: number;
    completionTokens: number;
    /** The most tokens that may still come. */
    tokensLeft: number;
    speculates: boolean;
  };
}

/** What can be done with a slot: its KV state kept in a file, or filled from one, or its cells freed. */
export type SlotAction = { kind: "save" | "restore"; path: string } | { kind: "erase" };

/** What came of a {@linkcode SlotAction}. */
export interface SlotChange {
  /** Tokens that were saved, restored or erased. */
  tokens: number;
  /** Bytes of the file; 0 where there is none. */
  bytes: number;
}

/** Documents to be judged by how well they answer a query. */
export interface RerankInput {
  query: string;
  documents: string[];
}

/** What {@linkcode Engine.rerank} gives. */
export interface Ranking {
  /** By document; more is better, the range is the model's. */
  scores: number[];
  promptTokens: number;
}

/** What is known of the loaded model. */
export interface ModelInfo {
  /** The name that the API uses. */
  id: string;
  /** Unix time in seconds at which it was loaded. */
  created: number;
  /** Architecture, number of parameters and quantization, e.g. `llama 135M Q4_1`. */
  description: string;
  /** Bytes of all tensors. */
  sizeBytes: number;
  parameters: number;
  /** Tokens that one request may use, prompt and answer together. */
  contextLength: number;
  /** Tokens that the model was trained for. */
  trainContextLength: number;
  vocabularySize: number;
  /** The Jinja template of conversations; without one, messages are joined in a plain form. */
  chatTemplate?: string;
  /** The texts of BOS and EOS, empty where the model has none. */
  bosText: string;
  eosText: string;
  /** Whether it has tokens to fill a gap in a text with. */
  infills: boolean;
  /** Sequences that are computed at once. */
  parallel: number;
  threads: number;
  /** The devices and, for a CPU, the variant of the library in use, e.g. `CPU (haswell)`. */
  backend: string;
  /** That variant by itself, e.g. `haswell`. */
  cpuVariant: string;
  /** How it was loaded. */
  settings: ComputeSettings;
}

/** What the rounding of a model's numbers depends on, and where its answers end, as it was loaded. */
export interface ComputeSettings {
  /** Cells of the KV cache, of all sequences together. */
  contextLength: number;
  batchSize: number;
  ubatchSize: number;
  /** Sequences at once. */
  parallel: number;
  threads: number;
  batchThreads: number;
  layout: "auto" | "unified" | "split";
  /** Whether the older half of a full context is dropped, but for so many prompt tokens (-1 all) unless a request says otherwise. */
  shift: boolean;
  keep: number;
  /** Types of the KV cache. */
  keyType: NonNullable<ContextOptions["keyType"]>;
  valueType: NonNullable<ContextOptions["valueType"]>;
  fullSwa: boolean;
  flashAttention: "auto" | "on" | "off";
  /** RoPE and YaRN, as far as they are not the model's own. */
  rope: NonNullable<ContextOptions["rope"]>;
  /** Layers given to a GPU; undefined lets llama.cpp choose. */
  gpuLayers?: number;
}

/** Where the engine stands. */
export type EngineStatus =
  | { state: "loading" }
  | { state: "ready"; model: ModelInfo }
  | { state: "failed"; error: EngineError };

/** A loaded model, or one being loaded, that answers requests. Nothing about it assumes that it lives in this process. */
export interface Engine {
  /** Where it stands now. */
  readonly status: EngineStatus;
  /** Resolves once loaded; rejects with an {@linkcode EngineError} if that fails. */
  ready(): Promise<ModelInfo>;
  /**
   * Generates, as an async iterable that must be consumed or returned. Aborting `signal`, or leaving the loop, frees the sequence before the
   * next decode.
   *
   * @throws {EngineError} `loading` before it is ready, `invalid_value`, `context_length_exceeded`, `overloaded`, `cancelled`, `internal`.
   */
  generate(input: GenerateInput, signal?: AbortSignal): AsyncIterable<GenerateEvent>;
  /**
   * Turns texts into embeddings, several at once where they fit.
   *
   * @throws {EngineError} As {@linkcode Engine.generate}; `invalid_value` also from a model that ranks.
   */
  embed(input: EmbedInput, signal?: AbortSignal): Promise<Embeddings>;
  /**
   * Splits a prompt into tokens, as it would be answered.
   *
   * @returns Token ids, shape [n].
   * @throws {EngineError} As {@linkcode Engine.generate}; it waits in the same queue.
   */
  tokenize(input: TokenizeInput): Promise<Int32Array>;
  /**
   * What each of some tokens stands for, control tokens too; it need not be whole UTF-8 characters.
   *
   * @throws {EngineError} As {@linkcode Engine.tokenize}.
   */
  pieces(tokens: ArrayLike<number>): Promise<Uint8Array[]>;
  /**
   * The text that tokens stand for; what is no whole character becomes U+FFFD.
   *
   * @throws {EngineError} As {@linkcode Engine.tokenize}.
   */
  detokenize(tokens: ArrayLike<number>): Promise<string>;
  /**
   * The tokens that end an answer, by their ids: those that `ignoreEos` bans.
   *
   * @throws {EngineError} As {@linkcode Engine.generate}.
   */
  endTokens(): Promise<number[]>;
  /**
   * A conversation as the model's template writes it.
   *
   * @throws {EngineError} As {@linkcode Engine.generate}.
   */
  render(chat: Chat): Promise<string>;
  /**
   * Scores documents by a query.
   *
   * @throws {EngineError} As {@linkcode Engine.generate}; `invalid_value` also from a model that does not rank.
   */
  rerank(input: RerankInput, signal?: AbortSignal): Promise<Ranking>;
  /**
   * What each slot holds, in their order.
   *
   * @throws {EngineError} As {@linkcode Engine.tokenize}.
   */
  slots(): Promise<SlotInfo[]>;
  /**
   * Saves, restores or erases what a slot holds. Files are those of `--prompt-cache`: bound to this model, engine and settings.
   *
   * @throws {EngineError} As {@linkcode Engine.tokenize}; `invalid_value` for a slot that there is not or that holds nothing to save;
   *   `overloaded` while it is at work; `bad_file` or `io` when the file cannot be used.
   */
  changeSlot(index: number, action: SlotAction): Promise<SlotChange>;
  /** Ends every request and frees the model. */
  close(): Promise<void>;
}
