import type { AnswerLogprob, FinishReason } from "../../../lib/engine/mod.ts";
import { Sequence, type SequenceOptions, type SequenceVocabulary } from "../../../lib/engine/sequence.ts";

/** Ends generation. */
export const END = 0;
/** Tokens 1 to 11 stand for text. */
export const VOCABULARY_SIZE = 12;
/** The tokens before it that the next one may be a copy of. */
export const MEMORY = 6;

const PIECES = ["", "a", "b", "c", "d", "e", "f", "g", "h"].map((text) => new TextEncoder().encode(text));
// é cut into its bytes, which may also come alone; and a line break.
PIECES.push(Uint8Array.of(0xc3), Uint8Array.of(0xa9), new TextEncoder().encode("ab\n"));

/** The vocabulary of the fake model. */
export const FAKE_VOCABULARY: SequenceVocabulary = {
  isEndOfGeneration: (token) => token === END,
  piece: (token) => PIECES[token] ?? new Uint8Array(),
};

/** What the cell of a token holds: a hash of it, of all tokens before it and of the adapters it was computed with. */
export function cellValue(before: number, token: number, variant: string): number {
  let value = scramble(before ^ scramble(token + 1));
  for (let i = 0; i < variant.length; i++) value = scramble(value ^ variant.charCodeAt(i));
  return value;
}

/** The value that the first token of a text goes on from. */
export const BEGINNING = 12345;

/**
 * The token that follows: a function of all tokens before it, by the value of their last cell. It often is one of the last few, so that
 * texts repeat themselves and can be guessed.
 *
 * @param salt What the sampler adds.
 */
export function nextToken(value: number, recent: readonly number[], salt: number): number {
  const hash = scramble(value ^ scramble(salt + 77)) >>> 0;
  if (hash % 40 === 0) return END;
  const copied = recent.at(-(3 + salt % 3));
  if (copied !== undefined && hash % 8 < 6) return copied;
  return 1 + (hash >>> 8) % (VOCABULARY_SIZE - 1);
}

/** Some token ids that follow from a seed. */
export function someTokens(seed: number, length: number): number[] {
  let state = scramble(seed + 1);
  return Array.from({ length }, () => {
    state = scramble(state + 0x6d2b79f5);
    return 1 + (state >>> 8) % (VOCABULARY_SIZE - 1);
  });
}

/** Its logarithms are what they are; what counts is that each is its token's own. */
export function fakeLogprob(token: number, value: number): AnswerLogprob {
  return { token, bytes: FAKE_VOCABULARY.piece(token), logprob: -(value >>> 0) / 2 ** 32, top: [] };
}

/** What a sequence says when it is alone and nothing is cached, guessed or dropped. */
export interface AloneAnswer {
  text: string;
  finishReason: FinishReason;
  stopString: string | undefined;
  completionTokens: number;
  logprobs: AnswerLogprob[];
  /** Prompt and answer. */
  tokens: number[];
}

/** Computes token after token from the prompt on, without a scheduler. The sequence must end, and no context shift is made. */
export function answerAlone(options: SequenceOptions, salt: number): AloneAnswer {
  const sequence = new Sequence(options);
  let value = BEGINNING;
  for (const token of sequence.tokens) value = cellValue(value, token, sequence.variant);
  let text = "";
  const logprobs: AnswerLogprob[] = [];
  for (;;) {
    const token = nextToken(value, sequence.tokens.slice(-MEMORY), salt);
    const logprob = options.logprobs === undefined ? undefined : fakeLogprob(token, value);
    const advance = sequence.advance(token, logprob);
    value = cellValue(value, token, sequence.variant);
    text += advance.text;
    logprobs.push(...advance.logprobs);
    const { finishReason, stopString } = advance;
    if (finishReason === undefined) continue;
    const { completionTokens, tokens } = sequence;
    return { text, finishReason, stopString, completionTokens, logprobs, tokens };
  }
}

/** One round of a 32-bit mixer (https://github.com/skeeto/hash-prospector, "lowbias32"). */
function scramble(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) | 0;
}
