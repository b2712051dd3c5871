import type { Candidates } from "../../ffi/mod.ts";
import { type Likeliest, selectLikeliest } from "./likeliest.ts";
import type { ResolvedSampling } from "./resolve_sampling.ts";

/** The largest top-k for which picking the likeliest out is worth it. */
const LARGEST_K = 512;
/** Candidates beyond which the samplers may as well have the whole vocabulary. */
const MOST_CANDIDATES = 1024;

/**
 * Picks from the vocabulary the few tokens among which a sampler chain chooses, so that it need not copy and sort all of them.
 *
 * It applies where a chain keeps the k likeliest tokens before anything else truncates (a greedy one keeps one). What comes before that
 * changes the logits of few tokens: each of the R tokens in the window of penalties and DRY gets less likely, each of B biases moves one. So
 * whichever token the chain keeps is among the k + R + B likeliest before, or has a bias that raises it: any other has k unchanged tokens
 * before it. The chain then chooses as among all. Only where it cuts or picks between equal logits may it take another one of them:
 * std::partial_sort leaves open which.
 */
export class Preselection {
  readonly #keep: number;
  /** Tokens that have a bias, and those that it raises. */
  readonly #biased: number;
  readonly #raised: readonly number[];
  readonly #window: number;
  readonly #greedy: boolean;
  /** Every token that may be in the window, and older ones. */
  readonly #seen = new Set<number>();
  readonly #found: Likeliest;

  private constructor(keep: number, { biases, window, greedy }: ResolvedSampling) {
    this.#keep = keep;
    this.#biased = biases.length;
    this.#raised = biases.filter(({ bias }) => bias > 0).map(({ token }) => token);
    this.#window = window;
    this.#greedy = greedy;
    const room = MOST_CANDIDATES + this.#raised.length;
    this.#found = { ids: new Int32Array(room), values: new Float32Array(room) };
  }

  /** The one for a chain of these settings; undefined where there can be none. */
  static of(settings: ResolvedSampling): Preselection | undefined {
    const keep = kept(settings);
    if (keep === undefined || keep + settings.biases.length > MOST_CANDIDATES) return undefined;
    return new Preselection(keep, settings);
  }

  /** The most candidates that there are ever. */
  get capacity(): number {
    return this.#found.ids.length;
  }

  /** Takes note of a token that the chain was told of. */
  accept(token: number): void {
    if (this.#window > 0) this.#seen.add(token);
  }

  /**
   * Puts the tokens to choose among into `candidates`.
   *
   * @param logits One for each token of the vocabulary.
   * @param allows Whether a token may be chosen; absent, all may.
   * @returns False when they are too many by now, or too few of the likeliest may be chosen.
   */
  select(logits: Float32Array, candidates: Candidates, allows?: (token: number) => boolean): boolean {
    const touched = Math.min(this.#window, this.#seen.size) + this.#biased;
    const wanted = this.#keep + touched;
    if (wanted > MOST_CANDIDATES) return false;
    const { ids, values } = this.#found;
    let count = allows === undefined
      ? selectLikeliest(logits, wanted, this.#found)
      : selectAllowed(logits, { wanted, allows, found: this.#found });
    if (count < Math.min(wanted, logits.length)) return false;
    if (this.#raised.length > 0) {
      const there = new Set(ids.subarray(0, count));
      for (const token of this.#raised) if (!there.has(token) && allows?.(token) !== false) ids[count++] = token;
    }
    // A greedy chain takes the first of the largest, which is to be the one with the lowest id, as among all.
    if (this.#greedy) ids.subarray(0, count).sort();
    for (let i = 0; i < count; i++) values[i] = logits[ids[i] ?? 0] ?? 0;
    // A bias moves a token and leaves the mark of a sorted list.
    candidates.set(ids, values, count, !this.#greedy && this.#biased === 0);
    return true;
  }
}

/** Finds the likeliest tokens that are allowed, and says how many: fewer than wanted where they are not among the likeliest of all. */
function selectAllowed(
  logits: Float32Array,
  { wanted, allows, found }: { wanted: number; allows: (token: number) => boolean; found: Likeliest },
): number {
  const looked = selectLikeliest(logits, Math.min(MOST_CANDIDATES, wanted * 4 + 64), found);
  let count = 0;
  for (let i = 0; i < looked && count < wanted; i++) {
    const token = found.ids[i] ?? 0;
    if (allows(token)) found.ids[count++] = token;
  }
  return count;
}

/** How many tokens the chain keeps before anything but penalties, DRY and a fixed temperature; undefined when it need not be few. */
function kept(settings: ResolvedSampling): number | undefined {
  for (const name of settings.active) {
    if (name === "top_k") return settings.topK <= LARGEST_K ? settings.topK : undefined;
    if (name === "penalties" && !onlyLowers(settings)) return undefined;
    if (name === "temperature" && !(settings.temperature > 0 && settings.dynamicTemperatureRange === 0)) {
      return undefined;
    }
    if (name !== "penalties" && name !== "dry" && name !== "temperature") return undefined;
  }
  return settings.greedy ? 1 : undefined;
}

function onlyLowers({ repeatPenalty, frequencyPenalty, presencePenalty }: ResolvedSampling): boolean {
  return repeatPenalty >= 1 && frequencyPenalty >= 0 && presencePenalty >= 0;
}
