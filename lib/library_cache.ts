import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { rememberedVariant, rememberVariant } from "./cpu_choice.ts";
import { createMemoryFile, isExecutableMapping } from "../ffi/libc.ts";
import { EngineError } from "./errors.ts";
import { ensurePrivateFolder, FolderRefusal } from "./private_folder.ts";

/** One native library as it is packed. */
export interface PackedLibrary {
  /** Its file name, e.g. `libllama.v0.4.0.so`. */
  name: string;
  size: number;
  /** Of its bytes, 64 hexadecimal digits. */
  sha256: string;
  /** Unpacks it. */
  read(): Uint8Array<ArrayBuffer>;
}

/** A library where it can be opened. */
export interface CachedLibrary {
  name: string;
  path: string;
}

/** Libraries that are ready to be opened. */
export interface ProvidedLibraries {
  /** All of them, or where the CPU variant is settled those that go with it. Their bytes have just been checked. */
  libraries: CachedLibrary[];
  /** The variant asked for, or the one that ggml chose on this processor before. */
  cpuVariant: string | undefined;
  /** Notes what ggml chose, for the next start. */
  remember(variant: string): void;
}

/** How {@linkcode provideLibraries} goes about it. */
export interface ProvideOptions {
  /** Folders to try in order, or {@linkcode IN_MEMORY}. */
  places?: string[];
  /** The one CPU variant that is wanted. */
  cpuVariant?: string;
}

/** The libraries of an executable that go with no file name: kept in memory. */
export const IN_MEMORY = "memory";

const UNUSED_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * Unpacks the libraries once into a folder of this user, and at each start checks every byte of those that will be opened. Where no place is
 * writable and lets code run, the next one is tried; the last is a file in memory.
 *
 * @throws {EngineError} `io` listing each place and what is wrong with it.
 */
export function provideLibraries(
  libraries: readonly PackedLibrary[],
  { places = libraryPlaces(), cpuVariant }: ProvideOptions = {},
): ProvidedLibraries {
  const refusals: string[] = [];
  for (const place of places) {
    try {
      return place === IN_MEMORY ? inMemory(libraries, cpuVariant) : inFolder(libraries, place, cpuVariant);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      refusals.push(`${place}: ${reason}`);
    }
  }
  throw new EngineError("io", `No place to unpack the native libraries to: ${refusals.join("; ")}`);
}

/** Where libraries may be unpacked, best first. The environment is read at each call. */
export function libraryPlaces(): string[] {
  const { XDG_CACHE_HOME, HOME, XDG_RUNTIME_DIR, LOCALAPPDATA } = Deno.env.toObject();
  const { os } = Deno.build;
  const homeCache = HOME && join(HOME, os === "darwin" ? "Library/Caches" : ".cache");
  const bases = os === "windows" ? [XDG_CACHE_HOME, LOCALAPPDATA] : [XDG_CACHE_HOME, homeCache, XDG_RUNTIME_DIR];
  // The specification of these variables has relative paths ignored.
  const usable = bases.flatMap((base) => base && isAbsolute(base) ? [join(base, "packllama")] : []);
  const places = [...new Set(usable)];
  return os === "linux" ? [...places, `/dev/shm/packllama-${Deno.uid()}`, IN_MEMORY] : places;
}

/** Whether this is the name of a folder of unpacked libraries, or of one that was never finished. */
export function isLibraryFolder(name: string): boolean {
  return /^lib-[0-9a-f]{16}(\.\d+\.tmp)?$/.test(name);
}

