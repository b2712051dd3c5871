import { fromCString, toCString } from "./c_string.ts";
import { NUMA, type NumaStrategy } from "./enums.ts";
import type { BackendHandle } from "./handles.ts";
import { NativeError } from "./native_error.ts";
import { CPU_VARIANT_SYMBOLS, GGML_BASE_SYMBOLS, GGML_SYMBOLS, LLAMA_SYMBOLS } from "./symbols.ts";

/** One shared library: its file name in the release, and where it can be opened (which may be `/proc/self/fd/…`). */
export interface LibraryFile {
  name: string;
  path: string;
}

/** A line of llama.cpp's own log. `level` is ggml's: 1 debug, 2 info, 3 warning, 4 error; 5 continues the line before. */
export type LogLine = (level: number, text: string) => void;

/** How {@linkcode Library} opens. */
export interface LibraryOptions {
  /** Takes the log of llama.cpp and ggml. */
  log: LogLine;
  /** The one CPU variant to load, e.g. `haswell`; the best one for this processor when absent. */
  cpuVariant?: string;
}

type Base = Deno.DynamicLibrary<typeof GGML_BASE_SYMBOLS>;
type Ggml = Deno.DynamicLibrary<typeof GGML_SYMBOLS>;
type Cpu = Deno.DynamicLibrary<typeof CPU_VARIANT_SYMBOLS>;
type Llama = Deno.DynamicLibrary<typeof LLAMA_SYMBOLS>;

const LOG_CALLBACK = { parameters: ["i32", "pointer", "pointer"], result: "void" } as const;

/** llama.cpp's libraries, opened in the order that every OS accepts, with their backends loaded. One per process: backends are global. */
export class Library implements Disposable {
  /** The CPU variant in use, e.g. `haswell`; `generic` where the platform has just one. */
  readonly cpuVariant: string;
  readonly #base: Base;
  readonly #ggml: Ggml;
  readonly #cpu: Cpu;
  readonly #llama: Llama;
  readonly #log: Deno.UnsafeCallback<typeof LOG_CALLBACK>;
  /** Closes all of the above, the last opened first. */
  readonly #opened: DisposableStack;

