import type { SamplerChain, Vocabulary } from "../../ffi/mod.ts";
import { StopMatcher } from "../text/stop_matcher.ts";
import { Utf8Stream } from "../text/utf8_stream.ts";
import type { FinishReason, Usage } from "./engine.ts";

/** What a sequence has of its sampler chain. */
export type SequenceSampler = Pick<SamplerChain, "sample" | typeof Symbol.dispose>;

/** What a sequence asks of the vocabulary. */
export type SequenceVocabulary = Pick<Vocabulary, "isEndOfGeneration" | "piece">;

/** What a sequence is made of. */
export interface SequenceOptions {
  id: number;
  /** The prompt's tokens, at least one. */
  prompt: Int32Array;
  sampler: SequenceSampler;
  vocabulary: SequenceVocabulary;
  stop: readonly string[];
  /** The most tokens that prompt and answer may have together. */
  limit: number;
}

/** What came of a sampled token. */
export interface Advance {
  /** Text that is safe to give out now; may be empty. */
  text: string;
  /** Set when the sequence has ended. */
  finishReason?: FinishReason;
}

/** One request on its way: its tokens, how many of them are in the KV cache, and what it has said. */
export class Sequence implements Disposable {
  readonly id: number;
  readonly sampler: SequenceSampler;
  /** The KV cache's sequence that it holds, while it runs. */
  slot: number | undefined;
  /** How many of its tokens are in the KV cache. */
  cached = 0;
  readonly #tokens: number[];
  readonly #promptLength: number;
  readonly #limit: number;
  readonly #vocabulary: SequenceVocabulary;
  readonly #stop: StopMatcher;
  readonly #utf8 = new Utf8Stream();
  #started: number | undefined;
  #answering: number | undefined;

  constructor({ id, prompt, sampler, vocabulary, stop, limit }: SequenceOptions) {
    this.id = id;
    this.sampler = sampler;
    this.#tokens = [...prompt];
    this.#promptLength = prompt.length;
    this.#limit = limit;
    this.#vocabulary = vocabulary;
    this.#stop = new StopMatcher(stop);
  }

  /** Tokens known, prompt and answer, of which the last may still be unseen by the model. */
  get length(): number {
    return this.#tokens.length;
  }

  /** Tokens that the model has not seen: one while decoding, more while prefilling. */
  get remaining(): number {
    return this.#tokens.length - this.cached;
  }

  /** The token at a position below {@linkcode length}. */
  tokenAt(position: number): number {
    const token = this.#tokens[position];
    if (token === undefined) throw new RangeError(`Position ${position} is past the sequence's ${this.length} tokens`);
    return token;
  }

  /** Marks the moment before its first decode. */
  begin(): void {
    this.#started ??= performance.now();
  }

  /** Takes the token sampled after its last one. */
  advance(token: number): Advance {
    this.#answering ??= performance.now();
    this.#tokens.push(token);
    if (this.#vocabulary.isEndOfGeneration(token)) return { text: this.#stop.flush(), finishReason: "stop" };
    const { text, stopped } = this.#stop.push(this.#utf8.push(this.#vocabulary.piece(token)));
    if (stopped) return { text, finishReason: "stop" };
    if (this.#tokens.length >= this.#limit) return { text: text + this.#stop.flush(), finishReason: "length" };
    return { text };
  }

  /** What it has cost so far, in tokens and milliseconds. */
  accounts(): { usage: Usage; prefillMs: number; decodeMs: number } {
    const now = performance.now();
    const started = this.#started ?? now;
    const answering = this.#answering ?? now;
    return {
      usage: {
        promptTokens: this.#promptLength,
        cachedTokens: 0,
        completionTokens: this.#tokens.length - this.#promptLength,
      },
      prefillMs: answering - started,
      decodeMs: now - answering,
    };
  }

  [Symbol.dispose](): void {
    this.sampler[Symbol.dispose]();
  }
}
