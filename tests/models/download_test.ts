import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import fc from "fast-check";
import { silentProgress } from "../../lib/progress.ts";
import { download, type DownloadOptions, type DownloadTiming } from "../../models/download.ts";
import { DownloadError } from "../../models/download_error.ts";
import { type Answer, fakeGguf, serveFile, type ServeFileOptions, startFileServer } from "./file_server.ts";

const FILE = fakeGguf(1_500_000);
const SHA256 = hashOf(FILE);
const TIMING: DownloadTiming = { answerMs: 5_000, idleMs: 5_000, backoffMs: 1 };

Deno.test("download gives the file its name once it is whole, and leaves nothing else", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag: '"a"' }));
  const { sha256 } = await fixture.download({ sha256: SHA256, size: FILE.length });
  assert.equal(sha256, SHA256);
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
  assert.deepEqual(fixture.files(), ["x.gguf"]);
});

Deno.test("download goes on where a connection broke", async () => {
  await using fixture = await prepare((request, index) =>
    serveFile(request, FILE, { etag: '"a"', cutAfter: index === 0 ? 700_000 : undefined })
  );
  await fixture.download({ sha256: SHA256 });
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
  const [first, second, ...more] = fixture.server.requests;
  assert.equal(first?.range, null);
  assert.match(second?.range ?? "", /^bytes=[1-9]\d*-$/);
  assert.equal(second?.ifRange, '"a"');
  assert.equal(more.length, 0);
});

Deno.test("download goes on where an earlier call gave up", async () => {
  let broken = true;
  await using fixture = await prepare((request) => {
    return broken && request.headers.has("range")
      ? new Response(null, { status: 503 })
      : serveFile(request, FILE, { etag: '"a"', cutAfter: broken ? 400_000 : undefined });
  });
  await assert.rejects(fixture.download(), /HTTP 503 \(5 tries\); 0\.4 MB are kept/);
  assert.deepEqual(fixture.files(), ["x.gguf.part", "x.gguf.part.json"]);
  broken = false;
  await fixture.download();
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
  assert.equal(fixture.server.requests.at(-1)?.range, "bytes=400000-");
});

Deno.test("download starts over from a server without ranges", async () => {
  await using fixture = await prepare((request, index) =>
    serveFile(request, FILE, { etag: '"a"', noRange: true, cutAfter: index === 0 ? 700_000 : undefined })
  );
  await fixture.download({ sha256: SHA256 });
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
});

Deno.test("download asks for no range when nothing tells whether the file is still the same", async () => {
  await using fixture = await prepare((request, index) =>
    serveFile(request, FILE, { cutAfter: index === 0 ? 700_000 : undefined })
  );
  await fixture.download();
  assert.deepEqual(fixture.server.requests.map(({ range }) => range), [null, null]);
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
});

for (const ignoreIfRange of [false, true]) {
  const how = ignoreIfRange ? "a server that overlooks If-Range" : "a server that minds If-Range";
  Deno.test(`download starts over when the file changed meanwhile, on ${how}`, async () => {
    const changed = fakeGguf(FILE.length, 2);
    await using fixture = await prepare((request, index) =>
      index === 0
        ? serveFile(request, FILE, { etag: '"a"', cutAfter: 700_000 })
        : serveFile(request, changed, { etag: '"b"', ignoreIfRange })
    );
    await fixture.download();
    assert.deepEqual(await Deno.readFile(fixture.output), changed);
  });
}

Deno.test("download refuses a wrong hash, names both and leaves nothing", async () => {
  const expected = "0".repeat(64);
  await using fixture = await prepare((request) => serveFile(request, FILE));
  await assert.rejects(
    fixture.download({ sha256: expected }),
    (error) => error instanceof DownloadError && error.message.includes(SHA256) && error.message.includes(expected),
  );
  assert.deepEqual(fixture.files(), []);
});

Deno.test("download does not replace the old file when the hash is wrong", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE));
  await Deno.writeTextFile(fixture.output, "old");
  await assert.rejects(fixture.download({ sha256: "0".repeat(64) }));
  assert.equal(await Deno.readTextFile(fixture.output), "old");
});

Deno.test("download takes the hash that the server states", async () => {
  const headers = { "x-linked-etag": `"${"1".repeat(64)}"` };
  await using fixture = await prepare((request) => serveFile(request, FILE, { headers }));
  await assert.rejects(fixture.download(), new RegExp(`has sha256 ${SHA256}, expected 1{64}`));
});

