import type { FoundPlace, LookupMatch, TokenLookup } from "./token_lookup.ts";

/** A match of so many tokens is a copy that is followed over changes; one of as many needs no help to be found. */
const LONG = 8;
/** Tokens by which a change may have moved what comes next. */
const REACH = 12;
/** Tokens after which a copy that did not go on is over. */
const PATIENCE = 24;

/**
 * Guesses from a {@linkcode TokenLookup}, and after a change in a long copy from where that left off: who edits a text renames something,
 * leaves a line out or adds one, and goes on copying. One token that occurs there again is then as good as many elsewhere.
 */
export class CopyTrail {
  readonly #lookup: TokenLookup;
  /** Where the copy was when the text had `at` tokens, and until when it may go on; the place behind the last copied token. */
  #copy: { place: number; at: number; until: number } | undefined;

  constructor(lookup: TokenLookup) {
    this.#lookup = lookup;
  }

  /** The likeliest continuation, of at most `limit` tokens; undefined where there is no guess. */
  find(limit: number): LookupMatch | undefined {
    if (limit < 1) return undefined;
    const found = this.#lookup.search();
    const resumed = found !== undefined && found.length >= LONG ? undefined : this.#resume(found?.length ?? 0);
    // Nothing is known to follow the end of a prediction, where a copy may have come to.
    return this.#goOn(resumed, { limit, resumed: true }) ?? this.#goOn(found, { limit, resumed: false });
  }

  #goOn(
    found: FoundPlace | undefined,
    { limit, resumed }: { limit: number; resumed: boolean },
  ): LookupMatch | undefined {
    if (found === undefined) return undefined;
    const { place, length } = found;
    const tokens = this.#lookup.continuation(place, limit);
    if (tokens.length === 0) return undefined;
    if (resumed || length >= LONG) this.#follow(place);
    return { length, resumed, tokens };
  }

  #follow(place: number): void {
    const at = this.#lookup.length;
    this.#copy = { place, at, until: at + PATIENCE };
  }

  /** The place near the copy's where the most tokens match, the nearest of several; undefined where no more do than elsewhere. */
  #resume(elsewhere: number): FoundPlace | undefined {
    const { length: end } = this.#lookup;
    if (this.#copy === undefined || end > this.#copy.until) return undefined;
    const expected = this.#copy.place + end - this.#copy.at;
    let best: FoundPlace | undefined;
    for (let moved = 0; moved <= REACH; moved++) {
      for (const place of moved === 0 ? [expected] : [expected + moved, expected - moved]) {
        const length = this.#lookup.matchLength(place);
        if (length > (best?.length ?? 0)) best = { place, length };
      }
    }
    return best !== undefined && best.length >= elsewhere ? best : undefined;
  }
}
