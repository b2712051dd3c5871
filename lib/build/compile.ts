import { join } from "node:path";
import type { StartProgress } from "../progress.ts";
import type { Target } from "../target.ts";
import type { Bundle } from "./bundle.ts";
import { checkDenoVersion, runDeno } from "./run_deno.ts";

/** What {@linkcode compile} makes an executable of. */
export interface CompileOptions {
  bundle: Bundle;
  target: Target;
  /** The file of denort for `target`. */
  denort: string;
  /** An existing folder without a `package.json` in it; the executable is written there, under a name of its own. */
  folder: string;
  startProgress: StartProgress;
}

/** Everything that the program may do. `--no-prompt`: what it may not do fails, where Deno would ask on a terminal. */
const PERMISSIONS = ["--no-prompt", "--allow-all"];

/** Neither the project's configuration nor anything from the network or from folders above: the bundle is all there is. */
const ISOLATION = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only", "--node-modules-dir=none"];

// V8's code cache would save 13 ms of 100 at start, but lies in the folder for temporary files that all users share, under a name that all of
// them can guess: who puts a file there first decides what runs.
const START = ["--no-code-cache"];

// Deno writes modification times into the executable; any fixed one will do, and ZIP's first is one that every tool can show.
const MODIFIED = new Date("1980-01-01T00:00:00Z");

// What Deno needs to find its cache, and Windows to start a program; anything else, such as DENO_V8_FLAGS, could get into the executable.
const ENVIRONMENT = [
  "DENO_DIR",
  "HOME",
  "LOCALAPPDATA",
  "PATH",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "TMPDIR",
  "USERPROFILE",
  "XDG_CACHE_HOME",
];

/**
 * Makes an executable of a bundle with `deno compile`. The same bundle and denort give the same bytes.
 *
 * @returns The path of the executable in `folder`.
 * @throws {EngineError} `usage` under another version of Deno, `internal` with Deno's message when it fails.
 */
export async function compile({ bundle, target, denort, folder, startProgress }: CompileOptions): Promise<string> {
  checkDenoVersion();
  using progress = startProgress(`Compiling for ${target}`);
  for (const file of [bundle.main, ...bundle.included]) {
    await Deno.utime(join(bundle.folder, file), MODIFIED, MODIFIED);
  }
  const windows = target.includes("windows");
  const output = join(folder, `packllama-${target}${windows ? ".exe" : ""}`);
  const include = bundle.included.flatMap((file) => ["--include", file]);
  const args = ["compile", "--quiet", ...ISOLATION, ...START, ...PERMISSIONS, "--target", target, ...include];
  await runDeno([...args, "--output", output, bundle.main], {
    cwd: bundle.folder,
    env: { ...inherited(), DENORT_BIN: denort, DENO_NO_PACKAGE_JSON: "1" },
    clearEnv: true,
    doing: `Cannot compile for ${target}`,
  });
  const { size } = await Deno.stat(output);
  progress.finish(`Compiled for ${target} (${(size / 1e6).toFixed(1)} MB)`);
  return output;
}

function inherited(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of ENVIRONMENT) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}