Deno.test("download refuses a file whose stated hash or size is another, before its body", async () => {
  const headers = { "x-linked-etag": `"${"1".repeat(64)}"` };
  await using fixture = await prepare((request) => serveFile(request, FILE, { headers, stallAfter: 0 }));
  await assert.rejects(fixture.download({ sha256: SHA256 }), /the file there has sha256 1{64}, expected/);
  await assert.rejects(fixture.download({ size: 7 }), /the file there has 1500000 bytes, expected 7/);
  assert.equal(fixture.server.requests.length, 2);
});

Deno.test("download gives up at once on a 404", async () => {
  await using fixture = await prepare(() => new Response("no", { status: 404 }));
  await assert.rejects(fixture.download(), /HTTP 404, there is no such file/);
  assert.equal(fixture.server.requests.length, 1);
  assert.deepEqual(fixture.files(), []);
});

Deno.test("download tells what to do about a 401", async () => {
  await using fixture = await prepare(() => new Response(null, { status: 401 }));
  await assert.rejects(fixture.download(), /HTTP 401.*HF_TOKEN/);
});

Deno.test("download tries again after a 503", async () => {
  await using fixture = await prepare((request, index) =>
    index === 0 ? new Response(null, { status: 503 }) : serveFile(request, FILE)
  );
  await fixture.download({ sha256: SHA256 });
  assert.equal(fixture.server.requests.length, 2);
});

Deno.test("download does not insist on a server that never answered", async () => {
  await using fixture = await prepare(() => new Response());
  const nobody = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = nobody.addr;
  nobody.close();
  await assert.rejects(
    fixture.download({ url: `http://127.0.0.1:${port}/x?secret=1` }),
    (error) => error instanceof DownloadError && error.failure === "unreachable" && !error.message.includes("secret"),
  );
});

Deno.test("download leaves a server that accepts but says nothing", async () => {
  await using fixture = await prepare(() => new Promise(() => {}));
  await assert.rejects(fixture.download({ timing: { ...TIMING, answerMs: 100 } }), /did not answer within 0.1 s/);
});

Deno.test("download goes on after the transfer fell silent", async () => {
  await using fixture = await prepare((request, index) =>
    serveFile(request, FILE, { etag: '"a"', stallAfter: index === 0 ? 300_000 : undefined })
  );
  await fixture.download({ sha256: SHA256, timing: { ...TIMING, idleMs: 200 } });
  assert.equal(fixture.server.requests.at(1)?.range, "bytes=300000-");
});

Deno.test("download gives up on a body that always ends at the same place, and keeps what came", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { noRange: true, cutAfter: 200_000 }));
  await assert.rejects(fixture.download(), /\(5 tries\); 0\.2 MB are kept/);
  assert.equal(fixture.server.requests.length, 5);
});

Deno.test("download refuses more bytes than there should be", async () => {
  const headers = { "x-linked-size": "1000" };
  await using fixture = await prepare((request) => serveFile(request, FILE, { headers }));
  await assert.rejects(fixture.download(), /more came than the 1000 bytes/);
  assert.deepEqual(fixture.files(), []);
});

Deno.test("download refuses a page in place of a model, and an encoded body", async () => {
  await using fixture = await prepare((_, index) =>
    index === 0
      ? new Response("<html>log in</html>")
      : new Response(null, { headers: { "content-encoding": "zstd", "content-type": "x/y" } })
  );
  await assert.rejects(fixture.download(), /begins with "<htm", expected "GGUF"/);
  await assert.rejects(fixture.download(), /encoded as zstd/);
  assert.deepEqual(fixture.files(), []);
});

Deno.test("download finishes a part that is whole already", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag: '"a"' }));
  await fixture.leavePart(FILE, '"a"');
  await fixture.download({ sha256: SHA256 });
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
  assert.deepEqual(fixture.server.requests.map(({ range }) => range), ["bytes=1500000-"]);
});

Deno.test("download starts over when the part is longer than the file", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag: '"a"' }));
  await fixture.leavePart(fakeGguf(2_000_000, 3), '"a"');
  await fixture.download({ sha256: SHA256 });
  assert.deepEqual(await Deno.readFile(fixture.output), FILE);
});

