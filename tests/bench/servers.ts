import { join } from "node:path";
import { freePort, type ServerProcess, spawn } from "../server_process.ts";
import type { Bench } from "./bench.ts";

/** A server that answers. */
export interface Server extends AsyncDisposable {
  /** Its name in the tables. */
  name: string;
  url: string;
  pid: number;
}

/** The settings that all servers of a scenario share. */
export interface Settings {
  /** The weights' file. */
  model: string;
  /** Tokens of context, all slots together. */
  context: number;
  parallel: number;
}

/** The servers of a scenario, all up. */
export interface Servers extends AsyncDisposable {
  /** As it is shipped. */
  ours: Server;
  /** Ours without speculation: `ours` itself where speculation is not there yet. */
  plain: Server;
  /** llama-server, where it is built. */
  peer?: Server;
  /** Each of them once. */
  all: Server[];
  notes: string[];
}

export const OURS = "packllama";
export const PLAIN = "packllama --no-speculation";
export const PEER = "llama-server";

const READY_MS = 120_000;
const POLL_MS = 20;

/** Starts ours, ours without speculation when it is asked for and known, and llama-server, one after the other. */
export async function startServers(
  bench: Bench,
  settings: Settings,
  { withPlain = false }: { withPlain?: boolean } = {},
): Promise<Servers> {
  await using starting = new AsyncDisposableStack();
  const known = bench.supports("--no-speculation");
  const ours = starting.use(await startOurs(bench, settings));
  const plain = withPlain && known
    ? starting.use(await startOurs(bench, settings, { name: PLAIN, flags: ["--no-speculation"] }))
    : ours;
  const peer = bench.peerBin === undefined
    ? undefined
    : starting.use(await startPeer(bench.peerBin, flagsOf(bench, settings)));
  const stack = starting.move();
  return {
    ours,
    plain,
    ...(peer === undefined ? {} : { peer }),
    all: [...new Set([ours, plain, ...(peer === undefined ? [] : [peer])])],
    notes: withPlain && !known ? ["packllama knows no --no-speculation: as shipped stands for it"] : [],
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Starts ours from its base, or from a packed file, which needs no model. */
export function startOurs(
  bench: Bench,
  settings: Settings,
  { name = OURS, flags = [], packed }: { name?: string; flags?: string[]; packed?: string } = {},
): Promise<Server> {
  const shared = flagsOf(bench, settings);
  // The first two are `-m MODEL`.
  const args = packed === undefined ? shared : shared.slice(2);
  return start(name, packed ?? bench.base, [...args, ...flags, ...bench.extra]);
}

function startPeer(bin: string, flags: string[]): Promise<Server> {
  return start(PEER, join(bin, "llama-server"), flags);
}

function flagsOf(bench: Bench, { model, context, parallel }: Settings): string[] {
  return ["-m", model, "-c", String(context), "-np", String(parallel), "-t", String(bench.threads)];
}

async function start(name: string, executable: string, args: string[]): Promise<Server> {
  const port = freePort();
  const running = spawn(executable, [...args, "--port", String(port)]);
  const url = `http://127.0.0.1:${port}`;
  // A bench that is interrupted leaves no server behind.
  const kill = (): void => running.process.kill("SIGKILL");
  globalThis.addEventListener("unload", kill);
  try {
    await untilHealthy(url, running);
  } catch (error) {
    globalThis.removeEventListener("unload", kill);
    await running.stop("SIGKILL");
    throw new Error(`${name} did not start (${executable} ${args.join(" ")}): ${running.stderr().slice(-600)}`, {
      cause: error,
    });
  }
  const dispose = async (): Promise<void> => {
    globalThis.removeEventListener("unload", kill);
    await running.stop("SIGKILL");
  };
  return { name, url, pid: running.pid, [Symbol.asyncDispose]: dispose };
}

async function untilHealthy(url: string, running: ServerProcess): Promise<void> {
  let ended = false;
  running.status.then(() => ended = true);
  const limit = performance.now() + READY_MS;
  while (performance.now() < limit && !ended) {
    const response = await fetch(`${url}/health`).catch(() => undefined); // Not listening yet.
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(ended ? "It has ended" : `Not ready after ${READY_MS} ms`);
}