  /**
   * Opens the libraries and loads every backend among `files`.
   *
   * @throws {NativeError} When a library is missing or the OS refuses it, no CPU variant runs on this processor, or another one is in use in
   *   this process already.
   */
  constructor(files: readonly LibraryFile[], options: LibraryOptions) {
    using opened = new DisposableStack();
    this.#log = opened.adopt(
      new Deno.UnsafeCallback(LOG_CALLBACK, (level, text) => options.log(level, fromCString(text)?.trimEnd() ?? "")),
      (callback) => callback.close(),
    );
    const close = (library: { close: () => void }): void => library.close();
    // ggml-base comes first: Windows does not search a library's own folder for what it needs, and a memfd has none.
    this.#base = opened.adopt(open(findLibrary(files, /^(lib)?ggml-base\./), GGML_BASE_SYMBOLS), close);
    this.#ggml = opened.adopt(open(findLibrary(files, /^(lib)?ggml\./), GGML_SYMBOLS), close);
    this.#llama = opened.adopt(open(findLibrary(files, /^(lib)?llama\./), LLAMA_SYMBOLS), close);
    const { ggml_backend_load, ggml_backend_unload } = this.#ggml.symbols;
    const { llama_log_set, llama_backend_init } = this.#llama.symbols;
    llama_log_set(this.#log.pointer, null);
    opened.defer(() => llama_log_set(null, null));
    // The registry of backends outlives the libraries, which the OS may keep: what stays in it would be used before what is loaded next.
    const load = (path: string): BackendHandle | null =>
      opened.adopt(ggml_backend_load(toCString(path)), (backend) => backend === null || ggml_backend_unload(backend));
    for (const { name, path } of files) {
      // A GPU backend that finds no device or driver is no error: the CPU remains.
      if (/^(lib)?ggml-(?!base\.|cpu[-.])/.test(name)) load(path);
    }
    const { variant, path } = loadCpu(files, options.cpuVariant, (path) => load(path) !== null);
    this.cpuVariant = variant;
    this.#cpu = opened.adopt(open({ name: variant, path }, CPU_VARIANT_SYMBOLS), close);
    llama_backend_init();
    expectOneCpu(this.#base, this.#ggml);
    this.#opened = opened.move();
  }

  /** The functions of libllama; throws after use, for a call into a closed library would end the process. */
  get llama(): Llama["symbols"] {
    return this.#live().#llama.symbols;
  }

  /** The functions of libggml-base; throws after use. */
  get base(): Base["symbols"] {
    return this.#live().#base.symbols;
  }

  /** The functions of the CPU variant in use; throws after use. */
  get cpu(): Cpu["symbols"] {
    return this.#live().#cpu.symbols;
  }

  /** The names of the devices that ggml found, e.g. `["CPU"]`. */
  deviceNames(): string[] {
    const { symbols } = this.#live().#ggml;
    return readDeviceNames(this.#base.symbols, symbols);
  }

  /** Spreads threads over the nodes of a NUMA machine. To be called once, before a model is loaded; without effect on other machines. */
  initNuma(strategy: NumaStrategy): void {
    this.llama.llama_numa_init(NUMA[strategy]);
  }

  #live(): this {
    if (this.#opened.disposed) throw new NativeError("The library was closed");
    return this;
  }

  /** Closes what can be closed; every model must be disposed before. */
  [Symbol.dispose](): void {
    this.#opened.dispose();
  }
}

function readDeviceNames(base: Base["symbols"], ggml: Ggml["symbols"]): string[] {
  const { ggml_backend_dev_count, ggml_backend_dev_get } = ggml;
  return Array.from({ length: Number(ggml_backend_dev_count()) }, (_, index) => {
    const device = ggml_backend_dev_get(BigInt(index));
    return fromCString(base.ggml_backend_dev_name(device)) ?? "unnamed";
  });
}

/** The registry of backends is the process's: with two CPU variants in it, models would compute with the one that came first. */
function expectOneCpu({ symbols: base }: Base, { symbols: ggml }: Ggml): void {
  const cpus = readDeviceNames(base, ggml).filter((name) => name === "CPU").length;
  if (cpus > 1) {
    throw new NativeError("Another CPU variant of ggml is in use in this process; close that library first");
  }
}

/** Loads the CPU variant that is wanted, or the best that can be loaded, and returns it. */
function loadCpu(
  files: readonly LibraryFile[],
  wanted: string | undefined,
  load: (path: string) => boolean,
): { variant: string; path: string } {
  const variants = files.flatMap((file) => {
    const found = /^(?:lib)?ggml-cpu-?(.*)\.(?:so|dll|dylib)$/.exec(file.name);
    return found ? [{ variant: found[1] || "generic", path: file.path }] : [];
  });
  const candidates = wanted === undefined ? bestFirst(variants) : variants.filter((v) => v.variant === wanted);
  const loaded = candidates.find(({ path }) => load(path));
  if (loaded !== undefined) return loaded;
  const names = variants.map((v) => v.variant).join(", ");
  throw new NativeError(
    wanted === undefined
      ? `No CPU variant of ggml runs on this processor; there are ${names}`
      : `The CPU variant "${wanted}" is missing or does not run on this processor; there are ${names}`,
  );
}

function findLibrary(files: readonly LibraryFile[], pattern: RegExp): LibraryFile {
  const found = files.find((file) => pattern.test(file.name));
  if (found === undefined) {
    throw new NativeError(
      `No library like ${pattern} among ${files.map((file) => file.name).join(", ") || "no files"}`,
    );
  }
  return found;
}

function open<const S extends Deno.ForeignLibraryInterface>(file: LibraryFile, symbols: S): Deno.DynamicLibrary<S> {
  try {
    return Deno.dlopen(file.path, symbols);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NativeError(`Cannot open the library "${file.name}" at ${file.path}: ${reason}`, { cause: error });
  }
}

/** Those variants that run here, best first, by each library's own score (0 says that the processor lacks something). */
function bestFirst(variants: { variant: string; path: string }[]): { variant: string; path: string }[] {
  if (variants.length < 2) return variants;
  return variants
    .map((variant) => ({ ...variant, score: score(variant.path) }))
    .filter((variant) => variant.score > 0)
    .sort((a, b) => b.score - a.score);
}

function score(path: string): number {
  let library;
  try {
    library = Deno.dlopen(path, CPU_VARIANT_SYMBOLS);
  } catch {
    // A variant that the loader refuses (an instruction set that the OS lacks, say) is one that does not run here.
    return 0;
  }
  try {
    return library.symbols.ggml_backend_score();
  } finally {
    library.close();
  }
}
