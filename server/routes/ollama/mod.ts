import { Hono } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { requireReady } from "../../guard.ts";
import { createChat } from "./chat.ts";
import { createEmbed, createEmbeddings } from "./embed.ts";
import { createGenerate } from "./generate.ts";
import { listLocal, listRunning } from "./list_models.ts";
import { showModel } from "./show_model.ts";
import { getVersion } from "./version.ts";

export { toOllamaErrorResponse } from "./to_error.ts";

/** Ollama's API; paths begin with `/api`. What pulls, makes or deletes models is not here. */
export function ollamaApi(app: AppInput): Hono<AppEnv> {
  const ready = requireReady(app.engine);
  return new Hono<AppEnv>({ strict: false })
    .get("/api/version", getVersion(app))
    .get("/api/tags", ready, listLocal(app))
    .get("/api/ps", ready, listRunning(app))
    .post("/api/show", ready, showModel(app))
    .post("/api/chat", ready, createChat(app))
    .post("/api/generate", ready, createGenerate(app))
    .post("/api/embed", ready, createEmbed(app))
    .post("/api/embeddings", ready, createEmbeddings(app));
}
