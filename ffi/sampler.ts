import { toCString, toCStrings } from "./c_string.ts";
import { applyToCandidates, Candidates } from "./candidates.ts";
import { checkFloat, checkInteger, INT32_MAX, UINT32_MAX } from "./check_number.ts";
import type { Context } from "./context.ts";
import { expectHandle, type SamplerHandle } from "./handles.ts";
import type { Library } from "./library.ts";
import { NativeError } from "./native_error.ts";
import type {
  AdaptiveP,
  DryOptions,
  DynamicTemperature,
  GrammarOptions,
  LazyGrammarOptions,
  LogitBias,
  Mirostat,
  Mirostat2,
  Penalties,
  Xtc,
} from "./sampler_options.ts";
import { LOGIT_BIAS, SAMPLER_CHAIN_PARAMS } from "./structs.ts";
import { type Vocabulary, vocabularyHandle } from "./vocabulary.ts";

const PROBABILITY = { min: 0, max: 1 };
const SEED = { min: 0, max: UINT32_MAX };
/** llama.cpp allocates room for that many tokens at once. */
const LAST_N = { min: 0, max: 2 ** 24 };
/** No token: what an adaptive sampler is told to forget the one that it selected. */
const FORGET = -2;

/** What of a chain native code does not tell. */
interface Composition {
  /** Whether the last sampler selects a token. */
  selects: boolean;
  /** Where in the chain there are grammars and adaptive samplers. */
  grammars: number[];
  adaptive: number[];
  /** Tokens that the grammars know. */
  vocabularySize: number;
  length: number;
}

/** llama.cpp's chain of samplers, of one sequence; it owns those added to it. Each adding method returns the chain, or throws and leaves it. */
export class SamplerChain implements Disposable {
  readonly #library: Library;
  #handle: SamplerHandle | undefined;
  #composition: Composition = { selects: false, grammars: [], adaptive: [], vocabularySize: 0, length: 0 };
  /** The one token that a grammar is asked about. */
  #probe: Candidates | undefined;

  constructor(library: Library) {
    this.#library = library;
    const params = SAMPLER_CHAIN_PARAMS.view(new Uint8Array(library.llama.llama_sampler_chain_default_params()));
    this.#handle = expectHandle(library.llama.llama_sampler_chain_init(params.bytes), "sampler chain");
  }

  /** Picks the likeliest token. Ends a chain. */
  greedy(): this {
    return this.#end(this.#llama.llama_sampler_init_greedy());
  }

  /** Draws by the probabilities, with a generator seeded by `seed` in [0, 2³²-2]; 2³²-1 draws a seed. Ends a chain. */
  distribution(seed: number): this {
    return this.#end(this.#llama.llama_sampler_init_dist(checkInteger("seed", seed, SEED)));
  }

  /** Keeps the `k` likeliest; 0 keeps all. */
  topK(k: number): this {
    return this.#add(this.#llama.llama_sampler_init_top_k(checkInteger("top_k", k, { min: 0, max: INT32_MAX })));
  }

  /** Keeps the likeliest that add up to `p`, `minKeep` at least; [0, 1], where 1 keeps all. */
  topP(p: number, minKeep = 1): this {
    return this.#add(this.#llama.llama_sampler_init_top_p(checkFloat("top_p", p, PROBABILITY), toMinKeep(minKeep)));
  }

  /** Keeps those at least `p` times as likely as the likeliest, `minKeep` at least; [0, 1], where 0 keeps all. */
  minP(p: number, minKeep = 1): this {
    return this.#add(this.#llama.llama_sampler_init_min_p(checkFloat("min_p", p, PROBABILITY), toMinKeep(minKeep)));
  }

  /** Locally typical sampling (arXiv 2202.00666); [0, 1], where 1 keeps all. */
  typical(p: number, minKeep = 1): this {
    const { llama_sampler_init_typical } = this.#llama;
    return this.#add(llama_sampler_init_typical(checkFloat("typical_p", p, PROBABILITY), toMinKeep(minKeep)));
  }

  /** Divides the logits by `t`; [0, ∞), where 0 leaves the likeliest alone. */
  temperature(t: number): this {
    return this.#add(this.#llama.llama_sampler_init_temp(checkFloat("temperature", t, { min: 0 })));
  }

