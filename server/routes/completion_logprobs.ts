import type { AnswerLogprob, TokenLogprob } from "../../lib/engine/mod.ts";
import type { CompletionLogprobs } from "../schemas/mod.ts";
import { escapeBytes, finiteLogprob, tokenText } from "./token_text.ts";

/** Writes the log-probabilities of one choice in the shape of OpenAI's completion API, piece by piece. */
export class CompletionLogprobWriter {
  /** Text is counted from the bytes of the tokens, as a character may be made of several of them. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #offset = 0;

  /** The tokens of the next piece of the text. */
  write(logprobs: AnswerLogprob[]): CompletionLogprobs {
    return {
      tokens: logprobs.map(toText),
      token_logprobs: logprobs.map(finiteLogprob),
      top_logprobs: logprobs.map(toTop),
      text_offset: logprobs.map((logprob) => this.#pass(logprob)),
    };
  }

  /** Where a token begins, and past it. */
  #pass({ bytes }: TokenLogprob): number {
    const offset = this.#offset;
    this.#offset += [...this.#decoder.decode(bytes, { stream: true })].length;
    return offset;
  }
}

function toTop(logprob: AnswerLogprob): Record<string, number> {
  return Object.fromEntries([...logprob.top, logprob].map((token) => [toText(token), finiteLogprob(token)]));
}

function toText(logprob: TokenLogprob): string {
  return tokenText(logprob) ?? `bytes:${escapeBytes(logprob.bytes)}`;
}
