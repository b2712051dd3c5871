import { type Llamafile, readEntry, type ZipEntry } from "../lib/container/mod.ts";
import { EngineError } from "../lib/errors.ts";
import type { PackedLibrary } from "../lib/library_cache.ts";

/**
 * Entries of a packed file, ready to be unpacked and checked.
 *
 * @throws {EngineError} `bad_file` when the manifest has no hash for one.
 */
export function packedFiles({ source, manifest, path }: Llamafile, entries: readonly ZipEntry[]): PackedLibrary[] {
  const hashes = new Map(manifest?.entries.map((entry) => [entry.name, entry.sha256]));
  return entries.map((entry) => {
    const sha256 = hashes.get(entry.name);
    if (sha256 === undefined) throw new EngineError("bad_file", `"${path}" has no hash for "${entry.name}"`);
    const name = entry.name.slice(entry.name.lastIndexOf("/") + 1);
    return { name, size: entry.size, sha256, read: () => new Uint8Array(readEntry(source, entry, entry.size)) };
  });
}
