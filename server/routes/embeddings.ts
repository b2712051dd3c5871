import type { Context, Handler } from "hono";
import { EngineError } from "../../lib/errors.ts";
import type { AppEnv, AppInput } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { parseBody } from "../parse_body.ts";
import { type EmbeddingList, EmbeddingRequest } from "../schemas/mod.ts";

/** `POST /v1/embeddings`: texts as vectors. */
export function createEmbeddings(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { input, encoding_format, dimensions, model: name } = await parseBody(c, EmbeddingRequest);
    const { engine, model: { id: model } } = await chooseEngine(app, name);
    const { embeddings, size, promptTokens } = await engine.embed({ inputs: toInputs(input) }, endOf(c));
    if (embeddings.some(({ length }) => length !== size)) {
      const message =
        "Without pooling a text has many vectors, which this API cannot carry; start with another --pooling";
      throw new EngineError("invalid_value", message, { param: "model" });
    }
    const length = dimensions ?? size;
    if (length > size) {
      const message = `Invalid "dimensions": the model's embeddings have ${size}, found ${length}`;
      throw new EngineError("invalid_value", message, { param: "dimensions" });
    }
    const encode = encoding_format === "base64" ? toBase64 : Array.from<number>;
    return c.json(
      {
        object: "list",
        model,
        data: embeddings.map((vector, index) => ({
          object: "embedding",
          index,
          embedding: encode(shortened(vector, length)),
        })),
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      } satisfies EmbeddingList,
    );
  };
}

/** Aborted when the client leaves or the server is shut down. */
export function endOf(c: Context<AppEnv>): AbortSignal {
  return AbortSignal.any([c.req.raw.signal, ...(c.env?.stop === undefined ? [] : [c.env.stop])]);
}

function toInputs(input: EmbeddingRequest["input"]): (string | number[])[] {
  if (typeof input === "string") return [input];
  const numbers = input.filter((element) => typeof element === "number");
  return numbers.length > 0 ? [numbers] : input.filter((element) => typeof element !== "number");
}

/** As OpenAI shortens its own: the beginning, of length 1 again. */
function shortened(vector: Float32Array, length: number): Float32Array {
  if (length === vector.length) return vector;
  const start = vector.slice(0, length);
  const norm = Math.sqrt(start.reduce((sum, value) => sum + value * value, 0));
  return norm > 0 ? start.map((value) => value / norm) : start;
}

function toBase64(vector: Float32Array): string {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength).toBase64();
}
