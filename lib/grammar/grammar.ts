/**
 * A way to write a text. Plain data, so that it can be posted to a worker and kept as JSON. What it derives are code points, but for `until`
 * and `free`, which take any bytes.
 */
export type Expression =
  /** Exactly this text; may be empty. */
  | { kind: "text"; text: string }
  /** One code point of these ranges, ends included, in ascending order without overlap; none of them a surrogate. */
  | { kind: "chars"; ranges: [number, number][] }
  | { kind: "sequence"; items: Expression[] }
  /** One of them, at least one. */
  | { kind: "choice"; options: Expression[] }
  /** `max` undefined is without end. */
  | { kind: "repeat"; item: Expression; min: number; max?: number }
  | { kind: "rule"; name: string }
  /** The control token whose text this is, or the same text by letters, which is not empty. */
  | { kind: "marker"; text: string }
  /** Anything up to and with the first of these texts, each of which may be a {@linkcode Marker}'s, too. */
  | { kind: "until"; ends: string[] }
  /** Anything in which none of these texts occurs; it ends where the answer does. */
  | { kind: "free"; without: string[] }
  /** One of these tokens; `except`: any token but these. Of llama.cpp's grammars alone. */
  | { kind: "token"; tokens: (number | string)[]; except?: boolean };

/** What an answer may be: whatever its rule `root` derives. No rule may begin with itself. */
export interface Grammar {
  rules: Record<string, Expression>;
}

/** The rule that a grammar begins with. */
export const ROOT = "root";
