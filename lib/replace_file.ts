import { basename, dirname, join } from "node:path";

/** How {@linkcode replaceFile} leaves the file. */
export interface ReplaceFileOptions {
  /** Permission bits, e.g. `0o755`; 0644 less the umask when absent. Windows has none. */
  mode?: number;
}

/**
 * Writes a file so that its final name only ever shows the whole of it: beside the target, synced to disk, then renamed over it. Whatever fails,
 * the old file stays and nothing is left.
 *
 * @param path The file to make or to replace; its folder exists.
 * @param write Writes the content from the start.
 * @throws Whatever `write` or the OS throws.
 */
export async function replaceFile(
  path: string,
  write: (file: Deno.FsFile) => Promise<void>,
  options: ReplaceFileOptions = {},
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
  try {
    {
      using file = await Deno.open(beside, { createNew: true, write: true, ...options });
      await write(file);
      await file.sync();
    }
    // The mode at opening is subject to the umask, this is not.
    if (options.mode !== undefined && Deno.build.os !== "windows") await Deno.chmod(beside, options.mode);
    await Deno.rename(beside, path);
  } catch (error) {
    await removeQuietly(beside);
    throw error;
  }
}

/** Writes all of `bytes` at the file's position: one write may take only a part. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // It was never made, or is gone: what went wrong before matters more.
  }
}
