import type { Embeddings } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";

/**
 * The one vector of each text, shortened to fewer dimensions as OpenAI shortens its own: the beginning, of length 1 again.
 *
 * @throws {EngineError} `invalid_value` for more dimensions than there are, and where a text has many vectors.
 */
export function pooledVectors(
  { embeddings, size }: Pick<Embeddings, "embeddings" | "size">,
  dimensions: number,
): Float32Array[] {
  if (embeddings.some(({ length }) => length !== size)) {
    const message =
      "Without pooling a text has many vectors, which this API cannot carry; start with another --pooling";
    throw new EngineError("invalid_value", message, { param: "model" });
  }
  if (dimensions > size) {
    const message = `Invalid "dimensions": the model's embeddings have ${size}, found ${dimensions}`;
    throw new EngineError("invalid_value", message, { param: "dimensions" });
  }
  return embeddings.map((vector) => shortened(vector, dimensions));
}

function shortened(vector: Float32Array, length: number): Float32Array {
  if (length === vector.length) return vector;
  const start = vector.slice(0, length);
  const norm = Math.sqrt(start.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? start.map((value) => value / norm) : start;
}
