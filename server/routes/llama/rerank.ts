import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { RerankingRequest, type TeiRanks } from "../../schemas/llama/mod.ts";
import type { RerankList } from "../../schemas/mod.ts";
import { endOf } from "../embeddings.ts";

/** `POST /rerank` and its aliases: `documents` are answered in Jina's shape, `texts` in that of TEI. */
export function createReranking(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const request = await parseBody(c, RerankingRequest);
    const { engine, model: { id: model } } = await chooseEngine(app, request.model);
    const texts = request.texts ?? request.documents?.map((each) => typeof each === "string" ? each : each.text) ?? [];
    const { scores, promptTokens } = await engine.rerank({ query: request.query, documents: texts }, endOf(c));
    const withText = request.return_text ?? request.return_documents ?? false;
    const best = scores.map((score, index) => ({ index, score, text: texts[index] ?? "" }))
      .sort((a, b) => b.score - a.score).slice(0, request.top_n ?? undefined);
    if (request.texts) {
      return c.json(
        best.map(({ index, score, text }) => ({ index, score, ...(withText ? { text } : {}) })) satisfies TeiRanks,
      );
    }
    return c.json(
      {
        object: "list",
        model,
        results: best.map(({ index, score, text }) => ({
          index,
          relevance_score: score,
          ...(withText ? { document: { text } } : {}),
        })),
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      } satisfies RerankList,
    );
  };
}
