import type { Handler } from "hono";
import { createHash } from "node:crypto";
import type { ServedModel } from "../../../lib/engine/mod.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import type { LocalModel, LocalModels, RunningModel, RunningModels } from "../../schemas/ollama/mod.ts";
import { toModelDetails, toModifiedAt } from "./model_details.ts";
import { toListedName } from "./to_listed_name.ts";
import { servedModels } from "../models.ts";

/** Ollama's answer has a time at which a model is unloaded. Here that is never, or at a time that depends on its last request. */
const NEVER = "9999-12-31T23:59:59.000Z";

/** Ollama's `GET /api/tags`: the models that are served. */
export function listLocal(app: AppInput): Handler<AppEnv> {
  return (c) => c.json({ models: servedModels(app).map(toLocal) } satisfies LocalModels);
}

/** Ollama's `GET /api/ps`: those of them that are loaded. */
export function listRunning(app: AppInput): Handler<AppEnv> {
  return (c) => {
    const loaded = servedModels(app).filter(({ state }) => state === "loaded");
    return c.json({ models: loaded.map(toRunning) } satisfies RunningModels);
  };
}

function toLocal(model: ServedModel): LocalModel {
  return { ...toShared(model), modified_at: toModifiedAt(model.info) };
}

function toRunning(model: ServedModel): RunningModel {
  return {
    ...toShared(model),
    expires_at: NEVER,
    // How much of it is on a GPU is not known.
    size_vram: 0,
    context_length: model.info?.contextLength ?? 0,
  };
}

function toShared({ id, info }: ServedModel): Omit<LocalModel, "modified_at"> {
  const name = toListedName(id);
  return {
    name,
    model: name,
    size: info?.sizeBytes ?? 0,
    digest: createHash("sha256").update(id).digest("hex"),
    details: toModelDetails(info),
  };
}
