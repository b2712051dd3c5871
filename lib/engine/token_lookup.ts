/** A guess of what follows. */
export interface LookupMatch {
  /** How many tokens before the end of the text occur in front of the continuation, too. */
  length: number;
  /** Whether a copy goes on there that was broken off; else at least {@linkcode NGRAM} tokens match. */
  resumed: boolean;
  /** The tokens that followed there, at least one. */
  tokens: number[];
}

/** A place in a text in front of which its last tokens occur, too. */
export interface FoundPlace {
  /** The position of the token that followed there. */
  place: number;
  /** How many tokens match. */
  length: number;
}

/** Tokens that must match for a place to be found at all. */
export const NGRAM = 3;
/** Longer matches say no more. */
const LONGEST_MATCH = 32;
/** Stands behind the prediction; no token. */
const END = -1;
/** Places looked at, from the latest back. */
const PLACES = 12;

/**
 * Guesses how a text goes on from where its last tokens occurred before: in a prediction, in the prompt or in the answer itself
 * (prompt-lookup decoding, https://github.com/apoorvumang/prompt-lookup-decoding).
 */
export class TokenLookup {
  readonly #tokens: number[] = [];
  /** By the hash of {@linkcode NGRAM} tokens: the position behind their last occurrence. */
  readonly #last = new Map<number, number>();
  /** By position: the one before with the same hash, or 0. */
  readonly #previous: number[] = [];

  /** @param prediction Tokens that the answer may resemble; they precede the text, from which nothing follows on to them. */
  constructor(prediction: readonly number[] = []) {
    if (prediction.length === 0) return;
    this.extend(prediction);
    this.extend([END]);
  }

  /** Takes the text's next tokens. */
  extend(tokens: Iterable<number>): void {
    for (const token of tokens) {
      this.#tokens.push(token);
      const end = this.#tokens.length;
      if (end < NGRAM) {
        this.#previous.push(0);
        continue;
      }
      const hash = this.#hash(end);
      this.#previous.push(this.#last.get(hash) ?? 0);
      this.#last.set(hash, end);
    }
  }

  /** Tokens taken, with those of the prediction. */
  get length(): number {
    return this.#tokens.length;
  }

  /** Where the last tokens occurred before: the longest match, of several such the latest; at least {@linkcode NGRAM} tokens. */
  search(): FoundPlace | undefined {
    const end = this.#tokens.length;
    if (end < NGRAM) return undefined;
    let place = this.#previous[end - 1] ?? 0;
    let best = { place: 0, length: 0 };
    for (let looked = 0; place > 0 && looked < PLACES; looked++) {
      // Nothing is known to follow the end of the prediction.
      const length = this.#tokens[place] === END ? 0 : this.matchLength(place);
      if (length > best.length) best = { place, length };
      if (length === LONGEST_MATCH) break;
      place = this.#previous[place - 1] ?? 0;
    }
    return best.length < NGRAM ? undefined : best;
  }

  /** The tokens from a place on, at most `limit`; none where nothing is known to follow. */
  continuation(place: number, limit: number): number[] {
    const end = this.#tokens.length;
    const found: number[] = [];
    // A continuation that reaches the end of the text goes on with itself: the text is repeating.
    for (let i = place; found.length < limit; i++) {
      const token = i < end ? this.#tokens[i] : found[i - end];
      if (token === undefined || token === END) break;
      found.push(token);
    }
    return found;
  }

  /** How many of the last tokens occur in front of a place, too; 0 for one that lies outside of the text. */
  matchLength(place: number): number {
    const end = this.#tokens.length;
    if (place >= end) return 0;
    let length = 0;
    while (length < LONGEST_MATCH && length < place) {
      if (this.#tokens[place - 1 - length] !== this.#tokens[end - 1 - length]) break;
      length++;
    }
    return length;
  }

  #hash(end: number): number {
    let hash = 0;
    for (let i = end - NGRAM; i < end; i++) hash = Math.imul(hash ^ (this.#tokens[i] ?? 0), 0x9e3779b1) >>> 1;
    return hash;
  }
}
