import type { Handler } from "hono";
import type { Engine } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { LlamaEmbeddingRequest, type LlamaEmbeddings, type MixedText, promptsOf } from "../../schemas/llama/mod.ts";
import { endOf } from "../embeddings.ts";
import { toPrompt } from "./to_prompt.ts";

/** `POST /embedding`: texts as vectors in llama-server's own shape, which also carries those of a model without pooling. */
export function createLlamaEmbeddings(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { content, input, model } = await parseBody(c, LlamaEmbeddingRequest);
    const { engine } = await chooseEngine(app, model);
    const inputs = await Array.fromAsync(promptsOf(content ?? input ?? []), (each) => toInput(each, engine));
    const { embeddings, size } = await engine.embed({ inputs }, endOf(c));
    return c.json(
      embeddings.map((vectors, index) => ({ index, embedding: toRows(vectors, size) })) satisfies LlamaEmbeddings,
    );
  };
}

async function toInput(text: MixedText, engine: Engine): Promise<string | number[]> {
  const prompt = toPrompt(text);
  if (prompt.kind === "text") return prompt.text;
  return prompt.kind === "tokens" ? prompt.tokens : Array.from(await engine.tokenize({ prompt }));
}

function toRows(vectors: Float32Array, size: number): number[][] {
  return Array.from(
    { length: vectors.length / size },
    (_, row) => Array.from(vectors.subarray(row * size, (row + 1) * size)),
  );
}
