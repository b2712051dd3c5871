import type { Embeddings, Engine, ModelInfo } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { pooledVectors } from "../pooled_vectors.ts";

/** Characters that a text is first cut to for each token that it may have: far more than a token stands for, save in long runs of spaces. */
const CHARACTERS = 15;

/** What texts are embedded with. */
export interface EmbedTextsOptions {
  engine: Engine;
  model: ModelInfo;
  /** Cut off the end of what is too long, as Ollama does. */
  truncate: boolean;
  /** Only the first so many numbers; undefined is all. */
  dimensions: number | undefined;
  signal: AbortSignal;
}

/**
 * Turns texts into vectors of length 1.
 *
 * @throws {EngineError} What the engine throws; `invalid_value` for more dimensions than there are, and where a text has many vectors.
 */
export async function embedTexts(
  texts: string[],
  options: EmbedTextsOptions,
): Promise<{ vectors: number[][]; promptTokens: number }> {
  const { embeddings, size, promptTokens } = await embed(texts, options);
  const vectors = pooledVectors({ embeddings, size }, options.dimensions ?? size);
  return { vectors: vectors.map((vector) => Array.from(vector)), promptTokens };
}

/** Only once an input has turned out too long it is worth a look at how long. */
async function embed(texts: string[], { engine, model, truncate, signal }: EmbedTextsOptions): Promise<Embeddings> {
  try {
    return await engine.embed({ inputs: texts }, signal);
  } catch (error) {
    if (!truncate || !(error instanceof EngineError) || error.code !== "context_length_exceeded") throw error;
    const limit = Math.min(model.contextLength, model.trainContextLength);
    const inputs = await Array.fromAsync(texts, (text) => cut(text, { engine, limit }));
    return await engine.embed({ inputs }, signal);
  }
}

/** The tokens that a text begins with, and at its end the one that the model wants there. */
async function cut(text: string, { engine, limit }: { engine: Engine; limit: number }): Promise<number[]> {
  const tokenize = async (addSpecial: boolean): Promise<number[]> => {
    const prompt = { kind: "text", text: text.slice(0, limit * CHARACTERS) } as const;
    return Array.from(await engine.tokenize({ prompt, addSpecial }));
  };
  const whole = await tokenize(true);
  if (whole.length <= limit) return whole;
  const plain = await tokenize(false);
  const end = whole.at(-1) === plain.at(-1) ? [] : whole.slice(-1);
  return [...whole.slice(0, limit - end.length), ...end];
}
