import type { Sequence } from "./sequence.ts";

/** How the cells of the KV cache are shared out: one pool for all sequences, or an equal part for each. */
export type Layout = "unified" | "split";

/** A KV cache whose layout can be changed while its sequences rest elsewhere. */
export interface SwitchableLayout {
  readonly unified: boolean;
  /** Cells of one sequence in the split layout; undefined when the layout must stay as it is. */
  readonly splitLength: number | undefined;
  /** Makes the cache anew, empty. */
  switchLayout(layout: Layout): void;
}

/** From so many sequences on the split layout is faster by more than a switch costs (docs/bench.md). */
const SPLIT_FROM = 4;
/** An answer whose end is not known is expected to need so many more tokens. */
const EXPECTED_TOKENS = 256;
/** Decodes from one change to the next one to the split layout, so that sequences at its limit do not switch it to and fro. */
const REST = 200;

/**
 * Chooses the layout by the load. Many sequences are computed faster in equal parts, each attending to its own cells; one pool lets a long
 * sequence have what the others do not use.
 */
export class LayoutPolicy {
  readonly #cache: SwitchableLayout;
  #asked: Layout | undefined;
  #sinceAsked = REST;

  constructor(cache: SwitchableLayout) {
    this.#cache = cache;
  }

  /** Asked before each decode: the layout to change to, or undefined to stay. */
  wanted(running: readonly Sequence[]): Layout | undefined {
    const { unified, splitLength: part } = this.#cache;
    if (part === undefined) return undefined;
    const rested = ++this.#sinceAsked > REST;
    if (unified) {
      if (!rested || running.length < SPLIT_FROM) return undefined;
      const fit = running.every(({ length, tokensLeft }) => length + Math.min(tokensLeft, EXPECTED_TOKENS) <= part);
      return fit ? this.#ask("split") : undefined;
    }
    // A change that could not be made is not tried with each decode.
    if (!rested && this.#asked === "unified") return undefined;
    return running.some(({ length }) => length >= part) ? this.#ask("unified") : undefined;
  }

  #ask(layout: Layout): Layout {
    this.#asked = layout;
    this.#sinceAsked = 0;
    return layout;
  }
}
