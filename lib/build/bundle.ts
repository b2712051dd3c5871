import { dirname, join, relative } from "node:path";
import type { StartProgress } from "../progress.ts";
import { npmFolders, projectFlags } from "./deno_info.ts";
import { runDeno } from "./run_deno.ts";

/** The program and the worker that it starts: from the project's folder, and where `main.js` expects to find the second. */
const ENTRIES = [
  { source: "main.ts", output: "main.js" },
  { source: "lib/engine/worker.ts", output: "lib/engine/worker.js" },
];

/** The files of a bundled program, as `deno compile` is to include them. */
export interface Bundle {
  /** The folder that holds nothing but the bundle. */
  folder: string;
  /** The program, relative to `folder`. */
  main: string;
  /** The other files, relative to `folder`. */
  included: string[];
}

/**
 * Bundles the program and its worker, npm packages included, into one JavaScript file each. The same sources and lock file give the same bytes,
 * wherever the project and Deno's cache lie.
 *
 * @param root The project's folder, with `deno.json` and `deno.lock`.
 * @param folder The folder to write to, made when missing.
 * @throws {EngineError} `internal` with Deno's message when a module cannot be bundled.
 */
export async function bundle(
  { root, folder, startProgress }: { root: string; folder: string; startProgress: StartProgress },
): Promise<Bundle> {
  using progress = startProgress("Bundling main.ts and its worker");
  for (const { source, output } of ENTRIES) {
    const path = join(folder, output);
    await Deno.mkdir(dirname(path), { recursive: true });
    const args = [
      "bundle",
      "--quiet",
      "--minify",
      "--platform",
      "deno",
      ...projectFlags(root),
      "--output",
      path,
      source,
    ];
    await runDeno(args, { cwd: root, doing: `Cannot bundle "${source}"` });
    const { registries } = await npmFolders(source, root);
    await Deno.writeTextFile(path, withoutMachinePaths(await Deno.readTextFile(path), [...registries], root));
  }
  const [main, ...included] = ENTRIES.map(({ output }) => output);
  progress.finish(`Bundled main.ts and its worker`);
  return { folder, main: main ?? "", included };
}

/**
 * Takes out of a bundle what differs from machine to machine: esbuild names each module by its path as seen from the working directory, which
 * tells where Deno's cache lies and which registry it mirrors.
 *
 * @param code The bundle.
 * @param registries The folders in Deno's cache with npm packages.
 * @param cwd Where `deno bundle` ran.
 */
export function withoutMachinePaths(code: string, registries: string[], cwd: string): string {
  return registries.reduce((text, folder) => {
    const seen = relative(cwd, folder).replaceAll("\\", "/");
    return text.replaceAll(`${seen}/`, "npm:");
  }, code);
}
