import type { Engine, ModelInfo } from "../lib/engine/mod.ts";
import { EngineError } from "../lib/errors.ts";
import type { AppInput } from "./app_input.ts";
import { readyModel } from "./guard.ts";
import { servedId } from "./served_id.ts";

/**
 * The engine that answers a request, by the `model` that it names, with or without Ollama's tag; a server of one takes any name unless it is
 * strict. Of several it is loaded, which may take a while, if it never was: else it is when the request is computed.
 *
 * @throws {EngineError} `not_found` for a name that none of several has; why it cannot be loaded.
 */
export async function chooseEngine(
  { engine, models, options }: AppInput,
  name: string | null | undefined,
): Promise<{ engine: Engine; model: ModelInfo }> {
  if (models === undefined) {
    const model = readyModel(engine);
    if (options.strictModel && name && servedId(name, [model.id]) !== model.id) {
      throw new EngineError("not_found", `There is no model "${name}"; this server has "${model.id}"`, {
        param: "model",
      });
    }
    return { engine, model };
  }
  const chosen = models.select(servedId(name, models.list().map(({ id }) => id)));
  return { engine: chosen, model: await chosen.ready() };
}
