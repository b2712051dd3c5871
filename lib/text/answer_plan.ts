import type { Grammar } from "../grammar/grammar.ts";
import type { AnswerParser } from "./answer_parser.ts";

/** How the answer to a conversation is to be written and read. */
export interface AnswerPlan {
  /** What the model may write, thoughts and calls included; anything when absent. */
  grammar?: Grammar;
  /** Control tokens, by their texts, that must come as text, since the parser reads them. */
  markers: string[];
  /** Makes a parser for one choice; without it everything is text. */
  parser?: () => AnswerParser;
  /**
   * Ends the thoughts by writing `end` after so many tokens of them, unless they ended before. They begin with `begin`, or before the answer
   * does. There is a grammar then, which allows `end` at any time while they last.
   */
  budget?: { tokens: number; begin?: string; end: string };
}
