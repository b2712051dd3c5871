import assert from "node:assert/strict";
import * as symbolTables from "../../ffi/symbols.ts";
import { exportedSymbols } from "../../lib/executable/mod.ts";
import { TARGETS } from "../../lib/target.ts";
import { realLibraries } from "../real_engine.ts";

/** Which libraries of a package a table is for: all that match, and at least one must. */
const LIBRARIES: Record<keyof typeof symbolTables, RegExp> = {
  GGML_BASE_SYMBOLS: /^(lib)?ggml-base\./,
  GGML_SYMBOLS: /^(lib)?ggml\./,
  LLAMA_SYMBOLS: /^(lib)?llama\./,
  CPU_VARIANT_SYMBOLS: /^(lib)?ggml-cpu[-.]/,
};

Deno.test("ffi/symbols.ts has no table that this test does not know", () => {
  assert.deepEqual(Object.keys(symbolTables).sort(), Object.keys(LIBRARIES).sort());
});

for (const target of TARGETS) {
  Deno.test(`the libraries for ${target} export every symbol of ffi/symbols.ts`, async () => {
    const libraries = await realLibraries(target);
    const problems: string[] = [];
    for (const [table, symbols] of Object.entries(symbolTables)) {
      const pattern = Object.entries(LIBRARIES).find(([name]) => name === table)?.[1];
      const files = libraries.filter(({ name }) => pattern?.test(name));
      if (files.length === 0) problems.push(`no library for ${table}`);
      for (const { name, path } of files) {
        const exported = exportedSymbols(await Deno.readFile(path));
        for (const symbol of Object.keys(symbols)) if (!exported.has(symbol)) problems.push(`${name} lacks ${symbol}`);
      }
    }
    assert.deepEqual(problems, []);
  });
}
