import { Hono } from "hono";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { logFailure } from "../../errors.ts";
import { requireReady } from "../../guard.ts";
import { createChat } from "./chat.ts";
import { createEmbed, createEmbeddings } from "./embed.ts";
import { createGenerate } from "./generate.ts";
import { listLocal, listRunning } from "./list_models.ts";
import { showModel } from "./show_model.ts";
import { toOllamaErrorResponse } from "./to_error.ts";
import { getVersion } from "./version.ts";

/** Ollama's API, with its own errors; paths begin with `/api`. What pulls, makes or deletes models is not here. */
export function ollamaApi(app: AppInput): Hono<AppEnv> {
  const ready = requireReady(app.engine);
  const api = new Hono<AppEnv>({ strict: false });
  api.onError((error, c) => {
    logFailure(error, `${c.req.method} ${c.req.path}`);
    return toOllamaErrorResponse(error);
  });
  return api
    .get("/api/version", getVersion(app))
    .get("/api/tags", ready, listLocal(app))
    .get("/api/ps", ready, listRunning(app))
    .post("/api/show", ready, showModel(app))
    .post("/api/chat", ready, createChat(app))
    .post("/api/generate", ready, createGenerate(app))
    .post("/api/embed", ready, createEmbed(app))
    .post("/api/embeddings", ready, createEmbeddings(app))
    // In Ollama's shape too: its clients cannot read the app's own.
    .all("/api/*", ({ req }) => {
      const message =
        `There is no ${req.method} ${req.path}; of Ollama's API there are GET /api/tags, ps and version, and ` +
        "POST /api/chat, generate, show, embed and embeddings";
      throw new EngineError("not_found", message);
    });
}
