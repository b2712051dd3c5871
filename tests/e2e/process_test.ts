import assert from "node:assert/strict";
import { join } from "node:path";
import { LLAMAFILE, runPackllama } from "../built.ts";
import { freePort, spawn, startLlamafile } from "../server_process.ts";
import { streamChat } from "../sse_client.ts";

const NOBODY = 65534;
const BRIEF = { messages: [{ role: "user", content: "Hi" }], max_tokens: 2, temperature: 0 };

Deno.test({
  name: "the file alone answers as another user, from a read-only folder, without HOME",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  fn: async () => {
    const folder = await Deno.makeTempDir({ dir: "/var/tmp" });
    const executable = join(folder, "model.llamafile");
    try {
      await Deno.copyFile(LLAMAFILE, executable);
      await Deno.chmod(executable, 0o555);
      await Deno.chmod(folder, 0o555);
      await using server = await startLlamafile(executable, {
        cwd: folder,
        uid: NOBODY,
        gid: NOBODY,
        clearEnv: true,
        env: { HOME: "/nonexistent" },
        args: ["-c", "512"],
      });
      assert.ok((await streamChat(server.url, BRIEF)).promptTokens > 0);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("serve answers 503 while the model loads, and /health says so", async () => {
  const port = freePort();
  await using server = spawn(LLAMAFILE, ["--port", String(port), "-c", "512"]);
  const seen = new Set<string>();
  for (let i = 0; i < 5000 && !seen.has("200 ok"); i++) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/health`);
      const body = await response.json();
      seen.add(`${response.status} ${body.status}`);
      if (response.status === 503) {
        assert.match(body.error.message, /load/);
        const refused = await fetch(`http://127.0.0.1:${port}/v1/models`);
        if (refused.status === 503) assert.equal((await refused.json()).error.code, "loading");
        else await refused.body?.cancel();
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  assert.deepEqual([...seen], ["503 loading model", "200 ok"], server.stderr());
});

Deno.test("a port that is taken is an error when it was asked for", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await runPackllama(["--port", String(taken.addr.port)], { executable: LLAMAFILE });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^error: .*port ${taken.addr.port} is in use.*\n$`));
});

Deno.test("without --port the next free one is taken and named", async () => {
  let first;
  try {
    first = Deno.listen({ hostname: "127.0.0.1", port: 8080 });
  } catch {
    // Another program has it, which serves this test as well.
  }
  const child = spawn(LLAMAFILE, ["--ready-json", "-c", "512"]);
  try {
    const { value } = await child.process.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    const ready = JSON.parse(value ?? "");
    assert.ok(ready.port > 8080, value);
    // Its end, after which all that it wrote has been read.
    await child.stop("SIGKILL");
    assert.match(child.stderr(), new RegExp(`Port 8080 is in use.*${ready.port}`));
  } finally {
    first?.close();
    await child.stop("SIGKILL");
  }
});

Deno.test("--exit-with-stdin ends the server with its parent", async () => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["--exit-with-stdin", "-c", "512"] });
  await server.process.stdin.close();
  assert.equal((await server.status).code, 0);
});

Deno.test("SIGTERM ends the server with code 0", async () => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "512"] });
  assert.equal((await server.stop("SIGTERM")).code, 0);
});

Deno.test("options come from .args, then the environment, then the command line", async (test) => {
  const contextOf = async (args: string[], env: Record<string, string> = {}): Promise<number> => {
    await using server = await startLlamafile(LLAMAFILE, { args, env });
    return (await (await fetch(`${server.url}/v1/models`)).json()).data[0].meta.n_ctx;
  };
  await test.step("the environment sets", async () => {
    assert.equal(await contextOf([], { PACKLLAMA_CTX_SIZE: "1024" }), 1024);
  });
  await test.step("the command line wins, in any spelling", async () => {
    const args = ["serve", "--ctx-size=768", "-ngl", "99", "-fa", "--nobrowser", "--server"];
    assert.equal(await contextOf(args, { PACKLLAMA_CTX_SIZE: "1024" }), 768);
  });
});

/** In namespaces of its own: no network but loopback, and nowhere to write but memory. */
const CONFINED = `
ip link set lo up && mount -t tmpfs -o ro none /dev/shm && cd "$1" &&
exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups env -i ./model.llamafile --port 8080 -c 512 -n 2 --ready-json`;

Deno.test({
  name: "the file answers without a network and with no folder to unpack to, its libraries in memory",
  ignore: !canConfine(),
  fn: async () => {
    const folder = await Deno.makeTempDir({ dir: "/var/tmp" });
    try {
      await Deno.copyFile(LLAMAFILE, join(folder, "model.llamafile"));
      await Deno.chmod(join(folder, "model.llamafile"), 0o555);
      await Deno.chmod(folder, 0o555);
      const script = `(${CONFINED.trim()}) > /dev/null 2>&1 & ` +
        `for i in $(seq 100); do curl -sf http://127.0.0.1:8080/health >/dev/null && break; sleep 0.1; done; ` +
        `curl -s http://127.0.0.1:8080/v1/chat/completions -d '{"messages":[{"role":"user","content":"Hi"}]}'; ` +
        `ls -l /proc/$(pgrep -f '^./model.llamafile')/fd; kill %1`;
      const { stdout, stderr } = await new Deno.Command("unshare", {
        args: ["-n", "-m", "-p", "-f", "--mount-proc", "bash", "-c", script, "bash", folder],
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.match(text, /"object":"chat\.completion"/, new TextDecoder().decode(stderr));
      assert.match(text, /memfd:libllama/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Whether this user may make namespaces, and the tools for it are there. */
function canConfine(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const probe = "ip link set lo up && mount -t tmpfs none /dev/shm && command -v setpriv curl pgrep";
  try {
    return new Deno.Command("unshare", { args: ["-n", "-m", "sh", "-c", probe] }).outputSync().success;
  } catch {
    return false; // No unshare: reported as ignored.
  }
}

Deno.test("--version, --help and --licenses answer wherever they stand, with exit code 0", async () => {
  for (
    const [args, about] of [
      [["--version"], /^\d+\.\d+\.\d+\n$/],
      [["-c", "64", "--version"], /^\d+\.\d+\.\d+\n$/],
      [["serve", "--help"], /Generation:[^]*--temp[^]*Server:[^]*--ready-json/],
      [["help", "pack"], /--model-card/],
      [["--licenses"], /llama\.cpp/],
    ] as const
  ) {
    const { code, stdout } = await runPackllama([...args], { executable: LLAMAFILE });
    assert.equal(code, 0);
    assert.match(stdout, about);
  }
});

Deno.test("a context or batch smaller than the number of sequences serves fewer of them", async () => {
  for (const args of [["-c", "1"], ["-b", "2"], ["-ub", "1"]]) {
    await using server = await startLlamafile(LLAMAFILE, { args: [...args, "--parallel", "8"] });
    assert.equal(await healthOf(server.url), 200);
  }
});

Deno.test("several first starts at once all unpack to the same folder and answer", async () => {
  const cache = await Deno.makeTempDir({ dir: "/var/tmp" });
  try {
    const start = (): ReturnType<typeof startLlamafile> =>
      startLlamafile(LLAMAFILE, { args: ["-c", "256", "-t", "1"], env: { XDG_CACHE_HOME: cache, HOME: cache } });
    const servers = await Promise.all(Array.from({ length: 4 }, start));
    for (const server of servers) assert.equal(await healthOf(server.url), 200);
    for (const server of servers) await server.stop("SIGTERM");
    assert.deepEqual([...Deno.readDirSync(cache)].map(({ name }) => name), ["packllama"]);
    assert.equal([...Deno.readDirSync(join(cache, "packllama"))].length, 1);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

async function healthOf(url: string): Promise<number> {
  const response = await fetch(`${url}/health`);
  await response.body?.cancel();
  return response.status;
}
