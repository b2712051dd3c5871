import assert from "node:assert/strict";
import { join } from "node:path";
import { inspect, openModelFile, pack, verify } from "../../../lib/container/mod.ts";
import { EngineError, type ErrorCode } from "../../../lib/errors.ts";
import { type Progress, silentProgress } from "../../../lib/progress.ts";
import { makeGguf, makeModel } from "../gguf/make_gguf.ts";
import { findPayload, makeBase } from "./make_base.ts";
import { makeZip } from "./make_zip.ts";
import { LINUX, makeScratch, packOptions, type Scratch } from "./scratch.ts";
import { runTool } from "./zip_tools.ts";

async function refused(packing: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(packing, (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.match(error.message, message);
    assert.equal(error.code, code);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

function leavesNothing(scratch: Scratch): void {
  assert.deepEqual(scratch.names().filter((name) => name.includes("packing") || name.includes("out.llamafile")), []);
}

Deno.test("pack refuses models that are damaged, cut or of another kind, and leaves nothing", async () => {
  using scratch = makeScratch();
  const model = makeModel();
  const cases: [string, ErrorCode, RegExp][] = [
    [scratch.write("cut.gguf", model.subarray(0, 2000)), "bad_file", /tensor "token_embd.weight" ends at byte/],
    [
      scratch.write("text.gguf", "this is a text file"),
      "bad_file",
      /neither a GGUF file nor a llamafile, it begins with "this"/,
    ],
    [scratch.write("empty.gguf", ""), "bad_file", /it is empty/],
    [scratch.folder, "bad_file", /it is a folder/],
    [scratch.path("missing.gguf"), "io", /there is no such file/],
    [scratch.write("elf", makeBase(LINUX)), "bad_file", /executable without the ZIP/],
    [scratch.write("vocab.gguf", makeGguf()), "bad_model", /no tensors/],
    [scratch.write("split.gguf", split()), "bad_model", /one of 3 parts/],
  ];
  for (const [path, code, message] of cases) {
    await refused(pack(packOptions(scratch, { model: { path } })), code, message);
    leavesNothing(scratch);
  }
});

function split(): Uint8Array {
  return makeGguf({
    metadata: { "general.architecture": "llama", "split.count": 3 },
    tensors: [{ name: "t", dims: [8], data: new Uint8Array(32) }],
  });
}

Deno.test("pack refuses a base of another target, a cut one, and one that is no executable", async () => {
  using scratch = makeScratch();
  const base = makeBase(LINUX);
  const cases: [string, RegExp][] = [
    [
      scratch.write("mac", makeBase("aarch64-apple-darwin")),
      /executable for aarch64-apple-darwin, expected one for x86_64-unk/,
    ],
    [scratch.write("cut", base.subarray(0, base.length - 1)), /does not end with Deno's trailer/],
    [scratch.write("text", "#!/bin/sh\n".repeat(20)), /it is no executable/],
    [scratch.path("missing"), /no such file/],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(pack(packOptions(scratch, { base: path })), message);
    leavesNothing(scratch);
  }
});

Deno.test("pack refuses options that contradict each other", async () => {
  using scratch = makeScratch();
  const path = scratch.write("lib", "x");
  await refused(pack(packOptions(scratch, { denort: undefined })), "usage", /which Deno runtime/);
  await refused(pack(packOptions(scratch, { args: ["a\nb"] })), "usage", /one non-empty argument a line/);
  await refused(pack(packOptions(scratch, { libraries: [{ name: "../x", path }] })), "usage", /no plain file name/);
  const twice = [{ name: "x", path }, { name: "x", path }];
  await refused(pack(packOptions(scratch, { libraries: twice })), "usage", /"x" twice/);
  leavesNothing(scratch);
});

Deno.test("pack says which library or model card is missing", async () => {
  using scratch = makeScratch();
  const missing = scratch.path("nowhere");
  await refused(
    pack(packOptions(scratch, { modelCard: missing })),
    "io",
    /Cannot open ".*nowhere": there is no such file/,
  );
  const libraries = [{ name: "x", path: missing }];
  await refused(pack(packOptions(scratch, { libraries })), "io", /Cannot open ".*nowhere": there is no such file/);
  leavesNothing(scratch);
});

Deno.test("pack refuses to carry over a library that is damaged in its base", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch, { output: scratch.path("first") });
  await pack(options);
  const bytes = Deno.readFileSync(options.output);
  const at = inspect(options.output).entries.find(({ name }) => name === "lib/libtwo.so")?.dataOffset ?? 0;
  bytes[at + 4] = (bytes[at + 4] ?? 0) ^ 0xff;
  const base = scratch.write("damaged", bytes);
  await refused(
    pack({ ...options, base, libraries: undefined, output: scratch.path("out.llamafile") }),
    "bad_file",
    /lib\/libtwo\.so/,
  );
  leavesNothing(scratch);
});

Deno.test("pack refuses a base whose executable part is damaged", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch, { output: scratch.path("first") });
  await pack(options);
  const bytes = Deno.readFileSync(options.output);
  bytes[4000] = (bytes[4000] ?? 0) ^ 1;
  const base = scratch.write("damaged", bytes);
  const again = pack({ ...options, base, libraries: undefined, output: scratch.path("out.llamafile") });
  await refused(again, "bad_file", /its executable part has SHA-256/);
  leavesNothing(scratch);
});

