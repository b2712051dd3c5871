import { EngineError } from "../lib/errors.ts";
import type { Progress, StartProgress } from "../lib/progress.ts";
import { DownloadError } from "./download_error.ts";
import { type Credential, type HttpAnswer, httpGet, type HttpTimeouts, parseSize } from "./http_get.ts";
import { PartialFile, type PartialState } from "./partial_file.ts";

/** What a server says of a file before its first byte. */
export interface FileFacts extends PartialState {
  /** The hash that was asked for, else the one that the server states. */
  sha256: string | undefined;
}

/** What {@linkcode download} did. */
export interface Downloaded {
  /** Of the bytes that came; of none when the file that was there is kept. */
  sha256: string | undefined;
  facts: FileFacts;
}

/** How {@linkcode download} goes about it. */
export interface DownloadOptions {
  /** The file to make; its folder exists, and the caller holds its lock. */
  output: string;
  /** What people call it. */
  label: string;
  /** Lower-case hexadecimal. */
  sha256?: string;
  /** Bytes. */
  size?: number;
  /** What the first bytes have to be, e.g. `GGUF`. */
  magic?: string;
  credential?: Credential;
  /** Asked once the server answered: true keeps the file that is at `output`. */
  isCurrent?(facts: FileFacts): Promise<boolean>;
  startProgress: StartProgress;
  timing?: Partial<DownloadTiming>;
}

/** How long it waits, in milliseconds. */
export interface DownloadTiming extends HttpTimeouts {
  /** Before the second try; doubled for each further one. */
  backoffMs: number;
}

const TIMING: DownloadTiming = { answerMs: 20_000, idleMs: 30_000, backoffMs: 500 };
/** Tries in a row that got no further than those before. */
const MAX_FAILURES = 5;
const MAX_BACKOFF_MS = 8_000;

interface Transfer extends DownloadOptions {
  url: string;
  part: PartialFile;
  progress: Progress;
  timing: DownloadTiming;
}

/**
 * Downloads a file over HTTP(S), goes on where an earlier call or process stopped (RFC 9110, 13.1.5 and 14), checks it as it comes, and
 * gives it its name once it is whole and on the disk. What came stays at `<output>.part` when the transfer fails for now.
 *
 * @throws {DownloadError} with the reason only. @throws {EngineError} `io` when the disk refuses.
 */
export async function download(url: string, options: DownloadOptions): Promise<Downloaded> {
  using part = await PartialFile.open(options.output, { url, startProgress: options.startProgress });
  using progress = options.startProgress(`Downloading ${options.label}`, options.size);
  const transfer: Transfer = { ...options, url, part, progress, timing: { ...TIMING, ...options.timing } };
  try {
    const facts = await tryUntilWhole(transfer);
    if (facts.kept) {
      await part.discard();
      return { sha256: undefined, facts };
    }
    const sha256 = part.digest();
    await checkHash(transfer, sha256, facts.sha256);
    await part.finish();
    progress.finish(`Downloaded "${options.output}" (${megabytes(part.size)}, sha256 ${sha256})`);
    return { sha256, facts };
  } catch (error) {
    await part.leave();
    throw error;
  }
}

type Outcome = FileFacts & { kept: boolean };

async function tryUntilWhole(transfer: Transfer): Promise<Outcome> {
  const { part, timing } = transfer;
  let furthest = part.size;
  let failures = 0;
  let answered = false;
  while (true) {
    try {
      return await attempt(transfer, () => answered = true);
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      failures = part.size > furthest ? 1 : failures + 1;
      furthest = Math.max(furthest, part.size);
      const worthIt = error.failure === "interrupted" || (error.failure === "unreachable" && answered);
      if (!worthIt) throw error;
      if (failures >= MAX_FAILURES) throw givenUp(error, transfer);
      const backoff = Math.min(timing.backoffMs * 2 ** (failures - 1), MAX_BACKOFF_MS);
      await delay(Math.max(backoff, error.retryAfterMs ?? 0));
    }
  }
}

function givenUp(error: DownloadError, { part }: Transfer): DownloadError {
  const kept = part.size > 0 ? `; ${megabytes(part.size)} are kept, the next try goes on from there` : "";
  return new DownloadError("interrupted", `${error.message} (${MAX_FAILURES} tries)${kept}`, { cause: error });
}

async function attempt(transfer: Transfer, onAnswer: () => void): Promise<Outcome> {
  const { part, timing, url } = transfer;
  const headers = rangeHeaders(transfer);
  const answer = await httpGet(url, { headers, credential: transfer.credential, timeouts: timing });
  onAnswer();
  try {
    const facts = readFacts(transfer, answer);
    if (await transfer.isCurrent?.(facts)) return { ...facts, kept: true };
    if (answer.response.status !== 200) {
      if (part.size === 0) throw new DownloadError("refused", `HTTP ${answer.response.status} to a plain request`);
      if (!continues(part, answer, facts)) {
        await part.restart();
        await answer.cancel();
        return await attempt(transfer, onAnswer);
      }
      if (answer.response.status === 416) return { ...facts, kept: false };
    } else {
      if (part.size > 0) await part.restart();
      await part.describe({ url, etag: facts.etag, lastModified: facts.lastModified, size: facts.size });
    }
    await receive(transfer, answer, facts);
    return { ...facts, kept: false };
  } finally {
    await answer.cancel();
  }
}

