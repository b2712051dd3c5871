import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provideNpmPackage } from "../lib/build/npm_package.ts";
import { ROOT } from "./built.ts";
import { cachedFolder } from "./cached_folder.ts";

/** The npm package that carries llama.cpp's sources, as a git bundle. */
const PACKAGE = "node-llama-cpp@3.21.1";
const BUNDLE = join("llama", "gitRelease.bundle");
/** Tag `v0.4.0`, the release that the native libraries were built from. */
const COMMIT = "80fb11ac73e66d89eae2c6a91d8a77428fa733ed";
/** What the tests read of it. */
const PATHS = ["include", "ggml/include", "ggml/src/ggml-backend-impl.h", "LICENSE"];
/** It pins the package's hash, and says that it has no dependencies: those, some 300 packages, are not wanted. */
const LOCK = fileURLToPath(new URL("../lib/build/locks/node-llama-cpp.lock", import.meta.url));

/**
 * The folder with the headers of the llama.cpp release that we bind: `include/`, `ggml/include/`. It is fetched once, with Deno (35 MB) and
 * git, into the cache folder that the build uses; later calls need neither the network nor git.
 *
 * @throws {EngineError} `internal` when the package cannot be had; `Error` when git is missing or the bundle holds another commit.
 */
export function provideNativeSource(): Promise<string> {
  return provideLlamaSource("headers", PATHS);
}

/**
 * A folder with these paths of that release, fetched as {@linkcode provideNativeSource} says.
 *
 * @param name Of this choice of paths, in the folder's name.
 * @throws As {@linkcode provideNativeSource}.
 */
export function provideLlamaSource(name: string, paths: readonly string[]): Promise<string> {
  return cachedFolder(`llama.cpp-${name}-${COMMIT.slice(0, 12)}`, async (work) => {
    const bundle = join(await provideNpmPackage(PACKAGE, LOCK, ROOT), BUNDLE);
    const [clone, files] = [join(work, "clone"), join(work, "files")];
    await git(["clone", "--quiet", "--no-checkout", bundle, clone]);
    await Deno.mkdir(files);
    await git(["-C", clone, "--work-tree", files, "checkout", "--quiet", COMMIT, "--", ...paths]);
    return files;
  });
}

async function git(args: string[]): Promise<void> {
  const command = new Deno.Command("git", { args, stdin: "null", stdout: "null", stderr: "piped" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}
