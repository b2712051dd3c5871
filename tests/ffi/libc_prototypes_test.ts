import assert from "node:assert/strict";
import { checkCompiles, missingCompiler, preprocess } from "./c_compiler.ts";
import { CHeader, parseFunction } from "./c_header.ts";
import { findMismatch, toCType } from "./c_type.ts";
import { handleKind, readSymbolSource, type SymbolSource, type WrittenSymbol } from "./symbol_source.ts";

const missing = Deno.build.os === "windows" ? "Windows has no POSIX headers" : missingCompiler();
const because = missing === undefined ? "" : ` (ignored: ${missing})`;

const INCLUDES = "#define _GNU_SOURCE\n" +
  ["errno", "fcntl", "malloc", "stddef", "stdint", "stdio", "sys/mman", "sys/types", "unistd"]
    .map((name) => `#include <${name}.h>\n`).join("");

/** Names of this project's own among the constants. */
const OWN = new Set(["PAGE", "LARGE_BLOCK"]);

for (
  const { file, table, os } of [
    { file: "c_file.ts", table: "POSIX_SYMBOLS", os: undefined },
    { file: "libc.ts", table: "LINUX_SYMBOLS", os: "linux" },
  ]
) {
  const ignore = missing !== undefined || (os !== undefined && os !== Deno.build.os);

  Deno.test({ name: `ffi/${file} has prototypes that the system's headers agree with${because}`, ignore }, async () => {
    const prototypes = [...(await readTable(file, table)).entries.values()].map(({ prototype }) => prototype);
    assert.ok(prototypes.length > 0);
    // A second declaration that differs in a type is an error in C.
    await checkCompiles(`${INCLUDES}_Static_assert(sizeof(off_t) == 8, "off_t");\n${prototypes.join("\n")}\n`);
  });

  Deno.test({ name: `ffi/${file} gives functions the types of their prototypes${because}`, ignore }, async () => {
    const header = new CHeader(await preprocess(INCLUDES));
    const { source, entries } = await readTable(file, table);
    for (const [symbol, { prototype, parameters, result }] of entries) {
      const declared = parseFunction(prototype);
      assert.equal(declared.name, symbol);
      // Deno passes the fixed parameters alone.
      const types = declared.parameters.map(({ type }) => type).filter((type) => type !== "...");
      assert.equal(parameters.length, types.length, `${symbol}: number of parameters`);
      for (const [index, expression] of [...parameters, result].entries()) {
        const native: unknown = handleKind(expression, source) === undefined ? JSON.parse(expression) : "pointer";
        const problem = findMismatch(native, toCType(types[index] ?? declared.result, header), new Map());
        assert.equal(problem, undefined, `${symbol}: ${declared.parameters[index]?.name ?? "result"} ${problem}`);
      }
    }
  });

  Deno.test({ name: `ffi/${file} has the constants of the system's headers${because}`, ignore }, async () => {
    const text = await readFile(file);
    const constants = [...text.matchAll(/^const ([A-Z_]+) = (-?[\w]+?)n?;/gm)].filter(([, name = ""]) =>
      !OWN.has(name)
    );
    assert.ok(constants.length > 0);
    const checks = constants.map(([, name = "", value = ""]) =>
      `#ifndef ${name}\n#error "no ${name}"\n#endif\n` +
      `_Static_assert((unsigned long long) ${name} == ${toC(value)}, "${name}");\n`
    );
    await checkCompiles(INCLUDES + checks.join(""));
  });
}

/** A number of TypeScript as one of C, which wraps negative ones. */
function toC(value: string): string {
  const digits = value.replaceAll("_", "");
  return digits.startsWith("-") ? `(unsigned long long) ${digits}` : `${BigInt(digits)}ull`;
}

async function readTable(
  file: string,
  table: string,
): Promise<{ source: SymbolSource; entries: Map<string, WrittenSymbol> }> {
  const source = readSymbolSource(await readFile(file));
  const entries = source.tables.get(table);
  assert.ok(entries, `${file} has no table ${table}`);
  return { source, entries };
}

async function readFile(file: string): Promise<string> {
  return await Deno.readTextFile(new URL(`../../ffi/${file}`, import.meta.url));
}
