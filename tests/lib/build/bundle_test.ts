import assert from "node:assert/strict";
import { join } from "node:path";
import { withoutMachinePaths } from "../../../lib/build/bundle.ts";
import { registryFolder } from "../../../lib/build/deno_info.ts";
import { isNeededLibrary, nativePackage } from "../../../lib/build/native_libraries.ts";
import { outputName } from "../../../lib/build/build.ts";
import { hostTarget, TARGETS } from "../../../lib/target.ts";
import { ROOT } from "../../built.ts";

Deno.test("withoutMachinePaths gives the same text wherever the project and Deno's cache lie", () => {
  const at = (prefix: string) =>
    `// lib/a.ts\nvar a;\n// ${prefix}/hono/1.0/index.js\nvar b = { "${prefix}/cjs/2.0/x.js"() {} };`;
  const expected = `// lib/a.ts\nvar a;\n// npm:hono/1.0/index.js\nvar b = { "npm:cjs/2.0/x.js"() {} };`;
  const near = withoutMachinePaths(
    at("../cache/npm/registry.example"),
    ["/home/me/cache/npm/registry.example"],
    "/home/me/project",
  );
  const far = withoutMachinePaths(at("../../root/npm/mirror.example/api"), ["/root/npm/mirror.example/api"], "/w/x");
  assert.equal(near, expected);
  assert.equal(far, expected);
});

Deno.test("registryFolder names a registry's folder as Deno does", () => {
  const cases: [url: string, folder: string][] = [
    ["https://registry.example/", "registry.example"],
    ["https://mirror.example:8443/api/npm/all/", join("mirror.example_8443", "api", "npm", "all")],
    ["http://127.0.0.1:4873/", "4873"],
    ["http://127.0.0.1/npm/", "npm"],
  ];
  for (const [url, folder] of cases) assert.equal(registryFolder(url), folder);
});

Deno.test("isNeededLibrary takes llama.cpp's libraries and backends of every OS, and nothing else", () => {
  const needed = ["libllama.v0.4.0.so", "libggml-base.so", "libggml-cpu-armv8.2_1.so", "libllama.metal.v0.4.0.dylib"];
  needed.push(
    "libggml-metal.so",
    "ggml-cpu-x64.dll",
    "llama.v0.4.0.dll",
    "ggml.v0.4.0.dll",
    "libggml-cpu-apple_m2_m3.so",
  );
  for (const name of needed) assert.equal(isNeededLibrary(name), true, name);
  const others = [
    "libllama-common.so",
    "llama-common.dll",
    "llama-addon.node",
    "llama-addon.lib",
    "_nlcBuildMetadata.json",
  ];
  for (const name of others) assert.equal(isNeededLibrary(name), false, name);
});

Deno.test("a lock file of its own pins the hash of each target's native package", async () => {
  const locks = join(ROOT, "lib/build/locks");
  const pinned: Record<string, { integrity: string }> = {};
  for (const { name } of Deno.readDirSync(locks)) {
    const { npm } = JSON.parse(await Deno.readTextFile(join(locks, name)));
    assert.equal(Object.keys(npm).length, 1, `Deno downloads all that ${name} names`);
    Object.assign(pinned, npm);
  }
  for (const target of TARGETS) assert.match(pinned[nativePackage(target)]?.integrity ?? "missing", /^sha512-/, target);
});

Deno.test("outputName leaves the host's target out", () => {
  const extension = (target: string) => target.includes("windows") ? ".exe" : "";
  for (const target of TARGETS) {
    const infix = target === hostTarget() ? "" : `-${target}`;
    assert.equal(outputName("packllama", target), `packllama${infix}${extension(target)}`);
    assert.equal(outputName("m.llamafile", target), `m${infix}.llamafile${extension(target)}`);
  }
});
