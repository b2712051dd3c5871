import { toCString } from "./c_string.ts";
import { NativeError } from "./native_error.ts";

const LINUX_SYMBOLS = {
  // int open(const char * path, int flags, ...);
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
  // void * mmap(void * addr, size_t length, int prot, int flags, int fd, off_t offset);
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  // int munmap(void * addr, size_t length);
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  // int memfd_create(const char * name, unsigned int flags);
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  // int mallopt(int param, int val);
  mallopt: { parameters: ["i32", "i32"], result: "i32" },
  // ssize_t write(int fd, const void * buf, size_t count);
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const PROT_READ = 1;
const PROT_EXEC = 4;
const MAP_PRIVATE = 2;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const MFD_CLOEXEC = 1;
const M_MMAP_THRESHOLD = -3;
const PAGE = 4096n;
/** KV states are larger, and little else is: glibc's own limit before it learns is half of it. */
const LARGE_BLOCK = 262144;

/**
 * Whether code in this file may be run, which a file system mounted `noexec` denies. Always true where the OS has no such thing.
 *
 * @param path A file of at least one byte.
 */
export function isExecutableMapping(path: string): boolean {
  if (Deno.build.os !== "linux") return true;
  using libc = openLibc();
  const { open, close, mmap, munmap } = libc.symbols;
  const fd = open(toCString(path), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const address = mmap(null, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0n);
  close(fd);
  if (Deno.UnsafePointer.value(address) === MAP_FAILED) return false;
  munmap(address, PAGE);
  return true;
}

/**
 * Makes a file that lives in memory alone (Linux), open until this process ends.
 *
 * @param name For people who look at the process; at most 249 bytes.
 * @returns The path by which this process can open it.
 * @throws {NativeError} When the kernel refuses.
 */
export function createMemoryFile(name: string, bytes: Uint8Array<ArrayBuffer>): string {
  using libc = openLibc();
  const { memfd_create, write, close } = libc.symbols;
  const fd = memfd_create(toCString(name), MFD_CLOEXEC);
  if (fd < 0) throw new NativeError(`The kernel gives no memory file for "${name}"`);
  for (let done = 0; done < bytes.length;) {
    const written = Number(write(fd, bytes.subarray(done), BigInt(bytes.length - done)));
    if (written <= 0) {
      close(fd);
      throw new NativeError(`The kernel took ${done} of ${bytes.length} bytes of the memory file "${name}"`);
    }
    done += written;
  }
  return `/proc/self/fd/${fd}`;
}

/**
 * Has large blocks of memory given back to the OS when they are freed (glibc, mallopt(3)). Left alone, it learns from the first one freed to take
 * those up to its size from arenas, which keep what is freed. In a soak it made no difference that was measured (docs/bench.md).
 */
export function returnLargeBlocks(): void {
  if (Deno.build.os !== "linux") return;
  using libc = openLibc();
  libc.symbols.mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
}

function openLibc(): Deno.DynamicLibrary<typeof LINUX_SYMBOLS> & Disposable {
  const library = Deno.dlopen("libc.so.6", LINUX_SYMBOLS);
  return { symbols: library.symbols, close: () => library.close(), [Symbol.dispose]: () => library.close() };
}
