/** What was asked of a {@linkcode FileServer}. */
export interface SeenRequest {
  path: string;
  range: string | null;
  ifRange: string | null;
  authorization: string | null;
}

/** An HTTP server on this machine for one test. */
export interface FileServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** Every request so far, the oldest first. */
  requests: SeenRequest[];
}

/** Answers one request; `index` counts from 0. */
export type Answer = (request: Request, index: number) => Response | Promise<Response>;

/** A response of which only the first bytes are sent; then the connection is closed, or hangs. */
class FaultyResponse extends Response {
  constructor(body: BodyInit, init: ResponseInit, readonly fault: { send: number; hang: boolean }) {
    super(body, init);
  }
}

/**
 * Starts a server that answers as told, one request per connection. It writes to the socket itself, so that exactly the bytes that were
 * asked for go out before a connection is closed early.
 */
export function startFileServer(answer: Answer): FileServer {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  const requests: SeenRequest[] = [];
  const open = new Set<Deno.Conn>();
  const serve = async (connection: Deno.Conn): Promise<void> => {
    open.add(connection);
    try {
      const request = await readRequest(connection, origin);
      requests.push(seen(request));
      const response = await answer(request, requests.length - 1);
      await send(connection, response);
      if (response instanceof FaultyResponse && response.fault.hang) return;
      open.delete(connection);
      connection.close();
    } catch {
      // The client went away in the middle, as some tests want it to.
    }
  };
  const accepting = (async (): Promise<void> => {
    for await (const connection of listener) serve(connection);
  })();
  return {
    origin,
    requests,
    async [Symbol.asyncDispose](): Promise<void> {
      listener.close();
      for (const connection of open) connection.close();
      await accepting;
    },
  };
}

function seen({ url, headers }: Request): SeenRequest {
  return {
    path: new URL(url).pathname,
    range: headers.get("range"),
    ifRange: headers.get("if-range"),
    authorization: headers.get("authorization"),
  };
}

async function readRequest(connection: Deno.Conn, origin: string): Promise<Request> {
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.endsWith("\r\n\r\n")) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error("the client closed before its request was whole");
    text += new TextDecoder().decode(buffer.subarray(0, read));
  }
  const [requestLine = "", ...lines] = text.trimEnd().split("\r\n");
  const headers = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
  return new Request(new URL(requestLine.split(" ")[1] ?? "/", origin), { headers });
}

async function send(connection: Deno.Conn, response: Response): Promise<void> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("content-length", String(body.length));
  headers.set("connection", "close");
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = new TextEncoder().encode(`HTTP/1.1 ${response.status} x\r\n${lines}\r\n`);
  const sent = response instanceof FaultyResponse ? body.subarray(0, response.fault.send) : body;
  for (const bytes of [head, sent]) {
    for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
  }
}

/** How {@linkcode serveFile} answers. */
export interface ServeFileOptions {
  /** With its quotes; none if absent. */
  etag?: string;
  /** Closes the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Sends nothing more after so many bytes, but leaves the connection open. */
  stallAfter?: number;
  /** Answers every request with the whole file. */
  noRange?: boolean;
  /** Serves a range although `If-Range` names another ETag. */
  ignoreIfRange?: boolean;
  headers?: Record<string, string>;
}

/** A file as a well-behaved server gives it (RFC 9110, section 14), with the faults that `options` names. */
export function serveFile(request: Request, bytes: Uint8Array<ArrayBuffer>, options: ServeFileOptions = {}): Response {
  const headers = new Headers(options.headers);
  if (options.etag !== undefined) headers.set("etag", options.etag);
  const start = rangeStart(request, options);
  if (start !== undefined && start >= bytes.length) {
    headers.set("content-range", `bytes */${bytes.length}`);
    return new Response(null, { status: 416, headers });
  }
  const body = bytes.subarray(start ?? 0);
  if (start !== undefined) headers.set("content-range", `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
  const init = { status: start === undefined ? 200 : 206, headers };
  const end = options.cutAfter ?? options.stallAfter;
  if (end === undefined) return new Response(body, init);
  return new FaultyResponse(body, init, { send: end, hang: options.stallAfter !== undefined });
}

function rangeStart(request: Request, options: ServeFileOptions): number | undefined {
  const range = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "");
  const ifRange = request.headers.get("if-range");
  if (range === null || options.noRange) return undefined;
  if (ifRange !== null && ifRange !== options.etag && !options.ignoreIfRange) return undefined;
  return Number(range[1]);
}

/** Bytes that begin like a GGUF and then look random, the same for the same seed. */
export function fakeGguf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  bytes.set(new TextEncoder().encode("GGUF").subarray(0, size));
  return bytes;
}
