import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { type EmbedAnswer, type EmbeddingsAnswer, EmbeddingsRequest, EmbedRequest } from "../../schemas/ollama/mod.ts";
import { endOf } from "../embeddings.ts";
import { embedTexts } from "./embed_texts.ts";
import { toListedName } from "./to_listed_name.ts";
import { nanoseconds } from "./to_measures.ts";

/** Ollama's `POST /api/embed`: texts as vectors of length 1; without a text the model is loaded and nothing computed. */
export function createEmbed(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const started = performance.now();
    const request = await parseBody(c, EmbedRequest);
    const { engine, model } = await chooseEngine(app, request.model);
    const chosen = performance.now();
    const name = toListedName(model.id);
    const texts = toTexts(request.input);
    if (texts.length === 0) return c.json({ model: name, embeddings: [] } satisfies EmbedAnswer);
    const { vectors, promptTokens } = await embedTexts(texts, {
      engine,
      model,
      truncate: request.truncate ?? true,
      dimensions: request.dimensions || undefined,
      signal: endOf(c),
    });
    return c.json(
      {
        model: name,
        embeddings: vectors,
        total_duration: nanoseconds(performance.now() - started),
        load_duration: nanoseconds(chosen - started),
        prompt_eval_count: promptTokens,
      } satisfies EmbedAnswer,
    );
  };
}

/** Ollama's older `POST /api/embeddings`: one text as a vector, which is of length 1 here; a text that is too long is an error. */
export function createEmbeddings(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { model: name, prompt } = await parseBody(c, EmbeddingsRequest);
    const { engine, model } = await chooseEngine(app, name);
    if (!prompt) return c.json({ embedding: [] } satisfies EmbeddingsAnswer);
    const options = { engine, model, truncate: false, dimensions: undefined, signal: endOf(c) };
    const { vectors: [embedding = []] } = await embedTexts([prompt], options);
    return c.json({ embedding } satisfies EmbeddingsAnswer);
  };
}

function toTexts(input: EmbedRequest["input"]): string[] {
  if (typeof input === "string") return input === "" ? [] : [input];
  return input ?? [];
}
