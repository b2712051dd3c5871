import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../built.ts";

const SENTINEL = ["<", "sui-data", ">"].join("~");

Deno.test("no source file spells out the mark that Deno looks for in an x86_64 Mac executable", async () => {
  const checked = [join(ROOT, "main.ts")];
  for (const folder of ["ffi", "lib", "models", "server"]) await listFiles(join(ROOT, folder), checked);
  assert.ok(checked.length > 20);
  for (const path of checked) {
    const text = await Deno.readTextFile(path);
    assert.ok(!text.includes(SENTINEL), `${path} would be bundled and found in place of the payload`);
  }
});

async function listFiles(folder: string, found: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await listFiles(join(folder, name), found);
    else found.push(join(folder, name));
  }
}
