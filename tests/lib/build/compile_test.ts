import assert from "node:assert/strict";
import { join } from "node:path";
import { compile } from "../../../lib/build/compile.ts";
import { hashBytes, hashFile } from "../../../lib/hash_file.ts";
import { recoverDenort } from "../../../lib/executable/mod.ts";
import { silentProgress } from "../../../lib/progress.ts";
import type { Target } from "../../../lib/target.ts";
import { hostDenort } from "./host_denort.ts";
import { withFolder } from "./with_folder.ts";

const MAIN = `
const worker = new Worker(new URL("./lib/engine/worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => { console.log(data, Deno.args.join()); worker.terminate(); };
worker.postMessage("ping");
`;
const WORKER = `self.onmessage = ({ data }) => self.postMessage(data + " pong");`;

async function compiled(folder: string, { target, path }: { target: Target; path: string }): Promise<string> {
  await Deno.mkdir(join(folder, "bundle/lib/engine"), { recursive: true });
  await Deno.writeTextFile(join(folder, "bundle/main.js"), MAIN);
  await Deno.writeTextFile(join(folder, "bundle/lib/engine/worker.js"), WORKER);
  const bundle = { folder: join(folder, "bundle"), main: "main.js", included: ["lib/engine/worker.js"] };
  return await compile({ bundle, target, denort: path, folder, startProgress: silentProgress });
}

Deno.test("compile makes an executable that runs its worker and passes on its arguments", () =>
  withFolder(async (folder) => {
    const executable = await compiled(folder, await hostDenort());
    const { code, stdout } = await new Deno.Command(executable, { args: ["a", "-b"], cwd: folder }).output();
    assert.equal(code, 0);
    assert.equal(new TextDecoder().decode(stdout).trim(), "ping pong a,-b");
  }));

Deno.test("compile makes the same bytes in another folder, at another time and under a package.json", () =>
  withFolder(async (folder) => {
    const host = await hostDenort();
    const first = await compiled(join(folder, "a"), host);
    await Deno.writeTextFile(
      join(folder, "package.json"),
      `{"name": "above", "dependencies": {"nothing-here": "1.0.0"}}`,
    );
    const second = await compiled(join(folder, "much/further/down"), host);
    assert.equal(await hashFile(second), await hashFile(first));
  }));

Deno.test("recoverDenort gives back, byte for byte, the denort that deno compile was given", () =>
  withFolder(async (folder) => {
    const host = await hostDenort();
    const recovered = recoverDenort(await Deno.readFile(await compiled(folder, host)));
    assert.equal(hashBytes(recovered), await hashFile(host.path));
  }));