/** Asks for the rest, provided that the file is still the one that the first bytes are of. */
function rangeHeaders({ part, sha256 }: Transfer): Record<string, string> {
  const { state } = part;
  if (part.size === 0 || state === undefined) return {};
  const range = { range: `bytes=${part.size}-` };
  // A weak validator is not allowed in If-Range.
  const validator = state.etag?.startsWith('"') ? state.etag : state.lastModified;
  if (validator !== null) return { ...range, "if-range": validator };
  // With a hash to hold the whole against, a mixture of two files can't pass.
  return sha256 === undefined ? {} : range;
}

function readFacts(transfer: Transfer, answer: HttpAnswer): FileFacts {
  const { headers, status } = answer.response;
  const encoding = headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw new DownloadError("refused", `it comes encoded as ${encoding}, unasked`);
  const total = status === 200 ? parseSize(headers.get("content-length")) : parseContentRange(headers)?.total;
  for (const found of [answer.linkedSize, status === 416 ? undefined : total]) {
    if (transfer.size !== undefined && found !== undefined && found !== transfer.size) {
      throw new DownloadError("refused", `the file there has ${found} bytes, expected ${transfer.size}`);
    }
  }
  const linked = answer.linkedSha256;
  if (transfer.sha256 !== undefined && linked !== undefined && linked !== transfer.sha256) {
    throw new DownloadError("refused", `the file there has sha256 ${linked}, expected ${transfer.sha256}`);
  }
  return {
    url: transfer.url,
    etag: headers.get("etag"),
    lastModified: headers.get("last-modified"),
    size: transfer.size ?? answer.linkedSize ?? total ?? null,
    sha256: transfer.sha256 ?? linked,
  };
}

/** `bytes 5-9/10` or `bytes *\/10`, with start and total as far as they are given. */
function parseContentRange(headers: Headers): { start: number | undefined; total: number | undefined } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  if (match === null) return undefined;
  return { start: parseSize(match[1] ?? null), total: parseSize(match[2] ?? null) };
}

/** Whether a 206 goes on exactly where the part ends, or a 416 says that there is no more. */
function continues(part: PartialFile, answer: HttpAnswer, facts: FileFacts): boolean {
  const { state } = part;
  const range = parseContentRange(answer.response.headers);
  if (state === undefined || range === undefined) return false;
  if (state.etag !== null && facts.etag !== null && state.etag !== facts.etag) return false;
  if (answer.response.status === 416) return range.total === part.size;
  const sameSize = state.size === null || range.total === undefined || state.size === range.total;
  return range.start === part.size && sameSize;
}

async function receive(transfer: Transfer, answer: HttpAnswer, facts: FileFacts): Promise<void> {
  const { part, progress, magic } = transfer;
  for await (const chunk of answer.chunks()) {
    if (facts.size !== null && part.size + chunk.length > facts.size) {
      await part.discard();
      throw new DownloadError("refused", `more came than the ${facts.size} bytes that it should have`);
    }
    const start = part.head.length;
    await part.append(chunk);
    if (magic !== undefined && start < magic.length) await checkMagic(part, magic);
    progress.update(part.size);
  }
  if (facts.size !== null && part.size < facts.size) {
    throw new DownloadError("interrupted", `it ended after ${part.size} of ${facts.size} bytes`);
  }
  if (part.size < (magic?.length ?? 1)) {
    throw new DownloadError("refused", `the file there has ${part.size} bytes`);
  }
}

async function checkMagic(part: PartialFile, magic: string): Promise<void> {
  if (part.head.length < magic.length) return;
  const found = [...part.head].map((byte) => String.fromCharCode(byte)).join("");
  if (found === magic) return;
  await part.discard();
  throw new DownloadError("refused", `the file there begins with ${JSON.stringify(found)}, expected "${magic}"`);
}

async function checkHash({ part }: Transfer, found: string, expected: string | undefined): Promise<void> {
  if (expected === undefined || found === expected) return;
  await part.discard();
  throw new DownloadError("refused", `what came has sha256 ${found}, expected ${expected}`);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Puts what was attempted in front of a download's reason; any other error stays as it is. */
export function explainDownload(error: unknown, doing: string): unknown {
  if (!(error instanceof DownloadError)) return error;
  return new EngineError("download", `${doing}: ${error.message}`, { cause: error });
}
