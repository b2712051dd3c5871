import { join } from "node:path";
import { EngineError } from "../errors.ts";
import { denoInfo, packagesSchema, registryFolder } from "./deno_info.ts";
import { runDeno } from "./run_deno.ts";

/**
 * Finds an npm package in Deno's cache, and has Deno download it first when it is not there.
 *
 * @param id Name and version, e.g. `@node-llama-cpp/linux-x64@3.21.1`.
 * @param lock A lock file of its own, which pins its hash and names no other package: Deno downloads all that a lock file names.
 * @param root Any existing folder.
 * @returns The package's folder.
 * @throws {EngineError} `download` when it cannot be had or has not the hash in the lock.
 */
export async function provideNpmPackage(id: string, lock: string, root: string): Promise<string> {
  const doing = `Cannot get npm:${id}`;
  const flags = ["--quiet", "--no-config", "--lock", lock, "--frozen", `npm:${id}`];
  try {
    await runDeno(["cache", ...flags], { cwd: root, doing });
    const said = await runDeno(["info", "--json", ...flags], { cwd: root, doing });
    const found = packagesSchema.parse(JSON.parse(said)).npmPackages[id];
    if (found === undefined) throw new Error(`${doing}: Deno does not say where it keeps it`);
    const { npmCache } = await denoInfo(root);
    return join(npmCache, registryFolder(found.registryUrl), found.name, found.version);
  } catch (error) {
    throw new EngineError("download", error instanceof Error ? error.message : String(error), { cause: error });
  }
}
