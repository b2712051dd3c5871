import { EngineError } from "../lib/errors.ts";

/** A server that runs as a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  url: string;
  pid: number;
  /** What it has written to standard error so far. */
  stderr(): string;
  /** Sends a signal and waits for the end. */
  stop(signal?: Deno.Signal): Promise<Deno.CommandStatus>;
  status: Promise<Deno.CommandStatus>;
  process: Deno.ChildProcess;
}

/** How a process is started. */
export interface StartOptions {
  args?: string[];
  env?: Record<string, string>;
  clearEnv?: boolean;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** Milliseconds until it must be ready. */
  timeoutMs?: number;
}

const READY_MS = 60_000;

/** Starts a llamafile (or `packllama serve`) at a free port and waits for its ready line. */
export async function startLlamafile(executable: string, options: StartOptions = {}): Promise<ServerProcess> {
  const { args = [], timeoutMs = READY_MS, ...rest } = options;
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const running = spawn(executable, [...args, ...port, "--ready-json"], rest);
  const line = await within(timeoutMs, firstLine(running.process.stdout), running);
  const ready: unknown = JSON.parse(line);
  if (typeof ready !== "object" || ready === null || !("url" in ready) || typeof ready.url !== "string") {
    throw new EngineError("internal", `No ready line: ${line}; ${running.stderr()}`);
  }
  return { ...running, url: ready.url };
}

/** Starts any server at a port, without waiting. */
export function spawn(
  executable: string,
  args: string[],
  options: Omit<StartOptions, "args" | "timeoutMs"> = {},
): ServerProcess {
  const process = new Deno.Command(executable, { args, ...options, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  let errors = "";
  const collected = (async (): Promise<void> => {
    for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) errors += text;
  })();
  const stop = async (signal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> => {
    try {
      process.kill(signal);
    } catch {
      // It has ended by itself.
    }
    const status = await process.status;
    await collected;
    await process.stdin.close().catch(() => {});
    await process.stdout.cancel().catch(() => {});
    return status;
  };
  return {
    url: "",
    pid: process.pid,
    process,
    status: process.status,
    stderr: () => errors,
    stop,
    [Symbol.asyncDispose]: async () => void await stop("SIGKILL"),
  };
}

/** Reads one line; what follows it stays unread, so the writer must not write more than a pipe holds. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  try {
    for (let text = "";;) {
      const { value, done } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
      if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
    }
  } finally {
    reader.releaseLock();
  }
}

async function within<T>(ms: number, promise: Promise<T>, running: ServerProcess): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Not ready after ${ms} ms: ${running.stderr()}`)), ms);
  const died = running.status.then((status) => {
    throw new Error(`Ended with code ${status.code} before it was ready: ${running.stderr()}`);
  });
  try {
    return await Promise.race([promise.then((value) => value || died), late]);
  } finally {
    clearTimeout(timer);
    died.catch(() => {});
  }
}

/** A port that is free now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
