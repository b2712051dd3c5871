import assert from "node:assert/strict";
import { dirname, join, relative } from "node:path";
import { ROOT } from "./built.ts";

/** What each room may import of the others. */
const ALLOWED: Record<string, string[]> = {
  ffi: [],
  lib: ["ffi"],
  models: ["lib"],
  server: ["lib"],
  "main.ts": ["server", "lib", "models"],
};
/** The build makes the default model's file, so it fetches that model; it is no part of the program. */
const BUILD = "lib/build/";
const IMPORT =
  /^\s*(?:import|export)\b[^;]*?\bfrom\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']|\bimport\(["']([^"']+)["']\)/gm;

interface Import {
  from: string;
  to: string;
}

function* sources(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(join(ROOT, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

function importsOf(path: string): Import[] {
  const text = Deno.readTextFileSync(join(ROOT, path));
  return [...text.matchAll(IMPORT)].map((found) => ({ from: path, to: found[1] ?? found[2] ?? found[3] ?? "" }));
}

function allImports(): Import[] {
  return ["main.ts", ...["ffi", "lib", "models", "server"].flatMap((folder) => [...sources(folder)])].flatMap(
    importsOf,
  );
}

Deno.test("imports go one way: main → server → lib → ffi", () => {
  const imports = allImports();
  assert.ok(imports.length > 200, `found only ${imports.length}`);
  const breaches = imports.filter(({ from, to }) => {
    if (!to.startsWith(".")) return false;
    const room = from.split("/")[0] ?? "";
    const target = relative(ROOT, join(ROOT, dirname(from), to)).split("/")[0] ?? "";
    const build = from.startsWith(BUILD) && target === "models";
    return room !== target && !build && !(ALLOWED[room] ?? []).includes(target);
  });
  assert.deepEqual(breaches, []);
});

Deno.test("lib knows no Hono, and only the engine's worker sees llama.cpp", () => {
  const imports = allImports();
  assert.deepEqual(imports.filter(({ from, to }) => from.startsWith("lib/") && /hono/.test(to)), []);
  const native = imports.filter(({ from, to }) =>
    !from.startsWith("ffi/") && /ffi\//.test(to) && !/ffi\/libc\.ts$/.test(to)
  );
  assert.deepEqual([...new Set(native.map(({ from }) => dirname(from)))], ["lib/engine"]);
  const host = imports.filter(({ from, to }) =>
    from === "lib/engine/worker_engine.ts" && /native_engine|sampling\.ts|scheduler/.test(to)
  );
  assert.deepEqual(host, []);
});

Deno.test("pointers and dlopen live in ffi alone", () => {
  const breaches = ["lib", "models", "server"].flatMap((folder) => [...sources(folder)]).filter((path) =>
    /Deno\.(dlopen|Unsafe)/.test(Deno.readTextFileSync(join(ROOT, path)))
  );
  assert.deepEqual(breaches, []);
});

Deno.test("clients are driven from outside: the program imports none, and their tests know it by HTTP alone", () => {
  const clients = /^(openai|ollama|ai|@ai-sdk\/.*|@anthropic-ai\/.*)$/;
  const tests = [...sources("tests/clients")].flatMap(importsOf);
  const used = new Set(tests.filter(({ to }) => clients.test(to)).map(({ to }) => to));
  assert.equal(used.size, 5, `${[...used]}`);
  assert.deepEqual(allImports().filter(({ to }) => clients.test(to)), []);
  const inside = tests.filter(({ from, to }) =>
    to.startsWith(".") && !relative(ROOT, join(ROOT, dirname(from), to)).startsWith("tests/")
  );
  assert.deepEqual(inside, []);
});
