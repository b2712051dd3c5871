import { join } from "node:path";
import { EngineError } from "./errors.ts";

/** Parts of a split model behind its first one, and projectors: no models by themselves. */
const NO_MODEL = /-(?!00001)\d{5}-of-\d{5}\.gguf$|^mmproj/i;

/**
 * The models that a path stands for: a folder is all GGUF files in it, by name; anything else is itself.
 *
 * @throws {EngineError} `usage` for a folder without models.
 */
export function modelFilesOf(path: string): string[] {
  if (!isFolder(path)) return [path];
  const names = [...Deno.readDirSync(path)].filter(({ isDirectory }) => !isDirectory).map(({ name }) => name);
  const models = names.filter((name) => /\.gguf$/i.test(name) && !NO_MODEL.test(name)).sort();
  if (models.length === 0) throw new EngineError("bad_file", `There is no GGUF model in the folder "${path}"`);
  return models.map((name) => join(path, name));
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false; // Opening it says why.
  }
}
