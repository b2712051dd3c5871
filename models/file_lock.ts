import { toEngineError } from "../lib/errors.ts";
import type { StartProgress } from "../lib/progress.ts";

/** Holds a lock until it is disposed. */
export type FileLock = Disposable;

/**
 * Makes sure that only one pull, of this process or another, works on a file. Waits while another one does.
 *
 * The lock is the OS's own on `<path>.lock`, so it ends with its holder however that dies: nothing is ever stale, and no process id
 * has to be trusted, which a container that shares the folder would number differently.
 *
 * @param path The file that is to be worked on; its folder exists.
 * @throws {EngineError} `io` when the folder cannot be written.
 */
export async function lockFile(path: string, startProgress: StartProgress): Promise<FileLock> {
  const lockPath = `${path}.lock`;
  while (true) {
    const file = await openLock(lockPath);
    try {
      await waitForLock(file, path, startProgress);
      if (await isStillAt(file, lockPath)) return { [Symbol.dispose]: () => release(file, lockPath) };
    } catch (error) {
      file.close();
      throw toEngineError(error, `Cannot lock "${lockPath}"`);
    }
    // Its holder removed it on leaving: the next one is another file.
    file.close();
  }
}

async function openLock(lockPath: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(lockPath, { create: true, read: true, write: true });
  } catch (error) {
    throw toEngineError(error, `Cannot write "${lockPath}"`);
  }
}

async function waitForLock(file: Deno.FsFile, path: string, startProgress: StartProgress): Promise<void> {
  if (await file.tryLock(true)) return;
  using _waiting = startProgress(`Waiting for another download of "${path}"`);
  await file.lock(true);
}

async function isStillAt(file: Deno.FsFile, lockPath: string): Promise<boolean> {
  const held = await file.stat();
  try {
    const there = await Deno.stat(lockPath);
    return there.ino === held.ino && there.dev === held.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function release(file: Deno.FsFile, lockPath: string): void {
  try {
    Deno.removeSync(lockPath);
  } catch {
    // Windows refuses while somebody waits for it; an empty file left behind is locked and used again.
  }
  file.close();
}