Deno.test("download drops a part of another address or with a damaged note", async () => {
  await using fixture = await prepare((request) => serveFile(request, FILE, { etag: '"a"' }));
  await fixture.leavePart(fakeGguf(1000, 3), '"a"', "http://127.0.0.1/other");
  await fixture.download({ sha256: SHA256 });
  await fixture.leavePart(fakeGguf(1000, 3), '"a"');
  await Deno.writeTextFile(`${fixture.output}.part.json`, '{"url":');
  await fixture.download({ sha256: SHA256 });
  assert.deepEqual(fixture.server.requests.map(({ range }) => range), [null, null]);
});

Deno.test("download follows redirects, up to ten of them, to http addresses only", async () => {
  const redirect = (location: string): Response => new Response(null, { status: 302, headers: { location } });
  await using fixture = await prepare((request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/loop") return redirect("/loop");
    if (pathname === "/ftp") return redirect("ftp://127.0.0.1/x");
    return pathname === "/file" ? redirect("real") : serveFile(request, FILE);
  });
  await fixture.download({ sha256: SHA256 });
  const { origin } = fixture.server;
  await assert.rejects(fixture.download({ url: `${origin}/loop` }), /more than 10 redirects/);
  await assert.rejects(fixture.download({ url: `${origin}/ftp` }), /"ftp:\/\/127.0.0.1\/x" is no http or https/);
});

Deno.test("download gives the token to its own origin only, and takes the stated hash from the first one only", async () => {
  const lie = { "x-linked-etag": "2".repeat(64) };
  await using other = startFileServer((request) => serveFile(request, FILE, { headers: lie }));
  const truth = { "x-linked-etag": `"${SHA256}"`, location: `${other.origin}/y` };
  await using fixture = await prepare(() => new Response(null, { status: 302, headers: truth }));
  const credential = { origin: fixture.server.origin, token: "secret" };
  const { facts } = await fixture.download({ credential });
  assert.equal(facts.sha256, SHA256);
  assert.deepEqual(fixture.server.requests.map(({ authorization }) => authorization), ["Bearer secret"]);
  assert.deepEqual(other.requests.map(({ authorization }) => authorization), [null]);
});

Deno.test("download says which folder it cannot write to", async () => {
  await using fixture = await prepare(() => new Response());
  const output = join(fixture.folder, "missing", "x.gguf");
  await assert.rejects(fixture.download({ output }), { code: "io", message: /Cannot write ".*missing/ });
});

Deno.test("download gives the right bytes whatever breaks where", async () => {
  const small = fakeGguf(50_000, 7);
  const fault = fc.record({
    cutAfter: fc.nat(60_000),
    noRange: fc.boolean(),
    ignoreIfRange: fc.boolean(),
    etag: fc.constantFrom('"a"', 'W/"a"', undefined),
    busy: fc.boolean(),
  });
  const run = async (faults: Fault[]): Promise<void> => {
    await using fixture = await prepare((request, index) => {
      const now = faults[index];
      if (now?.busy) return new Response(null, { status: 500 });
      return serveFile(request, small, now ?? { etag: '"a"' });
    });
    await fixture.download({ sha256: hashOf(small) });
    assert.deepEqual(await Deno.readFile(fixture.output), small);
    assert.deepEqual(fixture.files(), ["x.gguf"]);
  };
  await fc.assert(fc.asyncProperty(fc.array(fault, { maxLength: 4 }), run), { numRuns: 25 });
});

type Fault = ServeFileOptions & { busy: boolean };

interface Fixture extends AsyncDisposable {
  folder: string;
  output: string;
  server: ReturnType<typeof startFileServer>;
  download(options?: Partial<DownloadOptions> & { url?: string }): ReturnType<typeof download>;
  leavePart(bytes: Uint8Array, etag: string, url?: string): Promise<void>;
  files(): string[];
}

/** A folder and a server of its own for one test. */
async function prepare(answer: Answer): Promise<Fixture> {
  const folder = await Deno.makeTempDir();
  const server = startFileServer(answer);
  const output = join(folder, "x.gguf");
  return {
    folder,
    output,
    server,
    download({ url = `${server.origin}/file`, ...options } = {}): ReturnType<typeof download> {
      const all = { output, label: "x", magic: "GGUF", startProgress: silentProgress, timing: TIMING, ...options };
      return download(url, all);
    },
    async leavePart(bytes: Uint8Array, etag: string, url = `${server.origin}/file`): Promise<void> {
      await Deno.writeFile(`${output}.part`, bytes);
      await Deno.writeTextFile(
        `${output}.part.json`,
        JSON.stringify({ url, etag, lastModified: null, size: FILE.length }),
      );
    },
    files: () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
    async [Symbol.asyncDispose](): Promise<void> {
      await server[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
