import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { LlamaEmbeddingRequest, type LlamaEmbeddings, promptsOf } from "../../schemas/llama/mod.ts";
import { endOf } from "../embeddings.ts";
import { toEmbedInput } from "../to_embed_input.ts";

/** `POST /embedding`: texts as vectors in llama-server's own shape, which also carries those of a model without pooling. */
export function createLlamaEmbeddings(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { content, input, model } = await parseBody(c, LlamaEmbeddingRequest);
    const { engine } = await chooseEngine(app, model);
    const inputs = await Array.fromAsync(promptsOf(content ?? input ?? []), (each) => toEmbedInput(each, engine));
    const { embeddings, size } = await engine.embed({ inputs }, endOf(c));
    return c.json(
      embeddings.map((vectors, index) => ({ index, embedding: toRows(vectors, size) })) satisfies LlamaEmbeddings,
    );
  };
}

function toRows(vectors: Float32Array, size: number): number[][] {
  return Array.from(
    { length: vectors.length / size },
    (_, row) => Array.from(vectors.subarray(row * size, (row + 1) * size)),
  );
}
