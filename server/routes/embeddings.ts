import type { Context, Handler } from "hono";
import type { AppEnv, AppInput } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { parseBody } from "../parse_body.ts";
import { type EmbeddingList, EmbeddingRequest } from "../schemas/mod.ts";
import { promptsOf } from "../schemas/llama/mod.ts";
import { pooledVectors } from "./pooled_vectors.ts";
import { toEmbedInput } from "./to_embed_input.ts";

/** `POST /v1/embeddings`: texts as vectors. */
export function createEmbeddings(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { input, encoding_format, dimensions, model: name } = await parseBody(c, EmbeddingRequest);
    const { engine, model: { id: model } } = await chooseEngine(app, name);
    const inputs = await Array.fromAsync(promptsOf(input), (each) => toEmbedInput(each, engine));
    const { embeddings, size, promptTokens } = await engine.embed({ inputs }, endOf(c));
    const vectors = pooledVectors({ embeddings, size }, dimensions ?? size);
    const encode = encoding_format === "base64" ? toBase64 : Array.from<number>;
    return c.json(
      {
        object: "list",
        model,
        data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: encode(vector) })),
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      } satisfies EmbeddingList,
    );
  };
}

/** Aborted when the client leaves or the server is shut down. */
export function endOf(c: Context<AppEnv>): AbortSignal {
  return AbortSignal.any([c.req.raw.signal, ...(c.env?.stop === undefined ? [] : [c.env.stop])]);
}

function toBase64(vector: Float32Array): string {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength).toBase64();
}
