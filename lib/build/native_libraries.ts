import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENGINE_RELEASE } from "../container/mod.ts";
import { EngineError } from "../errors.ts";
import type { StartProgress } from "../progress.ts";
import type { Target } from "../target.ts";
import { provideNpmPackage } from "./npm_package.ts";

/** Of all packages; it carries the llama.cpp release that {@linkcode ENGINE_RELEASE} names. */
const PACKAGE_VERSION = "3.21.1";

const PLATFORMS: Record<Target, string> = {
  "x86_64-unknown-linux-gnu": "linux-x64",
  "aarch64-unknown-linux-gnu": "linux-arm64",
  "x86_64-pc-windows-msvc": "win-x64",
  "aarch64-apple-darwin": "mac-arm64-metal",
  "x86_64-apple-darwin": "mac-x64",
};

// libllama, libggml, libggml-base and the backends; not llama-common, which has what llama.cpp's own programs share, nor Node's addon.
const NEEDED = /^(lib)?(llama|ggml|ggml-[\w.-]+)(\.[\w.]+)?\.(so|dylib|dll)$/;

/** One native library. */
export interface NativeLibrary {
  /** Its file's name, by which the others load it. */
  name: string;
  path: string;
}

/** The npm package that has llama.cpp for a target, with its version, e.g. `@node-llama-cpp/linux-x64@3.21.1`. */
export function nativePackage(target: Target): string {
  return `@node-llama-cpp/${PLATFORMS[target]}@${PACKAGE_VERSION}`;
}

/** Whether a file of such a package is needed at run time. */
export function isNeededLibrary(name: string): boolean {
  return NEEDED.test(name);
}

/**
 * Finds llama.cpp's libraries for a target in Deno's cache, and has Deno download their npm package first when they are not there. A lock
 * file for each package pins its hash.
 *
 * @param root Any existing folder.
 * @returns The libraries, sorted by name.
 * @throws {EngineError} `download` when the package cannot be had or has not the hash in the lock; `bad_file` when it lacks libraries.
 */
export async function provideNativeLibraries(
  target: Target,
  { root, startProgress }: { root: string; startProgress: StartProgress },
): Promise<NativeLibrary[]> {
  const name = nativePackage(target);
  using progress = startProgress(`Getting npm:${name}`);
  const lock = fileURLToPath(new URL(`locks/${PLATFORMS[target]}.lock`, import.meta.url));
  const folder = await provideNpmPackage(name, lock, root);
  const libraries = await listLibraries(join(folder, "bins", PLATFORMS[target]));
  progress.finish(`npm:${name}: ${libraries.length} libraries of ${ENGINE_RELEASE}`);
  return libraries;
}

async function listLibraries(folder: string): Promise<NativeLibrary[]> {
  const libraries: NativeLibrary[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && isNeededLibrary(name)) libraries.push({ name, path: join(folder, name) });
    }
  } catch (error) {
    throw new EngineError("bad_file", `The npm package has no folder "${folder}"`, { cause: error });
  }
  for (const part of ["llama.", "ggml.", "ggml-base.", "ggml-cpu-"]) {
    if (libraries.some(({ name }) => name.replace(/^lib/, "").startsWith(part))) continue;
    throw new EngineError("bad_file", `No library "${part}…" in "${folder}"`);
  }
  return libraries.sort((a, b) => a.name < b.name ? -1 : 1);
}
