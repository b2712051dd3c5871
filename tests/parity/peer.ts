import { join } from "node:path";
import { physicalCores } from "../../lib/physical_cores.ts";
import { freePort, type ServerProcess, spawn } from "../server_process.ts";
import { CONVERSATIONS, MAX_TOKENS } from "./prompts.ts";

/** Flags that decide the text, the same for both programs. */
export const FLAGS = ["-c", "2048", "-t", String(physicalCores())];

/** The folder of llama-server: `PEER_BIN`, or where `peer/build.sh` puts it unless told otherwise. */
export function findPeer(): string | undefined {
  const home = Deno.env.get("HOME");
  const folders = [Deno.env.get("PEER_BIN"), home && join(home, ".cache/packllama-peer/src/build/bin")];
  return folders.find((folder) => folder && exists(join(folder, "llama-server")));
}

/**
 * Starts llama-server with a copy of its folder.
 *
 * @param options `variant`: the only CPU variant that is left in the copy, all when absent; `flags` instead of {@linkcode FLAGS}.
 */
export async function startPeer(
  bin: string,
  model: string,
  { variant, flags = FLAGS }: { variant?: string | undefined; flags?: readonly string[] } = {},
): Promise<ServerProcess> {
  const folder = await Deno.makeTempDir({ prefix: "packllama-peer-" });
  for (const { name, isSymlink } of Deno.readDirSync(bin)) {
    if (!/^llama-server$|\.so/.test(name)) continue;
    if (variant !== undefined && name.startsWith("libggml-cpu-") && name !== `libggml-cpu-${variant}.so`) continue;
    // Copied through a link, one library would be two files, and loaded twice.
    if (isSymlink) await Deno.symlink(await Deno.readLink(join(bin, name)), join(folder, name));
    else await Deno.copyFile(join(bin, name), join(folder, name));
  }
  const port = freePort();
  const server = spawn(join(folder, "llama-server"), ["-m", model, "--port", String(port), ...flags], {
    env: { LD_LIBRARY_PATH: folder },
  });
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url);
  return {
    ...server,
    url,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Has a server answer each conversation greedily, one after the other, with nothing reused between them. */
export async function answers(url: string): Promise<string[]> {
  const texts: string[] = [];
  for (const messages of CONVERSATIONS) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages, temperature: 0, max_tokens: MAX_TOKENS, cache_prompt: false }),
    });
    const body = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(body));
    texts.push(body.choices[0].message.content);
  }
  return texts;
}

/** Waits until a llama-server answers. */
export async function untilHealthy(url: string): Promise<void> {
  for (let i = 0; i < 600; i++) {
    try {
      const response = await fetch(`${url}/health`);
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`No llama-server at ${url}`);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // Then the tests that compare with it say that they were skipped.
  }
}
