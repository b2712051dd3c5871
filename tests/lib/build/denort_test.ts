import assert from "node:assert/strict";
import { join } from "node:path";
import { hashFile } from "../../../lib/hash_file.ts";
import { denortPath, pinnedDenort, provideDenort } from "../../../lib/build/denort.ts";
import { silentProgress } from "../../../lib/progress.ts";
import { TARGETS } from "../../../lib/target.ts";
import { hostDenort } from "./host_denort.ts";
import { withFakePython } from "./fake_python.ts";

// The pip of these tests is a shell script.
const ignore = Deno.build.os === "windows";
const startProgress = silentProgress;
const TARGET = "x86_64-unknown-linux-gnu";
const WHEEL_ENTRY = "bids_validator_deno-3.0.0a3.data/scripts/bids-validator-deno";

Deno.test("every target has a pinned denort of its own", () => {
  const pins = TARGETS.map(pinnedDenort);
  assert.equal(new Set(pins).size, TARGETS.length);
  for (const pin of pins) assert.match(pin, /^[0-9a-f]{64}$/);
});

Deno.test("the host's denort that the build left has the pinned bytes or says that it has not", async () => {
  const { target, path } = await hostDenort();
  const sha256 = await hashFile(path);
  if (sha256 !== pinnedDenort(target)) assert.equal((await Deno.readTextFile(`${path}.sha256`)).trim(), sha256);
});

Deno.test({
  name: "provideDenort refuses a wheel whose denort has other bytes, and keeps nothing",
  ignore,
  fn: () =>
    withFakePython({ [WHEEL_ENTRY]: tinyCompiledElf() }, async (folder) => {
      await assert.rejects(provideDenort(TARGET, { cacheDir: folder, startProgress }), (error: Error) => {
        assert.match(error.message, /has sha256 [0-9a-f]{64}, expected 44fa11ae[0-9a-f]+: not used$/);
        return "code" in error && error.code === "download";
      });
      await assertEmpty(folder);
    }),
});

Deno.test({
  name: "provideDenort refuses a wheel with a damaged executable, and keeps nothing",
  ignore,
  fn: () =>
    withFakePython({ [WHEEL_ENTRY]: tinyCompiledElf().slice(0, 100) }, async (folder) => {
      await assert.rejects(provideDenort(TARGET, { cacheDir: folder, startProgress }), { code: "bad_file" });
      await assertEmpty(folder);
    }),
});

Deno.test({
  name: "provideDenort does not use a kept file whose bytes changed",
  ignore,
  fn: () =>
    withFakePython({ [WHEEL_ENTRY]: tinyCompiledElf() }, async (folder) => {
      await Deno.writeTextFile(denortPath(TARGET, folder), "changed");
      await Deno.writeTextFile(`${denortPath(TARGET, folder)}.sha256`, "0".repeat(64));
      await assert.rejects(provideDenort(TARGET, { cacheDir: folder, startProgress }), { code: "download" });
    }),
});

Deno.test({
  name: "provideDenort reuses what Deno's own download gave, and says that it is not pinned",
  ignore,
  fn: () =>
    withFakePython({}, async (folder) => {
      const path = denortPath(TARGET, folder);
      await Deno.writeTextFile(path, "from elsewhere");
      const sha256 = await hashFile(path);
      await Deno.writeTextFile(`${path}.sha256`, `${sha256}\n`);
      const said: string[] = [];
      const denort = await provideDenort(TARGET, {
        cacheDir: folder,
        startProgress: () => ({ ...silentProgress(), finish: (message) => said.push(message) }),
      });
      assert.deepEqual(denort, { path, sha256, pinned: false });
      assert.match(said.join(), new RegExp(`NOT the pinned bytes: sha256 ${sha256}`));
    }),
});

/** The smallest ELF file with one section header and an empty payload. */
function tinyCompiledElf(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(64 + 64 + 16);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setBigUint64(0x28, 64n, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 1, true);
  view.setUint32(128, 0x501e, true);
  view.setBigUint64(136, 16n, true);
  return bytes;
}

async function assertEmpty(folder: string): Promise<void> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(join(folder, name));
  assert.deepEqual(names, []);
}
