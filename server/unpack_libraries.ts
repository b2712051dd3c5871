import type { Llamafile } from "../lib/container/mod.ts";
import { type ProvidedLibraries, provideLibraries } from "../lib/library_cache.ts";
import { packedFiles } from "./packed_files.ts";

/**
 * Unpacks the native libraries of an executable, each checked.
 *
 * @param cpuVariant The one variant wanted; the best one when absent.
 * @throws {EngineError} As `provideLibraries`.
 */
export function unpackLibraries(executable: Llamafile, cpuVariant?: string): ProvidedLibraries {
  const packed = packedFiles(executable, executable.libraries);
  return provideLibraries(packed, cpuVariant === undefined ? {} : { cpuVariant });
}
