import type { AnswerLogprob, PromptToken, TokenLogprob } from "../../lib/engine/mod.ts";
import type { CompletionLogprobs } from "../schemas/mod.ts";
import { escapeBytes, finiteLogprob, tokenText } from "./token_text.ts";

/** Writes the log-probabilities of one choice in the shape of OpenAI's completion API, piece by piece. */
export class CompletionLogprobWriter {
  /** Text is counted from the bytes of the tokens, as a character may be made of several of them. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #offset = 0;

  /** The tokens of an echoed prompt, before all others. A first one that the tokenizer added is no part of the text. */
  echo(prompt: PromptToken[], text: string): CompletionLogprobs {
    const [first] = prompt;
    const isAdded = first !== undefined && !text.startsWith(tokenText(first) ?? "");
    const echoed = this.write(isAdded ? prompt.slice(1) : prompt);
    if (!isAdded) return echoed;
    return {
      tokens: [toText(first), ...echoed.tokens],
      token_logprobs: [null, ...echoed.token_logprobs],
      top_logprobs: [null, ...echoed.top_logprobs],
      text_offset: [0, ...echoed.text_offset],
    };
  }

  /** The tokens of the next piece of the text. */
  write(tokens: (AnswerLogprob | PromptToken)[]): CompletionLogprobs {
    return {
      tokens: tokens.map(toText),
      token_logprobs: tokens.map(({ logprob }) => logprob === undefined ? null : finiteLogprob({ logprob })),
      top_logprobs: tokens.map(toTop),
      text_offset: tokens.map((token) => this.#pass(token)),
    };
  }

  /** Where a token begins, and past it. */
  #pass({ bytes }: Pick<TokenLogprob, "bytes">): number {
    const offset = this.#offset;
    this.#offset += [...this.#decoder.decode(bytes, { stream: true })].length;
    return offset;
  }
}

/** Two that follow each other as one. */
export function joinLogprobs(a: CompletionLogprobs, b: CompletionLogprobs): CompletionLogprobs {
  return {
    tokens: [...a.tokens, ...b.tokens],
    token_logprobs: [...a.token_logprobs, ...b.token_logprobs],
    top_logprobs: [...a.top_logprobs, ...b.top_logprobs],
    text_offset: [...a.text_offset, ...b.text_offset],
  };
}

function toTop({ logprob, top, ...token }: AnswerLogprob | PromptToken): Record<string, number> | null {
  if (logprob === undefined || top === undefined) return null;
  return Object.fromEntries([...top, { ...token, logprob }].map((each) => [toText(each), finiteLogprob(each)]));
}

function toText(token: Pick<TokenLogprob, "bytes">): string {
  return tokenText(token) ?? `bytes:${escapeBytes(token.bytes)}`;
}
