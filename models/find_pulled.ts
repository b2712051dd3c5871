import { join } from "node:path";
import { EngineError } from "../lib/errors.ts";
import { CATALOGUE } from "./catalogue.ts";
import { modelsDir } from "./fetch_model.ts";

/**
 * The file that `--model` means: a path is itself, the name of a catalogue's model is the file that `pull` put into the cache folder.
 *
 * @throws {EngineError} `not_found` when a model of the catalogue was not pulled yet.
 */
export function findPulled(model: string): string {
  const wanted = model.toLowerCase();
  const entry = CATALOGUE.find(({ name, aliases }) => name === wanted || aliases.includes(wanted));
  if (entry === undefined || exists(model)) return model;
  const path = join(modelsDir(), entry.file);
  if (exists(path)) return path;
  throw new EngineError("not_found", `Model "${model}" is not there yet; fetch it with: packllama pull ${entry.name}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false; // Not there, or not to be looked at: opening it says why.
  }
}
