import { DownloadError } from "./download_error.ts";

/** Milliseconds that a transfer may take to get anywhere. */
export interface HttpTimeouts {
  /** Until an address answers: connecting, TLS and the headers together. */
  answerMs: number;
  /** Between two pieces of a body. */
  idleMs: number;
}

/** A secret for one origin. */
export interface Credential {
  /** Scheme, host and port, as `URL.origin` has them. */
  origin: string;
  token: string;
}

/** How {@linkcode httpGet} asks. */
export interface HttpGetOptions {
  headers: Record<string, string>;
  /** Sent to its own origin only, whatever is redirected where. */
  credential: Credential | undefined;
  timeouts: HttpTimeouts;
}

/** A final answer, with what was learnt on the way to it. */
export interface HttpAnswer {
  response: Response;
  /**
   * The SHA-256 and the size that the first origin states for the file, if it does, as Hugging Face does for large files in `X-Linked-ETag`
   * and `X-Linked-Size`.
   */
  linkedSha256: string | undefined;
  linkedSize: number | undefined;
  /** Reads the body; each piece within the idle time. Leaving the loop ends the transfer. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Gives up the body. */
  cancel(): Promise<void>;
}

const MAX_REDIRECTS = 10;
const MAX_RETRY_AFTER_S = 20;

/**
 * Asks for an address by GET and follows redirects, never from https to http.
 *
 * @returns The answer, 200, 206 or 416.
 * @throws {DownloadError}
 */
export async function httpGet(url: string, options: HttpGetOptions): Promise<HttpAnswer> {
  const first = parseHttpUrl(url);
  let at = first;
  let linkedSha256: string | undefined;
  let linkedSize: number | undefined;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const controller = new AbortController();
    const response = await ask(at, controller, options);
    if (at.origin === first.origin) {
      linkedSha256 ??= /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(response.headers.get("x-linked-etag") ?? "")?.[1];
      linkedSize ??= parseSize(response.headers.get("x-linked-size"));
    }
    if (!isRedirect(response)) {
      await checkStatus(response);
      return {
        response,
        linkedSha256,
        linkedSize,
        chunks: () => readBody(response, controller, options.timeouts.idleMs),
        cancel: () => cancelBody(response),
      };
    }
    await cancelBody(response);
    at = redirectTarget(response.headers.get("location"), at);
  }
  throw new DownloadError("refused", `more than ${MAX_REDIRECTS} redirects`);
}

/** Reads a number of bytes from a header; undefined if it is absent or no such number. */
export function parseSize(header: string | null): number | undefined {
  if (header === null || !/^\d+$/.test(header.trim())) return undefined;
  const size = Number(header);
  return Number.isSafeInteger(size) ? size : undefined;
}

function parseHttpUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new DownloadError("refused", `"${text}" is no http or https address`);
  }
  return url;
}

async function ask(url: URL, controller: AbortController, options: HttpGetOptions): Promise<Response> {
  const headers = new Headers(options.headers);
  // A compressed body would have another length and other ranges than the file.
  headers.set("accept-encoding", "identity");
  headers.set("user-agent", "packllama");
  if (options.credential?.origin === url.origin) headers.set("authorization", `Bearer ${options.credential.token}`);
  const seconds = options.timeouts.answerMs / 1000;
  const late = new DownloadError("unreachable", `${url.host} did not answer within ${seconds} s`);
  const timer = setTimeout(() => controller.abort(late), options.timeouts.answerMs);
  try {
    return await fetch(url, { redirect: "manual", headers, signal: controller.signal });
  } catch (error) {
    if (error === late) throw late;
    throw new DownloadError("unreachable", `cannot reach ${url.host}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function isRedirect(response: Response): boolean {
  return [301, 302, 303, 307, 308].includes(response.status);
}

/**
 * Where a redirect leads.
 *
 * @param location The header's value, absolute or relative to `from`.
 * @throws {DownloadError} `refused` when it leads from https to http, to another scheme, or nowhere.
 */
export function redirectTarget(location: string | null, from: URL): URL {
  if (location === null) throw new DownloadError("refused", `${from.host} redirects to nowhere`);
  const to = parseHttpUrl(location, from);
  if (from.protocol === "https:" && to.protocol === "http:") {
    throw new DownloadError("refused", `${from.host} redirects from https to http (${to.host})`);
  }
  return to;
}

async function checkStatus(response: Response): Promise<void> {
  const { status } = response;
  if (status === 200 || status === 206 || status === 416) return;
  await cancelBody(response);
  if (status === 408 || status === 429 || status >= 500) {
    throw new DownloadError("interrupted", `HTTP ${status}`, { retryAfterMs: retryAfter(response) });
  }
  const hint = status === 401 || status === 403
    ? "; it needs permission (a gated model on Hugging Face: accept its terms there and set HF_TOKEN)"
    : "";
  throw new DownloadError("refused", status === 404 ? "HTTP 404, there is no such file" : `HTTP ${status}${hint}`);
}

function retryAfter(response: Response): number | undefined {
  const seconds = parseSize(response.headers.get("retry-after"));
  return seconds === undefined ? undefined : Math.min(seconds, MAX_RETRY_AFTER_S) * 1000;
}

async function* readBody(
  response: Response,
  controller: AbortController,
  idleMs: number,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const silent = new DownloadError("interrupted", `nothing came for ${idleMs / 1000} s`);
  try {
    while (true) {
      const timer = setTimeout(() => controller.abort(silent), idleMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (error === silent) throw silent;
    throw new DownloadError("interrupted", `the transfer broke off: ${reasonOf(error)}`, { cause: error });
  } finally {
    // After an error there is nothing left to cancel.
    await reader.cancel().catch(() => {});
  }
}

async function cancelBody(response: Response): Promise<void> {
  // A body that broke meanwhile is over as well.
  await response.body?.cancel().catch(() => {});
}

/** Deno puts the whole address, secrets included, in front of the reason. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^error sending request (from \S+ )?for url \(.*?\): /, "").replace(
    /^client error \(\w+\): /,
    "",
  );
}
