import type { Hono } from "hono";
import { EngineError } from "../lib/errors.ts";
import type { AppEnv } from "./app_input.ts";
import { logFailure, toErrorResponse } from "./errors.ts";

/** Where and how to listen. */
export interface ServeOptions {
  /** An address or a name of this machine, e.g. `127.0.0.1` or `0.0.0.0`. */
  hostname: string;
  /** [0, 65535]; 0 takes any free one. */
  port: number;
  /** Whether the user chose the port; otherwise the next free one is taken instead of one in use. */
  portGiven: boolean;
  /** Milliseconds that running requests have to end after `shutdown`, before they are aborted; 5000 by default. */
  drainMs?: number;
}

/** A server that listens. */
export interface RunningServer {
  /** An address that a browser on this machine can open, without a slash at its end. */
  url: string;
  hostname: string;
  /** The port that was taken in the end. */
  port: number;
  /** Stops accepting, lets running requests end within the limit, then aborts them. Safe to call again. */
  shutdown(): Promise<void>;
  /** Resolves when nothing is served any more. */
  finished: Promise<void>;
}

const PORTS_TRIED = 100;
const MAX_PORT = 65535;
const DRAIN_MS = 5_000;
/** What aborted requests have to say so to their clients; a client that does not read gets no more. */
const FAREWELL_MS = 500;

/**
 * Listens and serves the app.
 *
 * @throws {EngineError} `io`, with address and port, when it cannot listen there.
 */
export function serve(app: Hono<AppEnv>, options: ServeOptions): Promise<RunningServer> {
  return new Promise((resolve) => resolve(start(app, options)));
}

function start(app: Hono<AppEnv>, options: ServeOptions): RunningServer {
  const stop = new AbortController();
  const server = listen(
    options,
    (request, { remoteAddr }) => app.fetch(request, { stop: stop.signal, address: remoteAddr.hostname }),
  );
  const { hostname, port } = server.addr;
  let over: Promise<void> | undefined;
  const shutdown = (): Promise<void> => over ??= drain(server, { stop, drainMs: options.drainMs ?? DRAIN_MS });
  return { url: toUrl(hostname, port), hostname, port, shutdown, finished: server.finished };
}

function listen(
  options: ServeOptions,
  handler: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  const { hostname, port: wanted } = options;
  const fixed = options.portGiven || wanted === 0;
  const highest = fixed ? wanted : Math.min(wanted + PORTS_TRIED, MAX_PORT);
  for (let port = wanted; port <= highest; port++) {
    try {
      return Deno.serve({ hostname, port, onListen: () => {}, onError }, handler);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw toListenError(error, { hostname, port });
      if (fixed) throw portTaken(error, { hostname, ports: `${port}` });
    }
  }
  throw portTaken(undefined, { hostname, ports: `${wanted} to ${highest}` });
}

/** Only what is thrown but is no Error passes by the app's own error handler. */
function onError(error: unknown): Response {
  logFailure(error, "A request");
  return toErrorResponse(error);
}

async function drain(
  server: Deno.HttpServer,
  { stop, drainMs }: { stop: AbortController; drainMs: number },
): Promise<void> {
  const drained = server.shutdown();
  if (await endsWithin(drained, drainMs)) return;
  stop.abort();
  await endsWithin(drained, FAREWELL_MS);
}

async function endsWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function portTaken(cause: unknown, { hostname, ports }: { hostname: string; ports: string }): EngineError {
  const message =
    `Cannot listen on ${hostname}: port ${ports} is in use; end what uses it or choose another with --port`;
  return new EngineError("io", message, { cause });
}

function toListenError(cause: unknown, { hostname, port }: { hostname: string; port: number }): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot listen on ${hostname} port ${port}: ${reason}; choose others with --host and --port`;
  return new EngineError("io", message, { cause });
}

/** An address that means "all" is none that a client can connect to. */
function toUrl(hostname: string, port: number): string {
  const host = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
