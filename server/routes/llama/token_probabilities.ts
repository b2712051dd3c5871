import type { AnswerLogprob, TokenLogprob } from "../../../lib/engine/mod.ts";
import type { TokenProbability } from "../../schemas/llama/mod.ts";
import { finiteLogprob } from "../token_text.ts";

/** Log-probabilities in llama-server's own shape. */
export function toTokenProbabilities(logprobs: AnswerLogprob[]): TokenProbability[] {
  return logprobs.map((logprob) => ({ ...toToken(logprob), top_logprobs: logprob.top.map(toToken) }));
}

function toToken(logprob: TokenLogprob): Omit<TokenProbability, "top_logprobs"> {
  return {
    id: logprob.token,
    // Streaming, it waits for the rest of a character, and so leaves out what is not complete.
    token: new TextDecoder("utf-8", { ignoreBOM: true }).decode(logprob.bytes, { stream: true }),
    bytes: [...logprob.bytes],
    logprob: finiteLogprob(logprob),
  };
}