  /** A temperature that follows the entropy (arXiv 2309.02772). */
  dynamicTemperature({ temperature, range, exponent }: DynamicTemperature): this {
    checkFloat("temperature", temperature, { min: 0 });
    checkFloat("dynatemp_range", range, { min: 0 });
    checkFloat("dynatemp_exponent", exponent, { min: 0 });
    return this.#add(this.#llama.llama_sampler_init_temp_ext(temperature, range, exponent));
  }

  /** Now and then drops the likeliest (XTC, "exclude top choices"). */
  xtc({ probability, threshold, minKeep, seed }: Xtc): this {
    checkFloat("xtc_probability", probability, PROBABILITY);
    checkFloat("xtc_threshold", threshold, PROBABILITY);
    const { llama_sampler_init_xtc } = this.#llama;
    const checkedSeed = checkInteger("seed", seed, SEED);
    return this.#add(llama_sampler_init_xtc(probability, threshold, toMinKeep(minKeep), checkedSeed));
  }

  /** Keeps those within `n` standard deviations of the largest logit (arXiv 2411.07641); [0, ∞), where 0 keeps all. */
  topNSigma(n: number): this {
    return this.#add(this.#llama.llama_sampler_init_top_n_sigma(checkFloat("top_n_sigma", n, { min: 0 })));
  }

  /** Mirostat 1 (arXiv 2007.14966). Ends a chain. */
  mirostat({ vocabularySize, seed, tau, eta, m = 100 }: Mirostat): this {
    checkInteger("vocabularySize", vocabularySize, { min: 1, max: INT32_MAX });
    checkInteger("seed", seed, SEED);
    checkFloat("mirostat_tau", tau, { min: 0 });
    checkFloat("mirostat_eta", eta, { min: 0 });
    checkInteger("m", m, { min: 2, max: INT32_MAX });
    return this.#end(this.#llama.llama_sampler_init_mirostat(vocabularySize, seed, tau, eta, m));
  }

  /** Mirostat 2 (arXiv 2007.14966). Ends a chain. */
  mirostat2({ seed, tau, eta }: Mirostat2): this {
    checkInteger("seed", seed, SEED);
    checkFloat("mirostat_tau", tau, { min: 0 });
    checkFloat("mirostat_eta", eta, { min: 0 });
    return this.#end(this.#llama.llama_sampler_init_mirostat_v2(seed, tau, eta));
  }

  /** Makes tokens that occurred less likely. */
  penalties({ vocabularySize, lastN, repeat, frequency, presence }: Penalties): this {
    checkInteger("vocabularySize", vocabularySize, { min: 1, max: INT32_MAX });
    checkInteger("repeat_last_n", lastN, LAST_N);
    // Logits are divided by it: as a float it must not be 0 either.
    if (Math.fround(repeat) <= 0) throw new RangeError(`repeat_penalty is ${repeat}; it must be above 0`);
    checkFloat("repeat_penalty", repeat);
    checkFloat("frequency_penalty", frequency);
    checkFloat("presence_penalty", presence);
    const { llama_sampler_init_penalties } = this.#llama;
    return this.#add(llama_sampler_init_penalties(vocabularySize, lastN, repeat, frequency, presence));
  }

  /** Makes tokens that would go on a repetition less likely (DRY). It looks for `breakers` in the whole vocabulary, which takes a while. */
  dry({ vocabulary, multiplier, base, allowedLength, lastN, breakers }: DryOptions): this {
    checkFloat("dry_multiplier", multiplier, { min: 0 });
    checkFloat("dry_base", base, { min: 0 });
    checkInteger("dry_allowed_length", allowedLength, { min: 0, max: INT32_MAX });
    checkInteger("dry_penalty_last_n", lastN, LAST_N);
    const texts = toCStrings(breakers);
    const vocab = vocabularyHandle(vocabulary);
    const { llama_sampler_init_dry } = this.#llama;
    const count = BigInt(breakers.length);
    return this.#add(llama_sampler_init_dry(vocab, multiplier, base, allowedLength, lastN, texts, count));
  }

