import type { Handler } from "hono";
import type { ModelInfo } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { AppEnv, AppInput } from "../app_input.ts";
import { readyModel } from "../guard.ts";
import type { Model, ModelList } from "../schemas/mod.ts";

/** `GET /v1/models`: the one model that is served. */
export function listModels({ engine }: AppInput): Handler<AppEnv> {
  return (c) => c.json({ object: "list", data: [toModel(readyModel(engine))] } satisfies ModelList);
}

/** `GET /v1/models/{id}`: that model, or a 404 with code `model_not_found`. */
export function getModel({ engine }: AppInput): Handler<AppEnv> {
  return (c) => {
    const model = readyModel(engine);
    const id = c.req.param("id");
    if (id === model.id) return c.json(toModel(model));
    throw new EngineError("not_found", `There is no model "${id}"; this server has "${model.id}"`, { param: "model" });
  };
}

function toModel(model: ModelInfo): Model {
  return {
    id: model.id,
    object: "model",
    created: model.created,
    owned_by: "packllama",
    meta: {
      description: model.description,
      n_ctx: model.contextLength,
      n_ctx_train: model.trainContextLength,
      n_vocab: model.vocabularySize,
      n_params: model.parameters,
      size: model.sizeBytes,
    },
  };
}
