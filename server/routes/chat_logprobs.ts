import type { AnswerLogprob, TokenLogprob } from "../../lib/engine/mod.ts";
import type { ChatLogprobs } from "../schemas/mod.ts";
import { escapeBytes, finiteLogprob, tokenText } from "./token_text.ts";

type Token = Pick<ChatLogprobs["content"][number], "token" | "logprob" | "bytes">;

/** Log-probabilities in the shape of OpenAI's chat API. */
export function toChatLogprobs(logprobs: AnswerLogprob[]): ChatLogprobs {
  return {
    content: logprobs.map((logprob) => ({ ...toToken(logprob), top_logprobs: logprob.top.map(toToken) })),
    refusal: null,
  };
}

function toToken(logprob: TokenLogprob): Token {
  return {
    token: tokenText(logprob) ?? escapeBytes(logprob.bytes),
    logprob: finiteLogprob(logprob),
    bytes: [...logprob.bytes],
  };
}
