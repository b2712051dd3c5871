import type { TokenLogprob } from "../../lib/engine/mod.ts";

/** OpenAI's way to say "so unlikely that the number means nothing"; JSON has no infinity. */
const UNLIKELY = -9999;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A token's text, or undefined where its bytes are no whole characters. */
export function tokenText({ bytes }: Pick<TokenLogprob, "bytes">): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // TextDecoder has no other way to tell.
    return undefined;
  }
}

/** Bytes as OpenAI writes those that are no whole characters: `\xe2\x80`. */
export function escapeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** A log-probability that JSON can hold. */
export function finiteLogprob({ logprob }: Pick<TokenLogprob, "logprob">): number {
  return Math.max(logprob, UNLIKELY);
}
