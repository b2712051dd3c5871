/** A part of an answer. A `toolCall` is followed by its `arguments`, which together are JSON text. */
export type AnswerPart =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "toolCall"; id: string; name: string }
  | { type: "arguments"; text: string };

/**
 * Tells thoughts, calls of tools and what is said apart, in text that arrives in pieces; how it is cut makes no difference but to where texts
 * of the same kind are cut. It never throws, and whatever is malformed or unfinished is given out as text.
 */
export interface AnswerParser {
  /** Takes the next piece. */
  push(text: string): AnswerPart[];
  /** Gives out what was held back, once no more text comes. */
  end(): AnswerPart[];
}
