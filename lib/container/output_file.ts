import { basename, dirname, join } from "node:path";
import { statfsSync } from "node:fs";
import { EngineError } from "../errors.ts";

/** A file that appears under its final name only when it is whole. */
export interface OutputFile extends Disposable {
  /** The temporary file, beside the final one; positioned by whoever writes. */
  readonly file: Deno.FsFile;
  /** Another handle of it, to sync it by while it is written. */
  readonly syncFile: Deno.FsFile;
  /** Where it will be. */
  readonly path: string;
  /** Makes it durable, executable (0755), and renames it. Without it, disposing removes the temporary file. */
  commit(): void;
}

const SUFFIX = ".packing";

/**
 * Begins a file beside `path` under a temporary name. Leftovers of packs of the same file that were killed are removed.
 *
 * @param path The final name; a regular file there is replaced when {@linkcode OutputFile.commit} renames, not before.
 * @param expectedBytes What the file will about need, to refuse at once when the disk has less.
 * @throws {EngineError} `io` when the folder is missing, not writable or full, or when something else has that name.
 */
export function createOutput(path: string, expectedBytes: number): OutputFile {
  checkReplaceable(path);
  removeLeftovers(path);
  const { file, temporary } = openTemporary(path);
  const syncFile = Deno.openSync(temporary, { write: true });
  let open = true;
  const output: OutputFile = {
    file,
    syncFile,
    path,
    commit(): void {
      try {
        file.syncSync();
        syncFile.close();
        if (Deno.build.os !== "windows") Deno.chmodSync(temporary, 0o755);
        // Windows renames no open file; elsewhere it is renamed while the lock still protects it.
        if (Deno.build.os === "windows") file.close();
        Deno.renameSync(temporary, path);
        open = false;
        if (Deno.build.os !== "windows") file.close();
      } catch (error) {
        throw writeError(path, error);
      }
      syncFolder(dirname(path));
    },
    [Symbol.dispose](): void {
      if (!open) return;
      open = false;
      ignoreMissing(() => file.close(), Deno.errors.BadResource);
      ignoreMissing(() => syncFile.close(), Deno.errors.BadResource);
      ignoreMissing(() => Deno.removeSync(temporary), Deno.errors.NotFound);
    },
  };
  try {
    checkSpace(path, expectedBytes);
  } catch (error) {
    output[Symbol.dispose]();
    throw error;
  }
  return output;
}

/** Turns what the OS said while writing `path` into one clear line. */
export function writeError(path: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const full = /os error 28\b|os error 112\b|No space left/.test(text);
  const why = full ? "the disk is full; free some space or name another folder with -o" : text;
  return new EngineError("io", `Cannot write "${path}": ${why}`, { cause: error });
}

function checkReplaceable(path: string): void {
  try {
    const stat = Deno.statSync(path);
    if (stat.isFile) return;
    const is = stat.isDirectory ? "is a folder" : "is not a regular file";
    throw new EngineError("io", `Cannot write "${path}": it ${is}; name a file with -o`);
  } catch (error) {
    // Nothing there is the usual case; any other trouble shows when the temporary file is made.
    if (error instanceof EngineError) throw error;
  }
}

function openTemporary(path: string): { file: Deno.FsFile; temporary: string } {
  const folder = dirname(path);
  for (;;) {
    const temporary = join(folder, `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}${SUFFIX}`);
    const file = tryCreate(path, temporary);
    if (file !== undefined && holdLock(file) && exists(temporary)) return { file, temporary };
    // Either the name was taken, or another pack took the file for a leftover before it was locked.
    file?.close();
  }
}

function tryCreate(path: string, temporary: string): Deno.FsFile | undefined {
  const folder = dirname(path);
  try {
    return Deno.openSync(temporary, { read: true, write: true, createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    const failed = `Cannot write "${path}"`;
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new EngineError("io", `${failed}: there is no folder "${folder}"; create it first`, { cause: error });
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      const message = `${failed}: this user may not write to the folder "${folder}"; name another with -o`;
      throw new EngineError("io", message, { cause: error });
    }
    throw writeError(path, error);
  }
}

// A pack holds a lock on its temporary file for as long as it lives, so one that can be locked is a leftover.
function removeLeftovers(path: string): void {
  const folder = dirname(path);
  const prefix = `.${basename(path)}.`;
  const names = listFolder(folder).filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX));
  for (const name of names) {
    try {
      using file = Deno.openSync(join(folder, name), { write: true });
      if (file.tryLockSync(true)) Deno.removeSync(join(folder, name));
    } catch {
      // A leftover that cannot be removed only wastes space; this pack can go on.
    }
  }
}

function listFolder(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    // A folder that is missing or cannot be listed is reported when the temporary file is made.
    return [];
  }
}

function holdLock(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    // Some network file systems have no locks; then leftovers there stay.
    return true;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function checkSpace(path: string, expectedBytes: number): void {
  const free = freeBytes(dirname(path));
  if (free === undefined || free >= expectedBytes) return;
  const found = `it needs ${megabytes(expectedBytes)} MB, the disk has ${megabytes(free)} MB free`;
  throw new EngineError("io", `Cannot write "${path}": ${found}; free some space or name another folder with -o`);
}

function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Not every file system tells; a full disk is then found while writing.
    return undefined;
  }
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}

function syncFolder(folder: string): void {
  if (Deno.build.os === "windows") return;
  try {
    using directory = Deno.openSync(folder);
    directory.syncSync();
  } catch {
    // The file itself is durable and in place; not every file system syncs folders.
  }
}

function ignoreMissing(action: () => void, expected: new (message?: string) => Error): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof expected)) throw error;
  }
}
