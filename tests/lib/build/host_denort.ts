import { join } from "node:path";
import { buildCacheDir } from "../../../lib/build/build_cache_dir.ts";
import { denortPath } from "../../../lib/build/denort.ts";
import { hostTarget, type Target } from "../../../lib/target.ts";
import { ROOT } from "../../built.ts";

/** This machine's denort, which `deno task build` left in the cache. */
export async function hostDenort(): Promise<{ target: Target; path: string }> {
  const target = hostTarget();
  const path = denortPath(target, await buildCacheDir(join(ROOT, "dist")));
  try {
    await Deno.stat(path);
  } catch (error) {
    throw new Error(`No denort at "${path}": run deno task build first`, { cause: error });
  }
  return { target, path };
}
