import { join } from "node:path";
import { IN_MEMORY, isLibraryFolder, libraryPlaces } from "./library_cache.ts";

/** Something that the cache keeps. */
export interface CacheItem {
  kind: "libraries" | "models" | "other";
  path: string;
  /** Bytes on disk, as file lengths. */
  size: number;
}

/** Lists what this user's cache folders hold, those for libraries and the one for models. */
export function listCache(): CacheItem[] {
  return libraryPlaces().filter((place) => place !== IN_MEMORY).flatMap((place) =>
    entriesOf(place).flatMap(({ name }): CacheItem[] => {
      const path = join(place, name);
      if (isLibraryFolder(name)) return [{ kind: "libraries", path, size: sizeOf(path) }];
      if (name !== "models") return [{ kind: "other", path, size: sizeOf(path) }];
      return entriesOf(path).map((file) => ({
        kind: "models",
        path: join(path, file.name),
        size: sizeOf(join(path, file.name)),
      }));
    })
  );
}

/** Removes what {@linkcode listCache} listed; libraries are unpacked again when they are needed. */
export function removeFromCache(items: readonly CacheItem[]): void {
  for (const { path } of items) {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // Another process was quicker.
    }
  }
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch {
    return []; // Not there, no folder, or not ours to look into: nothing of ours is in it.
  }
}

function sizeOf(path: string): number {
  const info = Deno.lstatSync(path);
  if (!info.isDirectory) return info.size;
  return entriesOf(path).reduce((sum, { name }) => sum + sizeOf(join(path, name)), 0);
}
