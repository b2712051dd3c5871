import type { Handler } from "hono";
import type { ModelInfo, ServedModel } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import type { AppEnv, AppInput } from "../app_input.ts";
import { readyModel } from "../guard.ts";
import { servedId } from "../served_id.ts";
import type { Model, ModelList } from "../schemas/mod.ts";

/** `GET /v1/models`: the models that are served. */
export function listModels(app: AppInput): Handler<AppEnv> {
  return (c) => c.json({ object: "list", data: servedModels(app).map(toModel) } satisfies ModelList);
}

/** `GET /v1/models/{id}`: one of them, or a 404 with code `model_not_found`. */
export function getModel(app: AppInput): Handler<AppEnv> {
  return (c) => {
    const models = servedModels(app);
    const ids = models.map(({ id }) => id);
    const id = servedId(c.req.param("id"), ids);
    const found = models.find((model) => model.id === id);
    if (found !== undefined) return c.json(toModel(found));
    const names = ids.map((id) => `"${id}"`).join(", ");
    throw new EngineError("not_found", `There is no model "${id}"; this server has ${names}`, { param: "model" });
  };
}

/**
 * The models that are served, loaded or not.
 *
 * @throws {EngineError} `loading` while there is just one, which is not loaded yet; why it could not be.
 */
export function servedModels({ engine, models }: AppInput): ServedModel[] {
  if (models !== undefined) return models.list();
  const info = readyModel(engine);
  return [{ id: info.id, state: "loaded", info }];
}

/** When this program began, for models that were not loaded yet: OpenAI's shape asks for a time. */
const STARTED = Math.floor(performance.timeOrigin / 1000);

function toModel({ id, state, info }: ServedModel): Model {
  return {
    id,
    object: "model",
    created: info?.created ?? STARTED,
    owned_by: "packllama",
    status: { value: state },
    ...(info === undefined ? {} : { meta: toMeta(info) }),
  };
}

function toMeta(model: ModelInfo): Model["meta"] {
  return {
    description: model.description,
    n_ctx: model.contextLength,
    n_ctx_train: model.trainContextLength,
    n_vocab: model.vocabularySize,
    n_params: model.parameters,
    size: model.sizeBytes,
  };
}
