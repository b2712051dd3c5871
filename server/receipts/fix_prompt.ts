import type { Engine, Prompt } from "../../lib/engine/mod.ts";
import { hashBytes } from "../../lib/hash_file.ts";
import type { Receipt } from "../schemas/mod.ts";

/** A prompt of which nothing is left to the template. */
export interface FixedPrompt {
  /** As it came. */
  given: Receipt["request"]["prompt"];
  /** What the engine is to be asked: a conversation rendered once, since a template may write the time. */
  prompt: Prompt;
  /** That text; null for other prompts. */
  rendered: string | null;
}

/**
 * Renders a prompt.
 *
 * @throws {EngineError} As {@linkcode Engine.render}.
 */
export async function fixPrompt(engine: Engine, given: Prompt): Promise<FixedPrompt> {
  if (given.kind === "beginning" || given.kind === "parts") {
    throw new TypeError(`A receipt is not made of a prompt of the kind "${given.kind}"`);
  }
  const rendered = given.kind === "chat" ? await engine.render(given) : null;
  const prompt: Prompt = rendered === null ? given : { kind: "text", text: rendered };
  return { given: given.kind === "chat" ? toGivenChat(given) : given, prompt, rendered };
}

/** Of a conversation what its template sees: limits of thoughts, and whether they are told apart, bear on nothing where all is text. */
function toGivenChat({ kind, messages, template, reasoning }: Extract<Prompt, { kind: "chat" }>): FixedPrompt["given"] {
  const { effort, enabled } = reasoning ?? {};
  const seen = { ...(effort === undefined ? {} : { effort }), ...(enabled === undefined ? {} : { enabled }) };
  return {
    kind,
    messages,
    ...(template === undefined ? {} : { template }),
    ...(Object.keys(seen).length === 0 ? {} : { reasoning: seen }),
  };
}

/**
 * What a receipt says of a prompt.
 *
 * @throws {EngineError} As {@linkcode Engine.tokenize}.
 */
export async function promptFacts(
  engine: Engine,
  { prompt, rendered }: Pick<FixedPrompt, "prompt" | "rendered">,
): Promise<Receipt["prompt"]> {
  const tokens = await engine.tokenize({ prompt });
  return {
    rendered,
    sha256: prompt.kind === "text" ? hashBytes(prompt.text) : null,
    tokens: tokens.length,
    tokens_sha256: hashBytes(littleEndian(tokens)),
  };
}

function littleEndian(tokens: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(tokens.length * 4));
  for (const [i, token] of tokens.entries()) view.setInt32(i * 4, token, true);
  return new Uint8Array(view.buffer);
}
