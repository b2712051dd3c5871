/** What {@linkcode StopMatcher.push} found: text that is safe to give out, and whether a stop string came after it. */
export interface StopMatch {
  text: string;
  stopped: boolean;
  /** The stop string. */
  stopString?: string;
}

/**
 * Finds the first of several stop strings in text that arrives in pieces; how the text is cut makes no difference. Text that may yet turn out
 * to begin a stop string is held back.
 */
export class StopMatcher {
  readonly #stops: readonly string[];
  #held = "";

  /** @param stops Non-empty strings; none lets all text through. */
  constructor(stops: readonly string[]) {
    if (stops.includes("")) throw new RangeError("A stop string cannot be empty");
    this.#stops = stops;
  }

  /** Takes the next piece. After a match the rest is dropped, and so must be whatever would follow. */
  push(piece: string): StopMatch {
    const text = this.#held + piece;
    const first = this.#firstMatch(text);
    if (first !== undefined) {
      this.#held = "";
      return { text: text.slice(0, first.start), stopped: true, stopString: text.slice(first.start, first.end) };
    }
    const safe = text.length - this.#partialLength(text);
    this.#held = text.slice(safe);
    return { text: text.slice(0, safe), stopped: false };
  }

  /** Gives out what was held back, once no more text comes. */
  flush(): string {
    const text = this.#held;
    this.#held = "";
    return text;
  }

  /** Where the stop string begins that is complete first, of several such the longest: what comes after it changes nothing. */
  #firstMatch(text: string): { start: number; end: number } | undefined {
    let first: { start: number; end: number } | undefined;
    for (const stop of this.#stops) {
      const start = text.indexOf(stop);
      if (start < 0) continue;
      const end = start + stop.length;
      if (first === undefined || end < first.end || (end === first.end && start < first.start)) first = { start, end };
    }
    return first;
  }

  /** The length of the longest end of `text` that begins a stop string. */
  #partialLength(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
