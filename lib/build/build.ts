import { join } from "node:path";
import { DEFAULT_MODEL, fetchModel, findModel } from "../../models/mod.ts";
import { ENGINE_RELEASE, pack } from "../container/mod.ts";
import { toEngineError } from "../errors.ts";
import type { StartProgress } from "../progress.ts";
import { hostTarget, type Target } from "../target.ts";
import { buildCacheDir } from "./build_cache_dir.ts";
import { type Bundle, bundle } from "./bundle.ts";
import { compile } from "./compile.ts";
import { provideDenort } from "./denort.ts";
import { hashBytes, hashFile } from "../hash_file.ts";
import { type NativeLibrary, provideNativeLibraries } from "./native_libraries.ts";
import { checkDenoVersion, DENO_VERSION } from "./run_deno.ts";
import { hashLock, hashSources, Stamp } from "./stamp.ts";

/** What {@linkcode build} makes, of what, and where. */
export interface BuildOptions {
  /** The project's folder. */
  root: string;
  /** The folder for what is built, made when missing. */
  dist: string;
  /** The platforms to make `packllama` for. */
  targets: readonly Target[];
  /** Those of `targets` to make the default model's llamafile for as well. */
  modelTargets: readonly Target[];
  startProgress: StartProgress;
}

/** What the steps of one build share. */
interface Job extends BuildOptions {
  stamp: Stamp;
  sources: string;
  /** A folder in `dist` that goes when the build ends. */
  workDir: string;
  cacheDir: string;
}

const WORK_PREFIX = ".build-";
const STALE_MS = 3_600_000;

/**
 * The name in `dist` of what is built for a target: the host's has none in it, so that `./dist/packllama` runs.
 *
 * @param stem `packllama`, or a model's name with `.llamafile`.
 */
export function outputName(stem: string, target: Target): string {
  const extension = target.includes("windows") ? ".exe" : "";
  if (target === hostTarget()) return stem + extension;
  return stem.replace(/(\.llamafile)?$/, `-${target}$1`) + extension;
}

/**
 * Builds `packllama` for each target, with its native libraries inside, and the default model's llamafiles. What is there already and was made of
 * the same sources, lock file and Deno stays as it is. Everything is written beside its place and renamed.
 *
 * @throws {EngineError} `usage` under another version of Deno, `download` when a part cannot be had, `io` when the disk is full or not
 * writable, `internal` when bundling or compiling fails.
 */
export async function build(options: BuildOptions): Promise<void> {
  checkDenoVersion();
  const { root, dist } = options;
  const workDir = await makeWorkDir(dist);
  try {
    const job: Job = {
      ...options,
      stamp: await Stamp.read(dist),
      sources: await hashSources(root),
      workDir,
      cacheDir: await buildCacheDir(dist),
    };
    await buildBases(job);
    for (const target of options.modelTargets) await buildModel(job, target);
  } catch (error) {
    throw toEngineError(error, "Cannot build");
  } finally {
    await Deno.remove(workDir, { recursive: true });
  }
}

async function buildBases(job: Job): Promise<void> {
  const { root, stamp, startProgress } = job;
  const stale: Target[] = [];
  for (const target of job.targets) {
    const name = outputName("packllama", target);
    if (await stamp.isCurrent(name, await baseKey(job, target))) sayCurrent(job, name);
    else stale.push(target);
  }
  if (stale.length === 0) return;
  // A package that the lock file does not know yet is added to it, and every key has the lock file in it: so all of them come first.
  const parts: Omit<BaseParts, "bundled">[] = [];
  for (const target of stale) {
    parts.push({ target, libraries: await provideNativeLibraries(target, { root, startProgress }) });
  }
  const bundled = await bundle({ root, folder: join(job.workDir, "bundle"), startProgress });
  for (const part of parts) await buildBase(job, { ...part, bundled });
}

/** What one base is made of, besides denort. */
interface BaseParts {
  target: Target;
  libraries: NativeLibrary[];
  bundled: Bundle;
}

async function buildBase(job: Job, { target, libraries, bundled }: BaseParts): Promise<void> {
  const { root, dist, workDir, cacheDir, stamp, startProgress } = job;
  const name = outputName("packllama", target);
  const denort = await provideDenort(target, { cacheDir, startProgress });
  const base = await compile({
    bundle: bundled,
    target,
    denort: denort.path,
    folder: workDir,
    startProgress,
  });
  const { sha256, pinned } = denort;
  const output = join(dist, name);
  await pack({
    base,
    target,
    output,
    libraries,
    engineRelease: ENGINE_RELEASE,
    denort: { sha256, pinned },
    startProgress,
  });
  await Deno.remove(base);

  const inputs: Record<string, string> = {
    sources: job.sources,
    "deno.lock": await hashLock(root),
    deno: DENO_VERSION,
  };
  inputs[pinned ? "denort" : "denort (not the pinned bytes)"] = sha256;
  for (const library of libraries) inputs[library.name] = await hashFile(library.path);
  await stamp.record(name, await baseKey(job, target), inputs);
}

async function buildModel(job: Job, target: Target): Promise<void> {
  const { dist, stamp, startProgress } = job;
  const entry = findModel(DEFAULT_MODEL);
  const name = outputName(`${entry.name}.llamafile`, target);
  const inputs = { base: await baseKey(job, target), model: entry.sha256, args: entry.args.join("\n") };
  const key = hashBytes(JSON.stringify(inputs));
  if (await stamp.isCurrent(name, key)) return sayCurrent(job, name);

  const path = await fetchModel(entry, { startProgress });
  const base = join(dist, outputName("packllama", target));
  await pack({ base, target, model: { path }, args: entry.args, output: join(dist, name), startProgress });
  await stamp.record(name, key, inputs);
}

/** Stands for all that a base is made of: the lock file pins the npm packages, the sources denort and what is asked of each tool. */
async function baseKey({ root, sources }: Job, target: Target): Promise<string> {
  return hashBytes([sources, await hashLock(root), DENO_VERSION, target].join("\n"));
}

function sayCurrent({ dist, startProgress }: Job, name: string): void {
  using progress = startProgress(`Looking at ${name}`);
  progress.finish(`"${join(dist, name)}" is up to date: reusing it`);
}

/** Makes a folder for half-made files, and removes those that builds which were killed have left. */
async function makeWorkDir(dist: string): Promise<string> {
  try {
    await Deno.mkdir(dist, { recursive: true });
    for await (const { name, isDirectory } of Deno.readDir(dist)) {
      if (!isDirectory || !name.startsWith(WORK_PREFIX)) continue;
      const { mtime } = await Deno.stat(join(dist, name));
      if (Date.now() - (mtime?.getTime() ?? 0) > STALE_MS) await Deno.remove(join(dist, name), { recursive: true });
    }
    return await Deno.makeTempDir({ dir: dist, prefix: WORK_PREFIX });
  } catch (error) {
    throw toEngineError(error, `Cannot write to "${dist}"`);
  }
}
