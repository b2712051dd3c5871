import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Progress, silentProgress, type StartProgress } from "../../lib/progress.ts";
import { type CatalogueEntry, fetchModel } from "../../models/mod.ts";
import { fakeGguf, serveFile, startFileServer } from "./file_server.ts";

const FILE = fakeGguf(1_000_000);
const SHA256 = createHash("sha256").update(FILE).digest("hex");

Deno.test("fetchModel takes the first source that works and says which failed", async () => {
  await using server = startFileServer((request) =>
    request.url.endsWith("/good") ? serveFile(request, FILE) : new Response(null, { status: 403 })
  );
  await using folder = await tempFolder();
  const cacheDir = join(folder.path, "new", "models");
  const said: string[] = [];
  const path = await fetchModel(entryOf(`${server.origin}/bad`, `${server.origin}/good`), {
    cacheDir,
    startProgress: recorder(said),
  });
  assert.equal(path, join(cacheDir, "x.gguf"));
  assert.deepEqual(await Deno.readFile(path), FILE);
  assert.match(said.join("\n"), /Not from 127\.0\.0\.1:\d+: HTTP 403.*trying the next source/);
});

Deno.test("fetchModel lists every source that failed, in one line", async () => {
  await using server = startFileServer((request) =>
    request.url.endsWith("/a") ? new Response(null, { status: 404 }) : serveFile(request, fakeGguf(FILE.length, 5))
  );
  const entry = entryOf(`${server.origin}/a`, `${server.origin}/b`);
  await using folder = await tempFolder();
  const fetched = fetchModel(entry, { cacheDir: folder.path, startProgress: silentProgress });
  await assert.rejects(fetched, {
    code: "download",
    message: new RegExp(`^Cannot get x from any source: .*HTTP 404[^\n]*; .*sha256 \\w{64}, expected ${SHA256}$`),
  });
});

Deno.test("fetchModel uses a checked file without the network, and says so", async () => {
  await using server = startFileServer((request) => serveFile(request, FILE));
  await using folder = await tempFolder();
  const options = { cacheDir: folder.path, startProgress: silentProgress };
  await fetchModel(entryOf(server.origin), options);
  const said: string[] = [];
  await fetchModel(entryOf(server.origin), { ...options, startProgress: recorder(said) });
  assert.equal(server.requests.length, 1);
  assert.deepEqual(said, ["Looking for X", `X is there: "${join(options.cacheDir, "x.gguf")}"`]);
});

Deno.test("fetchModel checks a file that came by another way once", async () => {
  await using folder = await tempFolder();
  const cacheDir = folder.path;
  await Deno.writeFile(join(cacheDir, "x.gguf"), FILE);
  const said: string[] = [];
  for (const _ of [1, 2]) {
    await fetchModel(entryOf("http://127.0.0.1:1/x"), { cacheDir, startProgress: recorder(said) });
  }
  assert.equal(said.filter((line) => line.startsWith("Checking")).length, 1);
});

Deno.test("fetchModel gets a file again that was changed after its check", async () => {
  await using server = startFileServer((request) => serveFile(request, FILE));
  await using folder = await tempFolder();
  const options = { cacheDir: folder.path, startProgress: silentProgress };
  const path = await fetchModel(entryOf(server.origin), options);
  await Deno.writeFile(path, fakeGguf(FILE.length, 4));
  await Deno.utime(path, new Date(0), new Date(0));
  await fetchModel(entryOf(server.origin), options);
  assert.deepEqual(await Deno.readFile(path), FILE);
});

Deno.test("fetchModel says which folder it cannot make, and tries no source", async () => {
  await using server = startFileServer((request) => serveFile(request, FILE));
  await using folder = await tempFolder();
  const file = join(folder.path, "file");
  await Deno.writeTextFile(file, "");
  const fetched = fetchModel(entryOf(server.origin), { cacheDir: join(file, "x"), startProgress: silentProgress });
  await assert.rejects(fetched, { code: "io" });
  assert.equal(server.requests.length, 0);
});

interface TempFolder extends AsyncDisposable {
  path: string;
}

async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function entryOf(...urls: string[]): CatalogueEntry {
  return {
    name: "x",
    aliases: [],
    title: "X",
    file: "x.gguf",
    sha256: SHA256,
    size: FILE.length,
    license: "MIT",
    sources: urls.map((url) => ({ kind: "url", url })),
    args: [],
  };
}

/** Keeps every label and closing line. */
function recorder(said: string[]): StartProgress {
  return (label): Progress => {
    said.push(label);
    return { update(): void {}, finish: (message) => void said.push(message), [Symbol.dispose](): void {} };
  };
}