  /** Adds a copy of the only sampler of another chain, in its present state; it must be one that selects no token, and no grammar. */
  copyOf(other: SamplerChain): this {
    const { length, selects, grammars } = other.#composition;
    if (length !== 1 || selects || grammars.length > 0) {
      throw new NativeError("This sampler chain cannot be copied from");
    }
    return this.#add(this.#llama.llama_sampler_clone(other.#sampler(0)));
  }

  /** Draws tokens near a target probability. Ends a chain. */
  adaptiveP({ target, decay, seed }: AdaptiveP): this {
    checkFloat("adaptive_target", target, PROBABILITY);
    checkFloat("adaptive_decay", decay, { min: 0, max: 0.99 });
    const sampler = this.#llama.llama_sampler_init_adaptive_p(target, decay, checkInteger("seed", seed, SEED));
    this.#end(sampler);
    this.#composition.adaptive.push(this.#composition.length - 1);
    return this;
  }

  /** Adds to the logits of some tokens; -Infinity bans one. Belongs at the start of a chain. */
  logitBias({ vocabularySize, biases }: LogitBias): this {
    checkInteger("vocabularySize", vocabularySize, { min: 1, max: INT32_MAX });
    const bytes = new Uint8Array(new ArrayBuffer(biases.length * LOGIT_BIAS.size));
    for (const [i, { token, bias }] of biases.entries()) {
      const entry = LOGIT_BIAS.view(bytes.subarray(i * LOGIT_BIAS.size, (i + 1) * LOGIT_BIAS.size));
      entry.set("token", checkInteger("token", token, { min: 0, max: vocabularySize - 1 }));
      entry.set("bias", bias === -Infinity ? bias : checkFloat("bias", bias));
    }
    return this.#add(this.#llama.llama_sampler_init_logit_bias(vocabularySize, biases.length, bytes));
  }

  /** Puts tokens with a common beginning together, to fill a gap in a text; behind topK and topP. */
  infill(vocabulary: Vocabulary): this {
    return this.#add(this.#llama.llama_sampler_init_infill(vocabularyHandle(vocabulary)));
  }

  /**
   * Allows only what a GBNF grammar derives.
   *
   * @throws {NativeError} When llama.cpp cannot read the grammar; its log says why.
   */
  grammar({ vocabulary, grammar, root }: GrammarOptions): this {
    const { llama_sampler_init_grammar } = this.#llama;
    const vocab = vocabularyHandle(vocabulary);
    return this.#addGrammar(llama_sampler_init_grammar(vocab, toCString(grammar), toCString(root)), vocabulary);
  }

  /**
   * As {@linkcode grammar}, from where a trigger occurs.
   *
   * @param options `patterns` must come from this program, never from a client: one that C++ cannot read ends the process.
   */
  lazyGrammar({ vocabulary, grammar, root, patterns, tokens }: LazyGrammarOptions): this {
    for (const token of tokens) checkInteger("token", token, { min: 0, max: vocabulary.size - 1 });
    const { llama_sampler_init_grammar_lazy_patterns } = this.#llama;
    const sampler = llama_sampler_init_grammar_lazy_patterns(
      vocabularyHandle(vocabulary),
      toCString(grammar),
      toCString(root),
      toCStrings(patterns),
      BigInt(patterns.length),
      Int32Array.from(tokens),
      BigInt(tokens.length),
    );
    return this.#addGrammar(sampler, vocabulary);
  }

