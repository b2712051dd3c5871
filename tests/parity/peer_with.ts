import { join } from "node:path";
import { freePort, type ServerProcess, spawn } from "../server_process.ts";
import { untilHealthy } from "./peer.ts";

/** Starts llama-server, with one thread and the CPU variant that it chooses itself, with these arguments more. */
export async function startPeerWith(bin: string, args: string[]): Promise<ServerProcess> {
  const port = String(freePort());
  const server = spawn(join(bin, "llama-server"), ["--port", port, "-t", "1", ...args], {
    env: { LD_LIBRARY_PATH: bin },
  });
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url);
  return { ...server, url };
}

/** Posts JSON and reads JSON; a status other than 200 is thrown with what came. */
// deno-lint-ignore no-explicit-any -- The tests assert on what is in it.
export async function post(url: string, body: unknown): Promise<any> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text);
}
