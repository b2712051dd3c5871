import type { EngineError } from "../errors.ts";

/** One message of a conversation, as a chat template takes it. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool`, or whatever else the model's template knows. */
  role: string;
  content: string;
  name?: string;
}

/** What generation starts from. */
export type Prompt =
  | { kind: "chat"; messages: ChatMessage[] }
  | { kind: "text"; text: string };

/** How the next token is chosen. What each does and its range is written beside llama.cpp's sampler of that name. */
export interface Sampling {
  /** 0 picks the likeliest token; [0, ∞). */
  temperature: number;
  /** Keep the k likeliest; 0 keeps all. */
  topK: number;
  /** Keep the likeliest whose probabilities add up to p; [0, 1], 0 keeps one, 1 all. */
  topP: number;
  /** Keep tokens at least p times as likely as the likeliest; [0, 1], 0 keeps all. */
  minP: number;
  /** Locally typical sampling; (0, 1], 1 keeps all. */
  typicalP: number;
  /** [0, 2³²-2]; undefined draws one. */
  seed: number | undefined;
  /** Tokens that {@linkcode repeatPenalty} and the two below look back at; 0 none, -1 the whole context. */
  repeatLastN: number;
  /** Divides the logits of repeated tokens; (0, ∞), 1 is off. */
  repeatPenalty: number;
  /** Subtracted once per occurrence; [-2, 2]. */
  frequencyPenalty: number;
  /** Subtracted once if it occurred; [-2, 2]. */
  presencePenalty: number;
}

/** One request to the engine. Absent sampling fields take the engine's defaults. */
export interface GenerateInput {
  prompt: Prompt;
  sampling: Partial<Sampling>;
  /** At most this many tokens; undefined up to the end of the context. */
  maxTokens?: number;
  /** Generation ends before the first of these; none of it is given out. */
  stop?: string[];
}

/** Tokens counted as the APIs count them. */
export interface Usage {
  promptTokens: number;
  /** Those of `promptTokens` that needed no prefill. */
  cachedTokens: number;
  completionTokens: number;
}

/** Why generation ended: the model or a stop string ended it, or the token limit or the context did. */
export type FinishReason = "stop" | "length";

/** What {@linkcode Engine.generate} yields: any number of `text`, then exactly one `done`. A failure is thrown instead. */
export type GenerateEvent =
  | { type: "text"; text: string }
  | {
    type: "done";
    finishReason: FinishReason;
    usage: Usage;
    /** Milliseconds spent on the prompt and on the answer, from the first decode each. */
    prefillMs: number;
    decodeMs: number;
  };

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
  /** Whether it has a chat template; without one, messages are joined in a plain form. */
  hasChatTemplate: boolean;
  threads: number;
  /** The devices and, for a CPU, the variant of the library in use, e.g. `CPU (haswell)`. */
  backend: string;
  /** That variant by itself, e.g. `haswell`. */
  cpuVariant: string;
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
  /** Ends every request and frees the model. */
  close(): Promise<void>;
}