  /**
   * Tells the samplers of a token: one of the prompt, or what {@linkcode choose} gave.
   *
   * @throws {NativeError} When a grammar of the chain does not allow it; nothing has changed then.
   */
  accept(token: number): void {
    const handle = this.#live();
    checkInteger("token", token, { min: 0, max: INT32_MAX });
    if (this.#composition.grammars.length > 0) this.#expectAllowed(token);
    this.#llama.llama_sampler_accept(handle, token);
  }

  /** Makes the samplers forget all tokens, and starts their generators anew from their seeds. */
  reset(): void {
    this.#llama.llama_sampler_reset(this.#live());
  }

  /** A chain of the same samplers in the same state, which goes its own way from here; what was chosen and not accepted is forgotten. */
  clone(): SamplerChain {
    const handle = this.#live();
    using made = new DisposableStack();
    const chain = made.use(new SamplerChain(this.#library));
    const copy = expectHandle(this.#llama.llama_sampler_clone(handle), "copy of a sampler chain");
    this.#llama.llama_sampler_free(chain.#live());
    chain.#handle = copy;
    const { grammars, adaptive } = this.#composition;
    chain.#composition = { ...this.#composition, grammars: [...grammars], adaptive: [...adaptive] };
    // Without this it would look the selected token up among probabilities that it has no copy of.
    for (const index of adaptive) this.#llama.llama_sampler_accept(chain.#sampler(index), FORGET);
    made.move();
    return chain;
  }

  /**
   * Samples from the logits of a batch's token and accepts the result.
   *
   * @param index Its index in the batch just decoded, added with `output`.
   * @returns The token's id.
   * @throws {RangeError} When the token has no output.
   * @throws {NativeError} When the chain does not end with a sampler that selects.
   */
  sample(context: Context, index: number): number {
    const handle = this.#live();
    const contextHandle = context.handle;
    context.expectOutput(index);
    this.#expectEnd();
    const { grammars } = this.#composition;
    if (grammars.length === 0) return this.#llama.llama_sampler_sample(handle, contextHandle, index);
    // Where the grammar leaves nothing, llama.cpp would end the process.
    const candidates = new Candidates(context.model.vocabulary.size);
    candidates.setAll(context.logits(index));
    const token = this.choose(candidates);
    this.accept(token);
    return token;
  }

  /**
   * Applies the samplers to candidates, without accepting the outcome.
   *
   * @returns The id of the selected token.
   * @throws {RangeError} When there are no candidates.
   * @throws {NativeError} When the chain does not end with a sampler that selects.
   */
  choose(candidates: Candidates): number {
    const handle = this.#live();
    this.#expectEnd();
    if (candidates.size === 0) throw new RangeError("There are no candidates to choose among");
    applyToCandidates(candidates, (struct) => this.#llama.llama_sampler_apply(handle, struct));
    const { selected } = candidates;
    if (selected === undefined) throw new NativeError("The samplers selected no token");
    return selected;
  }

  #expectEnd(): void {
    if (this.#composition.selects) return;
    throw new NativeError("This sampler chain does not end with a sampler that selects a token, such as distribution");
  }

  /** llama.cpp ends the process when a grammar is to accept what it does not allow. */
  #expectAllowed(token: number): void {
    const { vocabularySize } = this.#composition;
    if (token >= vocabularySize) throw new RangeError(`Token ${token} is not in the vocabulary of ${vocabularySize}`);
    this.#probe ??= new Candidates(1);
    for (const index of this.#composition.grammars) {
      this.#probe.set(Int32Array.of(token), Float32Array.of(0), 1, true);
      const grammar = this.#sampler(index);
      applyToCandidates(this.#probe, (struct) => this.#llama.llama_sampler_apply(grammar, struct));
      if (this.#probe.logits()[0]?.logit !== -Infinity) continue;
      throw new NativeError(`The grammar does not allow token ${token}`);
    }
  }

  #add(sampler: SamplerHandle | null, selects = false): this {
    const made = expectHandle(sampler, "sampler");
    this.#llama.llama_sampler_chain_add(this.#live(), made);
    this.#composition.selects = selects;
    this.#composition.length++;
    return this;
  }

  #end(sampler: SamplerHandle | null): this {
    return this.#add(sampler, true);
  }

  #addGrammar(sampler: SamplerHandle | null, vocabulary: Vocabulary): this {
    if (sampler === null) throw new NativeError("llama.cpp cannot read the grammar");
    this.#composition.vocabularySize = vocabulary.size;
    this.#add(sampler);
    this.#composition.grammars.push(this.#composition.length - 1);
    return this;
  }

  #sampler(index: number): SamplerHandle {
    return expectHandle(this.#llama.llama_sampler_chain_get(this.#live(), index), "sampler");
  }

  /** Throws once disposed, so that no sampler is made for a chain that is gone. */
  get #llama(): Library["llama"] {
    void this.#live();
    return this.#library.llama;
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

function toMinKeep(minKeep: number): bigint {
  return BigInt(checkInteger("min_keep", minKeep, { min: 0, max: INT32_MAX }));
}
