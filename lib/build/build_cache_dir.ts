import { join } from "node:path";
import { userCacheDir } from "../user_cache_dir.ts";

/**
 * The folder for large downloads that later builds reuse, made when missing: in the user's cache, or, where that cannot be written, in `dist`.
 *
 * @throws The OS's error when neither can be written.
 */
export async function buildCacheDir(dist: string): Promise<string> {
  try {
    return await makeWritable(join(userCacheDir(), "build"));
  } catch {
    // There is no home folder, or it is read-only: then what is built is kept with what it was built of.
    return await makeWritable(join(dist, ".cache"));
  }
}

async function makeWritable(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".writable-" }));
  return folder;
}
