import { EngineError } from "../lib/errors.ts";
import type { Credential } from "./http_get.ts";

const ORIGIN = "https://huggingface.co";
const USAGE = 'expected hf:owner/repo/file.gguf, with a revision as hf:owner/repo@rev/file.gguf or "?rev" at the end';

/** A file in a repository of Hugging Face. */
export interface HuggingFaceFile {
  owner: string;
  repo: string;
  /** A branch, tag, commit or `refs/pr/N`. */
  revision: string;
  /** Its path in the repository. */
  path: string;
}

/**
 * Reads `hf:owner/repo/file.gguf`, `hf:owner/repo@rev/file.gguf` or `hf:owner/repo/file.gguf?rev` (`?rev=…` and `?revision=…` too).
 * The last form also holds revisions with a slash. Without one it is `main`.
 *
 * @throws {EngineError} `usage`
 */
export function parseHuggingFace(reference: string): HuggingFaceFile {
  const match = /^hf:([^/?@]+)\/([^/?@]+)(?:@([^/?]+))?\/([^?]+)(?:\?(?:rev(?:ision)?=)?(.+))?$/.exec(reference);
  const [, owner = "", repo = "", at, path = "", query] = match ?? [];
  const names = [owner, repo, ...path.split("/"), ...(at ?? query ?? "main").split("/")];
  if (match === null || !names.every(isPlainName) || (at !== undefined && query !== undefined)) {
    throw new EngineError("usage", `Cannot read "${reference}": ${USAGE}`);
  }
  return { owner, repo, revision: at ?? query ?? "main", path };
}

/** The address that a file of Hugging Face is downloaded from. */
export function huggingFaceUrl(file: HuggingFaceFile): string {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  return `${ORIGIN}/${file.owner}/${file.repo}/resolve/${encodeURIComponent(file.revision)}/${path}`;
}

/**
 * What is really asked for when `url` is wanted: the file itself where a page about it was given (`…/blob/…`), and the mirror that
 * `HF_ENDPOINT` names in place of huggingface.co. Other addresses stay as they are.
 *
 * @throws {EngineError} `usage` when `HF_ENDPOINT` is no http or https address.
 */
export function resolveHuggingFace(url: string): string {
  if (!url.startsWith(`${ORIGIN}/`)) return url;
  const file = url.replace(/^(https:\/\/huggingface\.co\/[^/]+\/[^/]+)\/blob\//, "$1/resolve/");
  const endpoint = Deno.env.get("HF_ENDPOINT");
  if (!endpoint) return file;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new EngineError("usage", `HF_ENDPOINT is "${endpoint}", expected an http or https address`);
  }
  return endpoint.replace(/\/+$/, "") + file.slice(ORIGIN.length);
}

/** The user's token from `HF_TOKEN`, for huggingface.co itself and no mirror. */
export function huggingFaceCredential(): Credential | undefined {
  const token = Deno.env.get("HF_TOKEN")?.trim();
  return token ? { origin: ORIGIN, token } : undefined;
}

function isPlainName(name: string): boolean {
  return name !== "" && !/^\.+$/.test(name) && !/[\\\p{Cc}]/u.test(name);
}
