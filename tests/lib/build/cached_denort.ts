import { join } from "node:path";
import { buildCacheDir } from "../../../lib/build/build_cache_dir.ts";
import { denortPath } from "../../../lib/build/denort.ts";
import { hostTarget, type Target, TARGETS } from "../../../lib/target.ts";
import { ROOT } from "../../built.ts";

/** The denort of this machine, which `deno task build` left in the cache, and those of the other targets that happen to be there. */
export async function cachedDenorts(): Promise<{ target: Target; path: string }[]> {
  const cacheDir = await buildCacheDir(join(ROOT, "dist"));
  const found = TARGETS.map((target) => ({ target, path: denortPath(target, cacheDir) })).filter(({ path }) =>
    exists(path)
  );
  if (found.some(({ target }) => target === hostTarget())) return found;
  throw new Error(`No denort for ${hostTarget()} in "${cacheDir}": run deno task build first`);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
