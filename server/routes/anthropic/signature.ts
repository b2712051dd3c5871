/** Tells signatures of this server from those of others. */
const PREFIX = "packllama.";

/**
 * The signature of a thought, which clients send back with it. Nobody else can read one of Anthropic's, and there is nothing to prove here: it
 * only brings back what was left out of an answer.
 *
 * @param omitted The thought, where the answer does not have it.
 */
export function toSignature(omitted: string): string {
  return PREFIX + new TextEncoder().encode(omitted).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** What {@linkcode toSignature} was told; empty for one of another server. */
export function readSignature(signature: string): string {
  if (!signature.startsWith(PREFIX)) return "";
  try {
    const bytes = Uint8Array.fromBase64(signature.slice(PREFIX.length), { alphabet: "base64url" });
    return new TextDecoder().decode(bytes);
  } catch {
    return ""; // Whoever changed it gets nothing back.
  }
}
