import { Hono } from "hono";
import { answerFailures } from "./answer_failures.ts";
import type { AppEnv, AppInput } from "./app_input.ts";
import { guard, requireReady } from "./guard.ts";
import { meter } from "./metrics.ts";
import { nameIgnored } from "./name_ignored.ts";
import { nameRelaxed } from "./name_relaxed.ts";
import {
  countChatTokens,
  createChatCompletion,
  createCompletion,
  createEmbeddings,
  describedApi,
  getHealth,
  getModel,
  listModels,
  showIndex,
} from "./routes/mod.ts";
import { anthropicApi } from "./routes/anthropic/mod.ts";
import { llamaApi } from "./routes/llama/mod.ts";
import { ollamaApi } from "./routes/ollama/mod.ts";
import { responsesApi } from "./routes/responses/mod.ts";

/**
 * The whole HTTP side as an app that does not listen: `serve` does, and tests call `app.request("/path")`.
 *
 * @example
 * ```ts
 * const app = createApp({ engine, options: { version: "1.0.0" } });
 * const response = await app.request("/v1/models");
 * ```
 */
export function createApp(given: AppInput): Hono<AppEnv> {
  const input = meter(given);
  const app = new Hono<AppEnv>({ strict: false });
  answerFailures(app);
  guard(app);
  app.use(nameIgnored());
  app.use(nameRelaxed());
  app.get("/", showIndex(input));
  app.route("/", describedApi(input));
  app.get("/health", getHealth(input));
  app.route("/", llamaApi(input));
  const api = createApi(input);
  app.route("/v1", api);
  // llama-server's users leave `/v1` out.
  app.route("/", api);
  // But without it, completions and embeddings have another shape there.
  app.post("/v1/completions", requireReady(input.engine), createCompletion(input));
  app.post("/v1/embeddings", requireReady(input.engine), createEmbeddings(input));
  const responses = responsesApi(input);
  app.route("/v1", responses);
  app.route("/", responses);
  app.route("/", anthropicApi(input));
  app.route("/", ollamaApi(input));
  return app;
}

function createApi(input: AppInput): Hono<AppEnv> {
  const ready = requireReady(input.engine);
  return new Hono<AppEnv>({ strict: false })
    .get("/models", ready, listModels(input))
    .get("/models/:id{.+}", ready, getModel(input))
    .post("/chat/completions", ready, createChatCompletion(input))
    .post("/chat/completions/input_tokens", ready, countChatTokens(input));
}
