import { join } from "node:path";
import { buildCacheDir } from "../lib/build/build_cache_dir.ts";
import { ROOT } from "./built.ts";

/**
 * A folder in the cache that the build uses, made when it is not there; it is only ever seen whole.
 *
 * @param name Says what is in it, down to the versions: what is there under this name is taken as it is.
 * @param make Gets an empty folder to work in, and returns the one, inside it, that is to be kept.
 * @throws Whatever `make` or the OS throws.
 */
export async function cachedFolder(name: string, make: (work: string) => Promise<string>): Promise<string> {
  const cache = await buildCacheDir(join(ROOT, "dist"));
  const folder = join(cache, name);
  if (await exists(folder)) return folder;
  const work = await Deno.makeTempDir({ dir: cache, prefix: `.${name}-` });
  try {
    await renameUnlessThere(await make(work), folder);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return folder;
}

/** Another process may have been faster; what it made is the same. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (!await exists(to)) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
