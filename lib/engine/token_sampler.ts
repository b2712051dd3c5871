import { Candidates, type Context, type Model, type SamplerChain } from "../../ffi/mod.ts";
import type { AnswerConstraint } from "./answer_constraint.ts";
import type { DrySamplers } from "./dry_samplers.ts";
import type { Sampling } from "./engine.ts";
import { likeliest } from "./likeliest.ts";
import { Preselection } from "./preselection.ts";
import { resolveSampling } from "./resolve_sampling.ts";
import { makeSamplerChain } from "./sampling.ts";

/** What a {@linkcode TokenSampler} is made with. */
export interface TokenSamplerOptions {
  contextLength: number;
  dry: DrySamplers;
  /** What the answer may be. */
  constraint?: AnswerConstraint;
}

/**
 * Samples the tokens of one sequence, as llama-server would with the same settings.
 *
 * llama.cpp's way, which copies the logits of the whole vocabulary for each token and sorts some of them, is left to the cases that need it:
 * the likeliest token is found by looking at each logit once, and a chain that keeps the k likeliest is given few more than those
 * ({@linkcode Preselection}). Which way is taken follows from the settings and the tokens accepted alone, never from other requests.
 */
export class TokenSampler implements Disposable {
  /** So many of the latest tokens count: those of the prompt must be accepted first. */
  readonly window: number;
  /** None where the likeliest token is all that is wanted. */
  readonly #chain: SamplerChain | undefined;
  readonly #preselection: Preselection | undefined;
  readonly #candidates: Candidates | undefined;
  readonly #constraint: AnswerConstraint | undefined;
  /** Room for the whole vocabulary, where a constraint needs it. */
  #all: { candidates: Candidates; values: Float32Array } | undefined;

  /**
   * @param options `contextLength`, tokens of one sequence: nothing looks back further; `dry`: the model's.
   * @throws {EngineError} `invalid_value` naming the sampling parameter that is wrong.
   */
  constructor(model: Model, sampling: Sampling & { seed: number }, options: TokenSamplerOptions) {
    const settings = resolveSampling(model.vocabulary, sampling, options);
    this.window = settings.window;
    this.#constraint = options.constraint;
    const isLikeliest = settings.greedy && settings.biases.length === 0 && this.window === 0;
    if (isLikeliest && this.#constraint === undefined) return;
    this.#preselection = Preselection.of(settings);
    if (this.#preselection !== undefined) this.#candidates = new Candidates(this.#preselection.capacity);
    this.#chain = makeSamplerChain(model, settings, options.dry);
  }

  /**
   * Samples from the logits of a token of the batch just decoded, and accepts the result.
   *
   * @param index The token's index in the batch.
   * @returns The sampled token's id.
   */
  sample(context: Context, index: number): number {
    if (this.#constraint === undefined) return this.#sample(context, index);
    const token = this.#constrained(this.#constraint, context.logits(index));
    this.accept(token);
    this.#constraint.accept(token);
    return token;
  }

  /** A token that is forced needs no choice; of others, what would be chosen anyway is mostly allowed. */
  #constrained(constraint: AnswerConstraint, logits: Float32Array): number {
    const [forced] = constraint.forced();
    if (forced !== undefined) return forced;
    const free = this.#choose(logits);
    if (constraint.allows(free)) return free;
    // Mostly the next likeliest will do; only else every token is looked at.
    return this.#chooseLikely(logits, (token) => constraint.allows(token)) ??
      this.#chooseAmong(constraint.allowed(), logits);
  }

  /** Chooses among all tokens, without accepting the outcome. */
  #choose(logits: Float32Array): number {
    const chosen = this.#chooseLikely(logits);
    if (chosen !== undefined) return chosen;
    const { candidates } = this.#room(logits.length);
    candidates.setAll(logits);
    return this.#chain?.choose(candidates) ?? likeliest(logits);
  }

  /** Chooses among the likeliest tokens; undefined where the choice needs all. */
  #chooseLikely(logits: Float32Array, allows?: (token: number) => boolean): number | undefined {
    const candidates = this.#candidates;
    if (candidates === undefined || !this.#preselection?.select(logits, candidates, allows)) return undefined;
    return this.#chain?.choose(candidates);
  }

  /** Chooses among some tokens. */
  #chooseAmong(tokens: Int32Array<ArrayBuffer>, logits: Float32Array): number {
    const { candidates, values } = this.#room(logits.length);
    for (let i = 0; i < tokens.length; i++) values[i] = logits[tokens[i] ?? 0] ?? 0;
    candidates.set(tokens, values, tokens.length, false);
    return this.#chain?.choose(candidates) ?? tokens[likeliest(values.subarray(0, tokens.length))] ?? 0;
  }

  #room(size: number): { candidates: Candidates; values: Float32Array } {
    return this.#all ??= { candidates: new Candidates(size), values: new Float32Array(size) };
  }

  #sample(context: Context, index: number): number {
    const chain = this.#chain;
    if (chain === undefined) return likeliest(context.logits(index));
    const candidates = this.#candidates;
    if (candidates === undefined || this.#preselection?.select(context.logits(index), candidates) !== true) {
      const token = chain.sample(context, index);
      this.#preselection?.accept(token);
      return token;
    }
    const token = chain.choose(candidates);
    this.accept(token);
    return token;
  }

  /** Takes note of a prompt, as far as it counts. */
  acceptPrompt(tokens: ArrayLike<number>): void {
    for (let i = Math.max(0, tokens.length - this.window); i < tokens.length; i++) this.accept(tokens[i] ?? 0);
  }

  /** Takes note of a token that it did not sample. */
  accept(token: number): void {
    this.#chain?.accept(token);
    this.#preselection?.accept(token);
  }

  [Symbol.dispose](): void {
    this.#chain?.[Symbol.dispose]();
  }
}
