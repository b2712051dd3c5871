import assert from "node:assert/strict";
import { join } from "node:path";
import * as structTable from "../../ffi/structs.ts";
import * as symbolTables from "../../ffi/symbols.ts";
import * as enums from "../../ffi/enums.ts";
import { CPU_MASK_BYTES, THREADPOOL_PARAMS_TAIL } from "../../ffi/thread_pool.ts";
import { provideNativeSource } from "../native_source.ts";
import { realLibraries } from "../real_engine.ts";
import { checkCompiles, missingCompiler, preprocess } from "./c_compiler.ts";
import { CHeader, normalizeDeclaration } from "./c_header.ts";
import { findMismatch, toCType } from "./c_type.ts";
import { probeStructs } from "./struct_probe.ts";
import { handleKind, readSymbolSource, type WrittenSymbol } from "./symbol_source.ts";

// Every row of ffi/symbols.ts and ffi/structs.ts against the headers of the release, read by a C compiler. Where there is none, that cannot
// be tested, and the runner counts these tests as ignored.

const missing = missingCompiler();
const ignore = missing !== undefined;
const because = ignore ? ` (ignored: ${missing})` : "";

const STRUCTS = Object.values(structTable);
const NATIVE_STRUCTS = new Map<string, unknown>(STRUCTS.map(({ name, native }) => [name, native]));
const TABLES: Record<string, Deno.ForeignLibraryInterface> = { ...symbolTables };
const SYMBOLS_FILE = new URL("../../ffi/symbols.ts", import.meta.url);

/** The functions that give a struct its defaults. */
const DEFAULTS: Record<string, keyof typeof DEFAULT_SYMBOLS> = {
  llama_model_params: "llama_model_default_params",
  llama_context_params: "llama_context_default_params",
  llama_sampler_chain_params: "llama_sampler_chain_default_params",
};
const { llama_model_default_params, llama_context_default_params, llama_sampler_chain_default_params } =
  symbolTables.LLAMA_SYMBOLS;
const DEFAULT_SYMBOLS = {
  llama_model_default_params,
  llama_context_default_params,
  llama_sampler_chain_default_params,
} as const;

/** The macro declares what each CPU variant exports and no header does. */
const ALL_HEADERS = `
#include "llama.h"
#include "ggml-backend.h"
#include "../src/ggml-backend-impl.h"
GGML_BACKEND_DL_SCORE_IMPL(score)
`;

Deno.test({ name: `ffi/structs.ts has the fields of llama.h, in its order${because}`, ignore }, async () => {
  const header = await readHeader();
  for (const { name, fields } of STRUCTS) {
    assert.deepEqual(fields.map((field) => field.name), header.fields(name).map((field) => field.name), name);
  }
});

Deno.test({ name: `ffi/structs.ts gives fields the types of llama.h${because}`, ignore }, async () => {
  const header = await readHeader();
  for (const { name, fields } of STRUCTS) {
    const types = new Map(header.fields(name).map((field) => [field.name, toCType(field.type, header)]));
    for (const field of fields) {
      const type = types.get(field.name);
      const expected = type?.kind === "scalar" ? type.type : type?.kind === "struct" ? "a struct" : "pointer";
      assert.equal(field.type, expected, `${name}.${field.name}`);
    }
  }
});

Deno.test({ name: `ffi/structs.ts lays structs out as the C compiler does${because}`, ignore }, async () => {
  const probed = await probe();
  for (const [index, { name, size, fields, native }] of STRUCTS.entries()) {
    const found = probed[index];
    assert.equal(size, found?.size, `size of ${name}`);
    assert.deepEqual(
      fields.map(({ name, offset }) => ({ name, offset })),
      found?.fields.map(({ name, offset }) => ({ name, offset })),
    );
    const sizes = { bool: 1, u8: 1, i32: 4, u32: 4, i64: 8, f32: 4, usize: 8, pointer: 8 };
    for (const [at, { name: fieldName, type }] of fields.entries()) {
      const c = found?.fields[at];
      assert.equal(sizes[type], c?.size, `size of ${name}.${fieldName}`);
      // An enum without negative values is unsigned to the compiler.
      const names = {
        bool: ["bool"],
        i32: ["i32", "u32"],
        u32: ["u32"],
        i64: ["i64"],
        f32: ["f32"],
        usize: ["usize"],
        pointer: ["other"],
      };
      assert.ok(names[type].includes(c?.type ?? ""), `${name}.${fieldName} is ${type}, to the C compiler ${c?.type}`);
      assert.equal(native.struct[at], type === "bool" ? "u8" : type, `${name}.${fieldName} as passed by value`);
    }
  }
});

