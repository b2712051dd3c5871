import { type Engine, type ModelInfo, ModelPool, WorkerEngine, type WorkerEngineOptions } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import { levelOfGgml, logger } from "../lib/log.ts";
import { modelName, prepareModel } from "./prepare_model.ts";
import { samplingOfOptions } from "./sampling_of_options.ts";
import { templateOfOptions } from "./template_of_options.ts";
import type { ServingInput } from "./start_serving.ts";

/** An engine whose thread has started. */
export interface StartedEngine {
  engine: Engine;
  /** The same where it serves several models, or unloads an idle one. */
  pool: ModelPool | undefined;
  /** The file of each model, by its name in the API. */
  files: ReadonlyMap<string, string>;
  /**
   * Checks the first model and begins to load it; resolves once it is loaded.
   *
   * @throws {EngineError} At once where it is the only one; otherwise later, as the promise.
   */
  load(): Promise<ModelInfo>;
}

/** Starts the engine's thread, for one model or several. */
export function startEngine(input: ServingInput): StartedEngine {
  const { options, modelPath, otherModels = [], workerUrl } = input;
  const engineOptions: Omit<WorkerEngineOptions, "modelId"> = {
    workerUrl,
    sampling: samplingOfOptions(options),
    ...(options.nPredict > 0 ? { maxTokens: options.nPredict } : {}),
    queue: options.queue,
    speculation: options.speculation,
    keep: options.keep,
    template: templateOfOptions(options),
    log: (level, text) => logger("llama")[levelOfGgml(level)]("{text}", { text }),
  };
  const modelId = options.alias ?? modelName(modelPath);
  if (otherModels.length > 0 || options.modelIdle > 0) return startPool(input, { engineOptions, modelId });
  const engine = new WorkerEngine({ ...engineOptions, modelId });
  const load = (): Promise<ModelInfo> => {
    const { load, provided } = prepareModel(modelPath, input);
    engine.load(load);
    return engine.ready().then((info) => {
      provided.remember(info.cpuVariant);
      return info;
    });
  };
  return { engine, pool: undefined, files: new Map([[modelId, modelPath]]), load };
}

function startPool(
  input: ServingInput,
  { engineOptions, modelId }: { engineOptions: Omit<WorkerEngineOptions, "modelId">; modelId: string },
): StartedEngine {
  const { options, modelPath, otherModels = [] } = input;
  if (otherModels.length > 0 && (options.lora.length > 0 || options.modelDraft || options.promptCache)) {
    throw new EngineError(
      "usage",
      "--lora, --model-draft and --prompt-cache belong to one model; serve that one alone",
    );
  }
  const models = [
    { id: modelId, path: modelPath },
    ...otherModels.map((path) => ({ id: modelName(path), path })),
  ];
  const twice = models.find(({ id }, i) => models.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined) {
    throw new EngineError("usage", `Two models are named "${twice.id}"; give "${twice.path}" another name`);
  }
  const pool = new ModelPool({
    models: models.map(({ id, path }) => ({
      id,
      prepare: (reserved) => prepareModel(path, { ...input, reserved }).load,
    })),
    engine: engineOptions,
    max: options.modelsMax,
    idleMs: options.modelIdle * 1000,
  });
  const files = new Map(models.map(({ id, path }) => [id, path]));
  return { engine: pool, pool, files, load: () => pool.ready() };
}