function inFolder(all: readonly PackedLibrary[], place: string, wanted: string | undefined): ProvidedLibraries {
  ensurePrivateFolder(place);
  const folder = join(place, folderName(all));
  const remembered = rememberedVariant(folder);
  const cpuVariant = wanted ?? (hasVariant(all, remembered) ? remembered : undefined);
  const libraries = withVariant(all, cpuVariant);
  let problem = problemIn(folder, libraries);
  if (problem !== undefined) {
    unpack(all, folder);
    prune(place, folder);
    problem = problemIn(folder, libraries);
    if (problem !== undefined) throw new FolderRefusal(problem);
  }
  const cached = libraries.map(({ name }) => ({ name, path: join(folder, name) }));
  const first = cached[0];
  // A choice that is remembered was made by code that ran from here.
  if (remembered === undefined && first !== undefined && !isExecutableMapping(first.path)) {
    throw new FolderRefusal("does not let code run (noexec)");
  }
  // Says that it is in use; pruning goes by it.
  Deno.utimeSync(folder, new Date(), new Date());
  // What was asked for is no choice of ggml's.
  const remember = (variant: string): void => wanted === undefined ? rememberVariant(folder, variant) : undefined;
  return { libraries: cached, cpuVariant, remember };
}

/** Leaves out the CPU variants that are not the one; all stay when it is not known or not among them, which opening them will tell. */
function withVariant(libraries: readonly PackedLibrary[], variant: string | undefined): readonly PackedLibrary[] {
  if (!hasVariant(libraries, variant)) return libraries;
  return libraries.filter(({ name }) => !/^(lib)?ggml-cpu-/.test(name) || name.includes(`-${variant}.`));
}

function hasVariant(libraries: readonly PackedLibrary[], variant: string | undefined): boolean {
  return variant !== undefined && libraries.some(({ name }) => name.includes(`ggml-cpu-${variant}.`));
}

/** Named by its contents, so that another release's libraries never get in the way. */
function folderName(libraries: readonly PackedLibrary[]): string {
  const all = createHash("sha256");
  for (const { name, sha256 } of libraries) all.update(`${name} ${sha256}\n`);
  return `lib-${all.digest("hex").slice(0, 16)}`;
}

function problemIn(folder: string, libraries: readonly PackedLibrary[]): string | undefined {
  // One small buffer for all: reading whole files would spend its time on fresh memory.
  const buffer = new Uint8Array(256 << 10);
  for (const { name, size, sha256 } of libraries) {
    try {
      using file = Deno.openSync(join(folder, name));
      const hash = createHash("sha256");
      let total = 0;
      for (let read = file.readSync(buffer); read !== null; read = file.readSync(buffer)) {
        hash.update(buffer.subarray(0, read));
        total += read;
      }
      if (total !== size) return `${name} has ${total} bytes instead of ${size}`;
      if (hash.digest("hex") !== sha256) return `${name} has the wrong SHA-256`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

function unpack(libraries: readonly PackedLibrary[], folder: string): void {
  const temporary = `${folder}.${Deno.pid}.tmp`;
  try {
    Deno.mkdirSync(temporary, { recursive: true, mode: 0o700 });
    for (const library of libraries) Deno.writeFileSync(join(temporary, library.name), library.read(), { mode: 0o600 });
    // Another process may have been quicker, and may be opening what it unpacked: only what is damaged is taken away.
    if (exists(folder) && problemIn(folder, libraries) !== undefined) removeIfThere(folder);
    if (!exists(folder)) Deno.renameSync(temporary, folder);
  } catch (error) {
    if (problemIn(folder, libraries) !== undefined) throw error;
  } finally {
    removeIfThere(temporary);
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false; // Not there, or not to be used; writing to it says why.
  }
}

/** Removes libraries that no start has used for a month, and what a killed start left. */
function prune(place: string, keep: string): void {
  const now = Date.now();
  for (const entry of Deno.readDirSync(place)) {
    const path = join(place, entry.name);
    if (path === keep || !isLibraryFolder(entry.name)) continue;
    try {
      const age = now - (Deno.statSync(path).mtime?.getTime() ?? now);
      if (age > UNUSED_DAYS * DAY_MS || (path.endsWith(".tmp") && age > DAY_MS)) removeIfThere(path);
    } catch {
      // Another process prunes it, or still uses it (Windows): a later start tries again.
    }
  }
}

function inMemory(all: readonly PackedLibrary[], cpuVariant: string | undefined): ProvidedLibraries {
  const libraries = withVariant(all, cpuVariant).map((library) => ({
    name: library.name,
    path: createMemoryFile(library.name, library.read()),
  }));
  return { libraries, cpuVariant, remember: () => {} };
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