Deno.test("pack refuses an output folder that is missing or no folder, and an output that is no file", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await refused(
    pack({ ...options, output: scratch.path("no/out") }),
    "io",
    /there is no folder ".*no"; create it first/,
  );
  await refused(pack({ ...options, output: join(options.base, "out") }), "io", /Cannot write ".*out": /);
  await refused(pack({ ...options, output: scratch.folder }), "io", /it is a folder; name a file/);
  if (Deno.build.os !== "windows") {
    await refused(pack({ ...options, output: "/dev/null" }), "io", /is not a regular file/);
  }
});

Deno.test("pack refuses a folder that this user may not write to", {
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
}, async () => {
  using scratch = makeScratch();
  const folder = scratch.path("locked");
  Deno.mkdirSync(folder, { mode: 0o555 });
  await refused(
    pack(packOptions(scratch, { output: join(folder, "out") })),
    "io",
    /may not write to the folder ".*locked"/,
  );
});

const canMount = Deno.build.os === "linux" && Deno.uid() === 0;

async function onSmallDisk(size: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  await runTool("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", folder]);
  try {
    await use(folder);
  } finally {
    await runTool("umount", [folder]);
    Deno.removeSync(folder);
  }
}

Deno.test("pack says at once when the disk is too small (needs root for a mount)", { ignore: !canMount }, async () => {
  await onSmallDisk("64k", async (folder) => {
    using scratch = makeScratch();
    await refused(
      pack(packOptions(scratch, { output: join(folder, "out") })),
      "io",
      /needs 1 MB, the disk has 1 MB free/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test(
  "pack removes what it wrote when the disk runs full (needs root for a mount)",
  { ignore: !canMount },
  async () => {
    await onSmallDisk("2m", async (folder) => {
      using scratch = makeScratch();
      // Libraries are not counted beforehand: nobody knows how far they can be deflated.
      const noise = crypto.getRandomValues(new Uint8Array(65536));
      const bytes = new Uint8Array(64 * noise.length);
      for (let i = 0; i < 64; i++) bytes.set(noise.map((byte) => (byte * (2 * i + 1) + i) & 0xff), i * noise.length);
      const libraries = [{ name: "big.so", path: scratch.write("big", bytes) }];
      const output = join(folder, "out");
      await refused(
        pack(packOptions(scratch, { output, libraries })),
        "io",
        /Cannot write ".*out": the disk is full; free some/,
      );
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    });
  },
);

Deno.test("pack that is aborted leaves nothing, and an older output as it was", async () => {
  using scratch = makeScratch();
  const abort = new AbortController();
  const aborting = (): Progress => ({ update: () => abort.abort(), finish: () => {}, [Symbol.dispose]: () => {} });
  const output = scratch.write("old", "an older file");
  const packing = pack(packOptions(scratch, { output, startProgress: aborting, signal: abort.signal }));
  await refused(packing, "cancelled", /Stopped reading/);
  assert.equal(Deno.readTextFileSync(output), "an older file");
  leavesNothing(scratch);
});

Deno.test("pack that is killed leaves nothing under the final name, and the next one cleans up", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  const { base, target, output, denort, model } = options;
  const module = new URL("../../../lib/container/mod.ts", import.meta.url).href;
  // Stands still in the middle of the pack, so that it is killed there and not somewhere else.
  const script = `import { pack } from ${JSON.stringify(module)};
    const startProgress = () => ({ finish() {}, [Symbol.dispose]() {}, update(done) {
      if (done < 5000) return;
      console.log("packing");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    } });
    await pack({ ...${JSON.stringify({ base, target, output, denort, model })}, startProgress });`;
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const path = scratch.write("killed.ts", script);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--config", config, path],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  assert.ok(!scratch.names().includes("out.llamafile"));
  assert.equal(scratch.names().filter((name) => name.endsWith(".packing")).length, 1);
  await pack(options);
  assert.deepEqual(scratch.names().filter((name) => name.endsWith(".packing")), []);
});

Deno.test("verify names the entry that is damaged", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  const whole = Deno.readFileSync(options.output);
  const { entries } = inspect(options.output);
  const places = entries.filter(({ name }) => name !== "manifest.json").map(({ name, dataOffset }) =>
    [name, dataOffset] as const
  );
  for (
    const [name, at] of [
      ...places,
      ["(executable)", 4000] as const,
      ["(payload)", findPayload(whole).data.byteOffset + 3] as const,
    ]
  ) {
    const bytes = whole.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 0x01;
    const result = await verify(scratch.write("damaged", bytes), { startProgress: silentProgress });
    assert.equal(result.ok, false, name);
    assert.deepEqual(result.entries.filter(({ ok }) => !ok).map((entry) => entry.name), [name]);
  }
});

Deno.test("verify, inspect and openModelFile refuse a truncated llamafile", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  const whole = Deno.readFileSync(options.output);
  for (const length of [whole.length - 1, whole.length - 16, whole.length >> 1, 100]) {
    const path = scratch.write("cut", whole.subarray(0, length));
    const message = /^Cannot (read|load model) ".*cut": [^\n]*(truncated|damaged)[^\n]*$/;
    await refused(verify(path, { startProgress: silentProgress }), "bad_file", message);
    for (const open of [inspect, openModelFile]) await refused((async () => await open(path))(), "bad_file", message);
  }
});

Deno.test("verify checks the CRCs of a file without manifest", async () => {
  using scratch = makeScratch();
  const bytes = makeZip([{ name: "m.gguf", data: makeModel() }, {
    name: "z",
    data: new Uint8Array(500),
    deflated: true,
  }]);
  const good = await verify(scratch.write("good", bytes), { startProgress: silentProgress });
  assert.deepEqual(good.entries.map(({ name, ok }) => [name, ok]), [["m.gguf", true], ["z", true]]);
  bytes[500] = (bytes[500] ?? 0) ^ 1;
  const bad = await verify(scratch.write("bad", bytes), { startProgress: silentProgress });
  assert.deepEqual(bad.entries.map(({ name, ok }) => [name, ok]), [["m.gguf", false], ["z", true]]);
  assert.match(bad.entries[0]?.found ?? "", /^CRC [0-9a-f]{8}$/);
});
