import { EngineError } from "../lib/errors.ts";

/**
 * Makes sure that an option names a folder.
 *
 * @throws {EngineError} `usage` where there is none.
 */
export function expectFolder(path: string, option: string): void {
  if (isFolder(path)) return;
  throw new EngineError("usage", `There is no folder "${path}" (${option}); create it first`);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
