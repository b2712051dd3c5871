import { join } from "node:path";
import { EngineError } from "./errors.ts";

/**
 * The folder for what can be had again, of the user who runs this: `XDG_CACHE_HOME`, else `~/Library/Caches` (macOS), `LOCALAPPDATA`
 * (Windows), `~/.cache` (elsewhere), each with `packllama` below it. The environment is read at each call; nothing is created.
 *
 * @see {@link https://specifications.freedesktop.org/basedir-spec/latest/} a relative `XDG_CACHE_HOME` counts as not set
 * @throws {EngineError} `io` when the environment names no such folder.
 */
export function userCacheDir(): string {
  const base = cacheBase();
  if (base === undefined) {
    const names = Deno.build.os === "windows" ? "XDG_CACHE_HOME and LOCALAPPDATA are" : "XDG_CACHE_HOME and HOME are";
    throw new EngineError("io", `There is no cache folder: ${names} not set; set XDG_CACHE_HOME to an absolute path`);
  }
  return join(base, "packllama");
}

function cacheBase(): string | undefined {
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  if (xdg && isAbsolutePath(xdg)) return xdg;
  if (Deno.build.os === "windows") return Deno.env.get("LOCALAPPDATA") || undefined;
  const home = Deno.env.get("HOME");
  if (!home) return undefined;
  return Deno.build.os === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}

function isAbsolutePath(path: string): boolean {
  return Deno.build.os === "windows" ? /^([a-z]:)?[\\/]/i.test(path) : path.startsWith("/");
}
