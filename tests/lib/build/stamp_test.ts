import assert from "node:assert/strict";
import { join } from "node:path";
import { buildCacheDir } from "../../../lib/build/build_cache_dir.ts";
import { hashLock, hashSources, Stamp } from "../../../lib/build/stamp.ts";
import { ROOT } from "../../built.ts";
import { withFolder } from "./with_folder.ts";

Deno.test("Stamp knows an output again, in a later run too, while it and its key stay the same", () =>
  withFolder(async (dist) => {
    await Deno.writeTextFile(join(dist, "out"), "made");
    const stamp = await Stamp.read(dist);
    assert.equal(await stamp.isCurrent("out", "key"), false);
    await stamp.record("out", "key", {});
    const later = await Stamp.read(dist);
    assert.equal(await later.isCurrent("out", "key"), true);
    assert.equal(await later.isCurrent("out", "other key"), false);
    assert.equal(await later.isCurrent("other", "key"), false);
  }));

Deno.test("Stamp does not know an output again that was changed or removed", () =>
  withFolder(async (dist) => {
    await Deno.writeTextFile(join(dist, "out"), "made");
    const stamp = await Stamp.read(dist);
    await stamp.record("out", "key", {});
    await Deno.writeTextFile(join(dist, "out"), "made longer");
    assert.equal(await stamp.isCurrent("out", "key"), false);
    await Deno.remove(join(dist, "out"));
    assert.equal(await stamp.isCurrent("out", "key"), false);
  }));

Deno.test("Stamp takes a damaged stamp file for none", () =>
  withFolder(async (dist) => {
    for (const text of ["", "{", `{"outputs": {"out": 1}}`]) {
      await Deno.writeTextFile(join(dist, ".build.json"), text);
      assert.equal(await (await Stamp.read(dist)).isCurrent("out", "key"), false);
    }
  }));

Deno.test("hashSources changes when a source's name or content does, not with tests or hidden files", () =>
  withFolder(async (root) => {
    for (const name of ["ffi", "lib/deep", "models", "server", "tests"]) {
      await Deno.mkdir(join(root, name), { recursive: true });
    }
    for (const name of ["deno.json", "import_map.json", "main.ts", "lib/deep/a.ts"]) {
      await Deno.writeTextFile(join(root, name), name);
    }
    const first = await hashSources(root);
    await Deno.writeTextFile(join(root, "tests/x_test.ts"), "test");
    await Deno.writeTextFile(join(root, "lib/.a.ts.swp"), "editor");
    assert.equal(await hashSources(root), first);
    await Deno.writeTextFile(join(root, "lib/deep/a.ts"), "changed");
    const second = await hashSources(root);
    assert.notEqual(second, first);
    await Deno.rename(join(root, "lib/deep/a.ts"), join(root, "lib/deep/b.ts"));
    assert.notEqual(await hashSources(root), second);
  }));

Deno.test("hashLock tells lock files apart, a missing one too", () =>
  withFolder(async (root) => {
    const missing = await hashLock(root);
    await Deno.writeTextFile(join(root, "deno.lock"), "{}");
    assert.notEqual(await hashLock(root), missing);
  }));

Deno.test("buildCacheDir falls back to the dist folder where the user's cache cannot be written", () =>
  withFolder(async (folder) => {
    const before = Deno.env.get("XDG_CACHE_HOME");
    await Deno.writeTextFile(join(folder, "file"), "");
    try {
      Deno.env.set("XDG_CACHE_HOME", join(folder, "cache"));
      assert.equal(await buildCacheDir(join(folder, "dist")), join(folder, "cache", "packllama", "build"));
      Deno.env.set("XDG_CACHE_HOME", join(folder, "file"));
      assert.equal(await buildCacheDir(join(folder, "dist")), join(folder, "dist", ".cache"));
    } finally {
      if (before === undefined) Deno.env.delete("XDG_CACHE_HOME");
      else Deno.env.set("XDG_CACHE_HOME", before);
    }
  }));

Deno.test("the build's command line refuses what it does not know with exit code 2", async () => {
  for (const args of [["--target", "sparc"], ["--unknown"], ["stray"]]) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(ROOT, "lib/build/main.ts"), ...args],
    });
    const { code, stderr } = await command.output();
    assert.equal(code, 2, args.join(" "));
    assert.match(new TextDecoder().decode(stderr), /^error: [^\n]+\n$/);
  }
});
