import type { Context, Vocabulary } from "../../ffi/mod.ts";
import { StopMatcher } from "../text/stop_matcher.ts";
import { Utf8Stream } from "../text/utf8_stream.ts";
import type { AnswerLogprob, Client, FinishReason, PromptToken } from "./engine.ts";
import type { AnswerConstraint } from "./answer_constraint.ts";
import { CopyTrail } from "./copy_trail.ts";
import { Acceptance, SUREST } from "./speculation.ts";
import { type LookupMatch, TokenLookup } from "./token_lookup.ts";

/** What a sequence has of its sampler. */
export interface SequenceSampler extends Disposable {
  /** Samples from the logits of a token of the batch just decoded, and takes note of the result. */
  sample(context: Context, index: number): number;
}

/** What a sequence asks of the vocabulary. */
export type SequenceVocabulary = Pick<Vocabulary, "isEndOfGeneration" | "piece">;

/** What a sequence is made of. */
export interface SequenceOptions {
  id: number;
  /** Which of the request's choices it is. */
  index?: number;
  client?: Client;
  /** What its cells depend on besides its tokens: the LoRA adapters at work. */
  variant?: string;
  /** The prompt's tokens, at least one. */
  prompt: ArrayLike<number>;
  /** What counts as the prompt's tokens, where an encoder reads it and `prompt` is but where the decoder begins. */
  promptLength?: number;
  sampler: SequenceSampler;
  vocabulary: SequenceVocabulary;
  stop: readonly string[];
  /** What the answer may be; the sampler's, which tells it of each token. */
  constraint?: Pick<AnswerConstraint, "forced" | "isOver">;
  /** The most tokens that the answer may have. */
  maxTokens: number;
  /** The most tokens that prompt and answer may have together in the KV cache. */
  limit: number;
  /** Log-probabilities of so many likeliest tokens beside each token; undefined for none. */
  logprobs?: number;
  /** The same of the prompt's tokens; nothing of it is taken from the cache then. */
  promptLogprobs?: boolean;
  maxPredictMs?: number;
  /** Guess tokens from these, the prompt and the answer; undefined to guess none. */
  speculation?: { prediction: readonly number[] };
  /** Look for a cached prefix of the prompt. */
  cachePrompt?: boolean;
  /** Decode it with all threads, and note whether it was alone. */
  reproducible?: boolean;
  /** Tokens at the beginning that a context shift keeps; undefined ends the sequence at its limit instead. */
  keep?: number;
}

/** What came of a decode for a sequence. */
export interface Advance {
  /** Text that is safe to give out now; may be empty. */
  text: string;
  logprobs: AnswerLogprob[];
  /** The prompt's tokens with their log-probabilities: with the first advance, where they are wanted. */
  prompt?: PromptToken[];
  /** Set when the sequence has ended. */
  finishReason?: FinishReason;
  stopString?: string;
}

/** One answer on its way: its tokens, how many of them are in the KV cache, and what it has said. */
export class Sequence implements Disposable {
  readonly id: number;
  readonly index: number;
  readonly client: Client;
  readonly variant: string;
  readonly sampler: SequenceSampler;
  readonly logprobs: number | undefined;
  readonly promptLogprobs: boolean;
  readonly cachePrompt: boolean;
  readonly reproducible: boolean;
  readonly promptLength: number;
  /** Prompt and answer; the last one may still be unseen by the model. */
  readonly tokens: number[];
  /** The KV cache's sequence that it holds, while it runs. */
  slot: number | undefined;
  /** How many of its tokens are in the KV cache. */
  cached = 0;
  /** How many of the prompt's tokens needed no prefill; undefined before its first decode. */
  reused: number | undefined;
  /** Whether a context shift has dropped tokens: its cells no longer are those of its tokens alone. */
  shifted = false;
  /** Whether nothing else was computed, or had cells in its pool, while it was. */
  alone = true;
  /** Tokens of the answer. */
  completionTokens = 0;
  draftTokens = 0;
  draftAccepted = 0;
  readonly times: { created: number; begun?: number; answering?: number; ended?: number };
  readonly #options: SequenceOptions;
  readonly #stop: StopMatcher;
  readonly #utf8 = new Utf8Stream();
  #lookup: { tokens: TokenLookup; trail: CopyTrail } | undefined;
  readonly #acceptance = new Acceptance();
  #match: LookupMatch | undefined;
  /** Characters decoded, and given out; and the log-probabilities of those still held back, by where their text begins. */
  #decoded = 0;
  #given = 0;
  #held: { start: number; logprob: AnswerLogprob }[] = [];
  #hasLineBreak = false;
  /** By position; the first token of the prompt has none. Undefined where they are not wanted, or were given out. */
  #prompt: AnswerLogprob[] | undefined;