Deno.test({ name: `struct views read the defaults that a C program reads${because}`, ignore }, async () => {
  const probed = await probe();
  // ggml-base and ggml lie beside it, where libllama looks for them.
  const library = Deno.dlopen(await findLlama(), DEFAULT_SYMBOLS);
  try {
    for (const [index, struct] of STRUCTS.entries()) {
      const make = DEFAULTS[struct.name];
      if (make === undefined) continue;
      const bytes: Uint8Array<ArrayBuffer> = new Uint8Array(library.symbols[make]());
      const ours = struct.fields.map(({ name }) => [name, comparable(readField(struct, bytes, name))]);
      assert.deepEqual(ours, probed[index]?.fields.map(({ name, value }) => [name, value]), struct.name);
    }
  } finally {
    library.close();
  }
});

Deno.test({ name: `ThreadPool lays its parameters out as the C compiler does${because}`, ignore }, async () => {
  const { name, size, fields } = THREADPOOL_PARAMS_TAIL;
  const header = await readHeader();
  assert.deepEqual(header.fields(name).map((field) => field.name), ["cpumask", ...fields.map((field) => field.name)]);
  // An enum without negative values is unsigned to the compiler.
  const types: Partial<Record<string, string>> = {
    i32: "int: 1, unsigned int: 1",
    u32: "unsigned int: 1",
    bool: "bool: 1",
  };
  const checks = fields.map((field) =>
    `_Static_assert(offsetof(struct ${name}, ${field.name}) == ${CPU_MASK_BYTES + field.offset}, "${field.name}");\n` +
    `_Static_assert(_Generic(((struct ${name} *) 0)->${field.name}, ${
      types[field.type]
    }, default: 0), "${field.name}");\n`
  );
  const whole = `_Static_assert(sizeof(struct ${name}) == ${CPU_MASK_BYTES + size}, "size");\n`;
  await checkCompiles(`#include <stddef.h>\n#include "ggml.h"\n${whole}${checks.join("")}`, await includes());
});

/** What the names in ffi/enums.ts are called in C. */
const ENUMS: Record<keyof typeof enums, (name: string) => string> = {
  LOAD_MODE: (name) => `LLAMA_LOAD_MODE_${name === "mmapMlock" ? "MMAP_MLOCK" : name.toUpperCase()}`,
  FLASH_ATTENTION: (name) =>
    `LLAMA_FLASH_ATTN_TYPE_${name === "on" ? "ENABLED" : name === "off" ? "DISABLED" : name.toUpperCase()}`,
  KV_TYPES: (name) => `GGML_TYPE_${name.toUpperCase()}`,
  ROPE_SCALING: (name) => `LLAMA_ROPE_SCALING_TYPE_${name.toUpperCase()}`,
  POOLING: (name) => `LLAMA_POOLING_TYPE_${name.toUpperCase()}`,
  WHOLE_VOCAB_TYPES: (name) => `LLAMA_VOCAB_TYPE_${name.toUpperCase()}`,
  NUMA: (name) => `GGML_NUMA_STRATEGY_${name.toUpperCase()}`,
  PRIORITY: (name) => `GGML_SCHED_PRIO_${name.toUpperCase()}`,
  STATE_FLAGS: (name) => `LLAMA_STATE_SEQ_FLAGS_${name === "partialOnly" ? "PARTIAL_ONLY" : name.toUpperCase()}`,
};

Deno.test({ name: `ffi/enums.ts has the values of the headers${because}`, ignore }, async () => {
  const checks = Object.entries(ENUMS).flatMap(([table, toC]) => {
    const values = Object.entries(Object.entries(enums).find(([name]) => name === table)?.[1] ?? {});
    assert.ok(values.length > 0, table);
    return values.map(([name, value]) => `_Static_assert(${toC(name)} == ${value}, "${table}.${name}");\n`);
  });
  assert.equal(Object.keys(enums).length, Object.keys(ENUMS).length);
  await checkCompiles(`#include "llama.h"\n${checks.join("")}`, await includes());
});

