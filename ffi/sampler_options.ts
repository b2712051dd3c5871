import type { Vocabulary } from "./vocabulary.ts";

/** A temperature between `temperature - range` and `temperature + range`. Each from 0 on. */
export interface DynamicTemperature {
  temperature: number;
  range: number;
  /** How the entropy is mapped to the range. */
  exponent: number;
}

/** What XTC takes. */
export interface Xtc {
  /** How often it does anything; [0, 1]. */
  probability: number;
  /** Those at least as likely are dropped, but for the least likely of them; [0, 1], above 0.5 nothing. */
  threshold: number;
  minKeep: number;
  seed: number;
}

/** What mirostat 2 takes. */
export interface Mirostat2 {
  seed: number;
  /** The surprise to aim at; from 0 on. */
  tau: number;
  /** The rate of learning; from 0 on. */
  eta: number;
}

/** What mirostat 1 takes. */
export interface Mirostat extends Mirostat2 {
  vocabularySize: number;
  /** Tokens by which it estimates; 100 unless set, 2 at least. */
  m?: number;
}

/** What the penalties sampler takes. */
export interface Penalties {
  vocabularySize: number;
  /** Tokens back to which it looks; 0 turns it off, 2²⁴ is the most. */
  lastN: number;
  /** Above 0; 1 does nothing. */
  repeat: number;
  /** Subtracted for each time; 0 does nothing. */
  frequency: number;
  /** Subtracted once; 0 does nothing. */
  presence: number;
}

/** What DRY takes. */
export interface DryOptions {
  vocabulary: Vocabulary;
  /** 0 turns it off. */
  multiplier: number;
  /** Below 1 turns it off. */
  base: number;
  /** Tokens that may be repeated without a penalty. */
  allowedLength: number;
  /** Tokens back to which it looks; 0 turns it off, 2²⁴ is the most. */
  lastN: number;
  /** Texts at which a repetition ends. */
  breakers: readonly string[];
}

/** What adaptive-p takes. */
export interface AdaptiveP {
  /** The probability to aim at; [0, 1]. */
  target: number;
  /** How much the past counts; [0, 0.99]. */
  decay: number;
  seed: number;
}

/** What is added to which token's logit. */
export interface LogitBias {
  vocabularySize: number;
  /** Each token once; a finite bias, or -Infinity to ban it. */
  biases: readonly { token: number; bias: number }[];
}

/** A grammar in GBNF (llama.cpp's `grammars/README.md`). */
export interface GrammarOptions {
  vocabulary: Vocabulary;
  grammar: string;
  /** The rule to begin with. */
  root: string;
}

/** A grammar that holds only from a trigger on. */
export interface LazyGrammarOptions extends GrammarOptions {
  /** Regular expressions of C++ (ECMAScript); the first group that matches is where the grammar begins. */
  patterns: readonly string[];
  /** Tokens at which it begins, them included. */
  tokens: readonly number[];
}
