import type { ServedModel } from "../../../lib/engine/mod.ts";
import type { AppInput } from "../../app_input.ts";
import { readyModel } from "../../guard.ts";

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
