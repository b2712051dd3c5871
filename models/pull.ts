import { join } from "node:path";
import { EngineError } from "../lib/errors.ts";
import type { StartProgress } from "../lib/progress.ts";
import { fileSize, hashWithProgress, readCheckRecord, writeCheckRecord } from "./check_record.ts";
import { download, explainDownload, type FileFacts } from "./download.ts";
import { fetchModel, makeParent, modelsDir } from "./fetch_model.ts";
import { lockFile } from "./file_lock.ts";
import { findModel } from "./find_model.ts";
import { huggingFaceCredential, huggingFaceUrl, parseHuggingFace, resolveHuggingFace } from "./hugging_face.ts";

/** How {@linkcode pull} goes about it. */
export interface PullOptions {
  /** A folder (that exists, or ends with a slash) or a file; unless given, the folder of models. */
  output?: string;
  /** The folder of models, for whoever keeps it elsewhere. */
  cacheDir?: string;
  /** What the file's SHA-256 has to be, in hexadecimal. */
  sha256?: string;
  startProgress: StartProgress;
}

/**
 * Downloads a model and gives the path of its file. What is there already and current is kept, what was broken off goes on.
 *
 * @param what A name of the catalogue, an http(s) address, or `hf:owner/repo/file.gguf`.
 * @throws {EngineError} `usage`, `not_found`, `download`, `io`.
 */
export async function pull(what: string, options: PullOptions): Promise<string> {
  const sha256 = options.sha256 === undefined ? undefined : parseSha256(options.sha256);
  if (what.startsWith("hf:")) return await pullUrl(huggingFaceUrl(parseHuggingFace(what)), { ...options, sha256 });
  if (/^https?:\/\//i.test(what)) return await pullUrl(what, { ...options, sha256 });
  if (/[\\/]/.test(what)) {
    throw new EngineError(
      "usage",
      `Cannot pull "${what}": expected a name of the catalogue, an http(s) address or hf:owner/repo/file.gguf`,
    );
  }
  const entry = findModel(what);
  if (sha256 !== undefined && sha256 !== entry.sha256) {
    throw new EngineError("usage", `${entry.name} has sha256 ${entry.sha256}, but ${sha256} was asked for`);
  }
  const output = options.output === undefined ? undefined : await outputFile(options.output, entry.file);
  return await fetchModel(entry, { ...options, output });
}

async function pullUrl(url: string, options: PullOptions): Promise<string> {
  const { output, sha256, startProgress } = options;
  const inCache = cachePath(url);
  const target = output === undefined
    ? join(options.cacheDir ?? modelsDir(), ...inCache)
    : await outputFile(output, inCache.at(-1) ?? "");
  const keepRecord = output === undefined;
  await makeParent(target);
  using _lock = await lockFile(target, startProgress);
  const name = displayUrl(url);
  try {
    const { sha256: came, facts } = await download(resolveHuggingFace(url), {
      output: target,
      label: name,
      sha256,
      magic: /\.(llamafile|exe)$/i.test(target) ? undefined : "GGUF",
      credential: huggingFaceCredential(),
      isCurrent: (facts) => isCurrent(facts, { target, keepRecord, startProgress }),
      startProgress,
    });
    if (came === undefined) {
      using progress = startProgress(`Comparing "${target}"`);
      progress.finish(`${name} is there: "${target}"`);
    } else if (keepRecord) {
      await writeCheckRecord(target, came, facts);
    }
    return target;
  } catch (error) {
    throw explainDownload(error, `Cannot download ${name}`);
  }
}

interface CurrentOptions {
  target: string;
  keepRecord: boolean;
  startProgress: StartProgress;
}

/** Whether the file that is there is the one that the server has, by hash or, without one, by its validator. */
async function isCurrent(facts: FileFacts, { target, keepRecord, startProgress }: CurrentOptions): Promise<boolean> {
  const size = await fileSize(target);
  if (size === undefined || (facts.size !== null && facts.size !== size)) return false;
  const record = keepRecord ? await readCheckRecord(target) : undefined;
  if (facts.sha256 !== undefined) {
    const found = record?.sha256 ?? await hashWithProgress(target, startProgress);
    if (found === facts.sha256 && keepRecord && record === undefined) await writeCheckRecord(target, found, facts);
    return found === facts.sha256;
  }
  if (record === undefined || record.url !== facts.url) return false;
  if (facts.etag !== null || record.etag !== null) return facts.etag === record.etag;
  return facts.lastModified !== null && facts.lastModified === record.lastModified;
}

/** Where a file from `url` lies below the folder of models: by host and path; a query is often a signature that soon changes. */
function cachePath(url: string): string[] {
  const { host, pathname } = new URL(parseUrl(url));
  const names = [host, ...pathname.split("/")].filter((name) => name !== "").map(safeName);
  if (names.length < 2) {
    throw new EngineError("usage", `Cannot pull "${displayUrl(url)}": its address has no file name`);
  }
  return names;
}

function parseUrl(url: string): string {
  if (!URL.canParse(url)) throw new EngineError("usage", `Cannot pull "${url}": it is no address`);
  return url;
}

/** A name that every file system takes. */
function safeName(name: string): string {
  let text = name;
  try {
    text = decodeURIComponent(name);
  } catch {
    // A stray percent sign is a fine file name as it stands.
  }
  const safe = text.replace(/[<>:"|?*\\/\p{Cc}]/gu, "_").replace(/[. ]+$/, "_").slice(-200);
  return safe === "" ? "_" : safe;
}

async function outputFile(output: string, name: string): Promise<string> {
  if (/[\\/]$/.test(output)) return join(output, name);
  try {
    return (await Deno.stat(output)).isDirectory ? join(output, name) : output;
  } catch {
    // Nothing there to be a folder; whatever else is wrong shows when the file is written.
    return output;
  }
}

function parseSha256(text: string): string {
  const digits = text.toLowerCase().replace(/^sha256:/, "");
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new EngineError("usage", `"${text}" is no SHA-256: expected 64 hexadecimal digits`);
}

/** An address without what may be secret in it. */
function displayUrl(url: string): string {
  const { protocol, host, pathname } = new URL(parseUrl(url));
  return `${protocol}//${host}${pathname}`;
}
