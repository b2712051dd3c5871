import { join } from "node:path";
import * as z from "zod";
import { runDeno } from "./run_deno.ts";

const infoSchema = z.object({ denoDir: z.string(), npmCache: z.string() });

/** What `deno info --json` says of the npm packages that a module uses, by `name@version`. */
export const packagesSchema = z.object({
  npmPackages: z.record(z.string(), z.object({ name: z.string(), version: z.string(), registryUrl: z.string() })),
});

/** Where Deno keeps what it downloads. */
export type DenoInfo = z.infer<typeof infoSchema>;

/**
 * What has Deno take the project's import map and lock file. `deno.json` names no lock file itself: `deno task` would download all that it
 * names before the task has set `DENO_TLS_CA_STORE`.
 */
export function projectFlags(root: string): string[] {
  return ["--config", join(root, "deno.json"), "--lock", join(root, "deno.lock")];
}

/**
 * Asks Deno for its cache folders, which environment and platform decide.
 *
 * @param cwd Any existing folder.
 * @throws {EngineError} `internal` when Deno fails.
 */
export async function denoInfo(cwd: string): Promise<DenoInfo> {
  return infoSchema.parse(
    JSON.parse(await runDeno(["info", "--json", "--no-config"], { cwd, doing: "Cannot find Deno's cache" })),
  );
}

/**
 * The folders of Deno's cache that hold npm packages, each with a name and a version below it: one for each registry that the packages which a
 * module uses come from.
 *
 * @param specifier A module or an `npm:` specifier, already cached.
 * @param root The project's folder, with its `deno.json`.
 * @returns From `name@version` to the folder of that package, and the registries' folders.
 */
export async function npmFolders(
  specifier: string,
  root: string,
): Promise<{ packages: Map<string, string>; registries: Set<string> }> {
  const { npmCache } = await denoInfo(root);
  const args = ["info", "--json", ...projectFlags(root), specifier];
  const { npmPackages } = packagesSchema.parse(
    JSON.parse(await runDeno(args, { cwd: root, doing: `Cannot look up ${specifier}` })),
  );
  const packages = new Map<string, string>();
  const registries = new Set<string>();
  for (const { name, version, registryUrl } of Object.values(npmPackages)) {
    const registry = join(npmCache, registryFolder(registryUrl));
    registries.add(registry);
    packages.set(`${name}@${version}`, join(registry, name, version));
  }
  return { packages, registries };
}

/**
 * The folder below Deno's npm cache for a registry: its domain (nothing for an IP address) with `_` and the port, then a folder for each part of
 * the path. As seen in Deno 2.7.14.
 */
export function registryFolder(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  const domain = /^\[|^[\d.]+$/.test(hostname) ? "" : hostname;
  const host = [domain, port].filter((part) => part !== "").join("_");
  const parts = [host, ...pathname.split("/")].filter((part) => part !== "");
  return join(...parts.map((part) => part.replace(/[\\<>:"|?*]/g, "_")));
}
