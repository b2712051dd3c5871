import type { Context } from "./context.ts";
import { expectHandle, type SamplerHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { NativeError } from "./native_error.ts";
import { SAMPLER_CHAIN_PARAMS } from "./structs.ts";

/** What the penalties sampler takes; llama.h gives the ranges. */
export interface Penalties {
  vocabularySize: number;
  lastN: number;
  repeat: number;
  frequency: number;
  presence: number;
}

/** Keep at least one candidate: what every truncating sampler is told. */
const MIN_KEEP = 1n;

/** llama.cpp's chain of samplers, of one sequence; it owns those added to it. */
export class SamplerChain implements Disposable {
  readonly #library: Library;
  #handle: SamplerHandle | undefined;

  constructor(library: Library) {
    this.#library = library;
    const params = SAMPLER_CHAIN_PARAMS.view(new Uint8Array(library.llama.llama_sampler_chain_default_params()));
    this.#handle = expectHandle(library.llama.llama_sampler_chain_init(params.bytes), "sampler chain");
  }

  /** Picks the likeliest token. Ends a chain. */
  greedy(): this {
    return this.#add(this.#library.llama.llama_sampler_init_greedy());
  }

  /** Draws by the probabilities, with a generator seeded by `seed` in [0, 2³²-2]. Ends a chain. */
  distribution(seed: number): this {
    return this.#add(this.#library.llama.llama_sampler_init_dist(seed));
  }

  /** Keeps the `k` likeliest; k ≥ 1. */
  topK(k: number): this {
    return this.#add(this.#library.llama.llama_sampler_init_top_k(k));
  }

  /** Keeps the likeliest that add up to `p`, one at least; [0, 1). */
  topP(p: number): this {
    return this.#add(this.#library.llama.llama_sampler_init_top_p(p, MIN_KEEP));
  }

  /** Keeps those at least `p` times as likely as the likeliest; (0, 1]. */
  minP(p: number): this {
    return this.#add(this.#library.llama.llama_sampler_init_min_p(p, MIN_KEEP));
  }

  /** Locally typical sampling; (0, 1). */
  typical(p: number): this {
    return this.#add(this.#library.llama.llama_sampler_init_typical(p, MIN_KEEP));
  }

  /** Divides the logits by `t`; (0, ∞). */
  temperature(t: number): this {
    return this.#add(this.#library.llama.llama_sampler_init_temp(t));
  }

  /** Makes tokens that occurred less likely. */
  penalties({ vocabularySize, lastN, repeat, frequency, presence }: Penalties): this {
    const { llama_sampler_init_penalties } = this.#library.llama;
    return this.#add(llama_sampler_init_penalties(vocabularySize, lastN, repeat, frequency, presence));
  }

  /** Tells the samplers of a token that was not sampled by them, such as one of the prompt. */
  accept(token: number): void {
    this.#library.llama.llama_sampler_accept(this.#live(), token);
  }

  /**
   * Samples from the logits of a batch's token and accepts the result.
   *
   * @param index Its index in the batch just decoded, added with `output`.
   * @returns The token's id.
   */
  sample(context: Context, index: number): number {
    return this.#library.llama.llama_sampler_sample(this.#live(), context.handle, index);
  }

  #add(sampler: SamplerHandle | null): this {
    this.#library.llama.llama_sampler_chain_add(this.#live(), expectHandle(sampler, "sampler"));
    return this;
  }

  #live(): SamplerHandle {
    if (this.#handle === undefined) throw new NativeError("This sampler chain was disposed");
    return this.#handle;
  }

  [Symbol.dispose](): void {
    if (this.#handle === undefined) return;
    this.#library.llama.llama_sampler_free(this.#handle);
    this.#handle = undefined;
  }
}
