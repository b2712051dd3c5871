import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../app_input.ts";
import { chooseEngine } from "../choose_engine.ts";
import { parseBody } from "../parse_body.ts";
import { type RerankList, RerankRequest } from "../schemas/mod.ts";
import { endOf } from "./embeddings.ts";

/** `POST /v1/rerank`: documents in the order of how well they answer a query. */
export function createRanking(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c.req.raw, RerankRequest);
    const { engine, model: { id: model } } = await chooseEngine(app, request.model);
    const documents = request.documents.map((document) => typeof document === "string" ? document : document.text);
    const { scores, promptTokens } = await engine.rerank({ query: request.query, documents }, endOf(c));
    const results = scores.map((score, index) => ({
      index,
      relevance_score: score,
      ...(request.return_documents ? { document: { text: documents[index] ?? "" } } : {}),
    })).sort((a, b) => b.relevance_score - a.relevance_score);
    return c.json(
      {
        object: "list",
        model,
        results: results.slice(0, request.top_n ?? undefined),
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      } satisfies RerankList,
    );
  };
}