Deno.test({ name: `ffi/symbols.ts has the header's prototype above each entry${because}`, ignore }, async () => {
  const { functions } = await readHeader();
  for (const { symbol, written } of await writtenSymbols()) {
    const declared = functions.get(symbol);
    assert.ok(declared, `The headers do not declare ${symbol}`);
    assert.equal(normalizeDeclaration(written.prototype), declared.declaration);
  }
});

Deno.test({ name: `ffi/symbols.ts gives functions the types of their prototypes${because}`, ignore }, async () => {
  const header = await readHeader();
  const written = await writtenSymbols();
  // Else the entries that were read as text would be fewer than those in use.
  const inUse = Object.entries(TABLES).flatMap(([table, symbols]) =>
    Object.keys(symbols).map((name) => `${table}.${name}`)
  );
  assert.deepEqual(written.map(({ table, symbol }) => `${table}.${symbol}`).sort(), inUse.sort());
  for (const { table, symbol } of written) {
    const entry = TABLES[table]?.[symbol];
    const declared = header.functions.get(symbol);
    assert.ok(entry !== undefined && "parameters" in entry && declared !== undefined, `${symbol} is no function`);
    assert.equal(entry.parameters.length, declared.parameters.length, `${symbol}: number of parameters`);
    const types = [...declared.parameters.map(({ type }) => type), declared.result];
    const problems = [...entry.parameters, entry.result].flatMap((native, index) => {
      const problem = findMismatch(native, toCType(types[index] ?? "", header), NATIVE_STRUCTS);
      return problem === undefined ? [] : [`${declared.parameters[index]?.name ?? "result"} ${problem}`];
    });
    assert.deepEqual(problems, [], symbol);
  }
});

Deno.test({ name: `ffi/symbols.ts takes and gives handles of the header's kinds${because}`, ignore }, async () => {
  const header = await readHeader();
  const source = readSymbolSource(await Deno.readTextFile(SYMBOLS_FILE));
  for (const { symbol, written } of await writtenSymbols()) {
    const declared = header.functions.get(symbol);
    const types = [...declared?.parameters.map(({ type }) => type) ?? [], declared?.result ?? ""];
    for (const [index, expression] of [...written.parameters, written.result].entries()) {
      const kind = handleKind(expression, source);
      if (kind === undefined) continue;
      const type = toCType(types[index] ?? "", header);
      const pointee = type.kind === "pointer" ? type.to.replace(/^struct /, "") : type.kind;
      assert.equal(kind, pointee, `${symbol}: ${declared?.parameters[index]?.name ?? "result"}`);
    }
  }
});

async function readHeader(): Promise<CHeader> {
  return new CHeader(await preprocess(ALL_HEADERS, { ...await includes(), flags: ["-DGGML_BACKEND_DL"] }));
}

async function includes(): Promise<{ includes: string[] }> {
  const source = await provideNativeSource();
  return { includes: [join(source, "include"), join(source, "ggml", "include")] };
}

async function probe(): ReturnType<typeof probeStructs> {
  const questions = STRUCTS.map(({ name, fields }) => {
    const defaults = DEFAULTS[name];
    return { name, fields: fields.map((field) => field.name), ...(defaults === undefined ? {} : { defaults }) };
  });
  return await probeStructs(questions, await findLlama(), await includes());
}

async function findLlama(): Promise<string> {
  const found = (await realLibraries()).find(({ name }) => /^(lib)?llama\./.test(name));
  assert.ok(found, "No libllama among the libraries");
  return found.path;
}

async function writtenSymbols(): Promise<{ table: string; symbol: string; written: WrittenSymbol }[]> {
  const { tables } = readSymbolSource(await Deno.readTextFile(SYMBOLS_FILE));
  return [...tables].flatMap(([table, entries]) =>
    [...entries].map(([symbol, written]) => ({ table, symbol, written }))
  );
}

function readField(struct: (typeof STRUCTS)[number], bytes: Uint8Array<ArrayBuffer>, name: string): unknown {
  // The name is one of this struct's own fields; the view of one struct in a union of structs takes no name at all.
  const view: { get(name: string): unknown } = struct.view(bytes);
  const value = view.get(name);
  return struct.fields.find((field) => field.name === name)?.type === "f32" ? toBits(Number(value)) : value;
}

function toBits(value: number): number {
  return new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0;
}

function comparable(value: unknown): string {
  if (typeof value === "boolean" || value === null) return value === true ? "1" : "0";
  return typeof value === "object" ? "1" : String(value);
}