  constructor(options: SequenceOptions) {
    this.#options = options;
    this.id = options.id;
    this.index = options.index ?? 0;
    this.client = options.client ?? {};
    this.variant = options.variant ?? "";
    this.sampler = options.sampler;
    this.logprobs = options.logprobs;
    this.promptLogprobs = options.promptLogprobs ?? false;
    if (this.promptLogprobs) this.#prompt = [];
    this.cachePrompt = (options.cachePrompt ?? true) && !options.promptLogprobs;
    this.reproducible = options.reproducible ?? false;
    this.tokens = Array.from(options.prompt);
    this.promptLength = options.promptLength ?? this.tokens.length;
    this.times = { created: performance.now() };
    this.#stop = new StopMatcher(options.stop);
  }

  /** Tokens known, prompt and answer. */
  get length(): number {
    return this.tokens.length;
  }

  /** Tokens that the model has not seen: one while decoding, more while prefilling. */
  get remaining(): number {
    return this.tokens.length - this.cached;
  }

  /** The most tokens that may still come. */
  get tokensLeft(): number {
    return Math.min(this.#options.maxTokens - this.completionTokens, this.#options.limit - this.tokens.length);
  }

  /** To be called when it begins to run: what it needs for that is not made for those that only wait. */
  begin(): void {
    this.times.begun ??= performance.now();
    if (this.#lookup === undefined) this.#lookUpAnew();
  }

  #lookUpAnew(): void {
    const { speculation } = this.#options;
    if (speculation === undefined) return;
    const tokens = new TokenLookup(speculation.prediction);
    tokens.extend(this.tokens);
    this.#lookup = { tokens, trail: new CopyTrail(tokens) };
  }

  /** The most tokens that can be guessed ahead: the last token of the answer is of no use as one. */
  get draftLimit(): number {
    return Math.max(0, this.tokensLeft - 1);
  }

  /** Whether its tokens may be guessed ahead. */
  get speculates(): boolean {
    return this.#options.speculation !== undefined;
  }

  /** Guesses its next tokens. Asked before each decode, whether the guess is used or not: it is how the guesses are judged. */
  guess(limit: number): { tokens: number[]; probability: number } | undefined {
    this.#match = undefined;
    const forced = this.speculates ? this.#options.constraint?.forced() ?? [] : [];
    if (forced.length > 0) {
      return { tokens: forced.slice(0, Math.min(limit, this.draftLimit)), probability: SUREST };
    }
    this.#match = this.#lookup?.trail.find(Math.max(1, Math.min(limit, this.draftLimit)));
    if (this.#match === undefined) return undefined;
    const { tokens } = this.#match;
    return { tokens: tokens.slice(0, this.draftLimit), probability: this.#acceptance.probability(this.#match) };
  }

  /** Takes how many tokens of a draft came true, of those decoded along. */
  judge(drafted: number, accepted: number): void {
    this.draftTokens += drafted;
    this.draftAccepted += accepted;
    if (this.#match === undefined) return;
    if (drafted === 0) {
      // Nothing was decoded along, but what was sampled tells whether the guess was right.
      const wrong = this.#match.tokens[0] !== this.tokens.at(-1);
      this.#acceptance.record(this.#match, { right: wrong ? 0 : 1, wrong });
    } else this.#acceptance.record(this.#match, { right: accepted, wrong: accepted < drafted });
    this.#match = undefined;
  }

  /** Takes what was probable in the place of a token of the prompt, which has come to be known. */
  notePrompt(position: number, logprob: AnswerLogprob): void {
    if (this.#prompt !== undefined) this.#prompt[position] = logprob;
  }

  /** The prompt's tokens, if they are wanted: once, when all of them have been computed. */
  takePrompt(): PromptToken[] | undefined {
    const logprobs = this.#prompt;
    this.#prompt = undefined;
    if (logprobs === undefined) return undefined;
    const [token = 0] = this.tokens;
    return [{ token, bytes: this.#options.vocabulary.piece(token, true).slice() }, ...logprobs.slice(1)];
  }

  /** Takes the token sampled after its last one. */
  advance(token: number, logprob?: AnswerLogprob): Advance {
    const now = performance.now();
    this.times.answering ??= now;
    this.tokens.push(token);
    this.#lookup?.tokens.extend([token]);
    this.completionTokens++;
    if (this.#options.vocabulary.isEndOfGeneration(token)) {
      return this.#end("stop", this.#stop.flush(), { whole: true });
    }
    const piece = this.#utf8.push(this.#options.vocabulary.piece(token));
    if (logprob !== undefined) this.#held.push({ start: this.#decoded, logprob });
    this.#decoded += piece.length;
    if (!this.#hasLineBreak) this.#hasLineBreak = piece.includes("\n");
    const { text, stopped, stopString } = this.#stop.push(piece);
    if (stopped) {
      return { ...this.#end("stop", text, { whole: false }), ...(stopString === undefined ? {} : { stopString }) };
    }
    if (this.#options.constraint?.isOver) return this.#end("stop", text + this.#stop.flush(), { whole: true });
    if (this.#isOver(now)) return this.#end("length", text + this.#stop.flush(), { whole: true });
    return { text, logprobs: this.#release(text) };
  }

  #isOver(now: number): boolean {
    const { maxTokens, limit, keep, maxPredictMs } = this.#options;
    if (this.completionTokens >= maxTokens) return true;
    if (keep === undefined && this.tokens.length >= limit) return true;
    return maxPredictMs !== undefined && this.#hasLineBreak && now - (this.times.answering ?? now) > maxPredictMs;
  }

  /** @param how `whole`: nothing was cut off, so that each token counts, also one whose character was not completed. */
  #end(finishReason: FinishReason, text: string, { whole }: { whole: boolean }): Advance {
    this.times.ended = performance.now();
    if (whole) this.#given = Infinity;
    return { text, logprobs: this.#release(text), finishReason };
  }

  /** The log-probabilities of tokens whose text has begun to be given out. */
  #release(text: string): AnswerLogprob[] {
    if (this.#held.length === 0) return [];
    this.#given += text.length;
    const count = this.#held.findIndex(({ start }) => start >= this.#given);
    return this.#held.splice(0, count < 0 ? this.#held.length : count).map(({ logprob }) => logprob);
  }

  /** Tokens to drop so that it can go on: half of those behind the kept ones. 0 while there is room. */
  get shiftLength(): number {
    const { keep, limit } = this.#options;
    if (keep === undefined || this.tokens.length < limit) return 0;
    return Math.max(1, Math.floor((this.tokens.length - this.kept) / 2));
  }

  /** Tokens at its beginning that a context shift keeps. */
  get kept(): number {
    const { keep = 0, limit } = this.#options;
    const wanted = keep < 0 ? this.promptLength : keep;
    return Math.min(wanted, this.promptLength, limit - 4);
  }

  /** Forgets tokens behind the kept ones. */
  drop(count: number): void {
    this.tokens.splice(this.kept, count);
    this.cached -= count;
    this.shifted = true;
    this.#match = undefined;
    // An answer without an end would have one that grows for ever.
    this.#lookUpAnew();
  }

  [Symbol.dispose](): void {
    this.sampler[Symbol.dispose]();
  }
}
