import { toCString } from "./c_string.ts";
import { type FileHandle, handle } from "./handles.ts";
import { NativeError } from "./native_error.ts";

const file = handle<"FILE">();

const POSIX_SYMBOLS = {
  // FILE * fopen(const char * path, const char * mode);
  fopen: { parameters: ["buffer", "buffer"], result: file },
  // int fseeko(FILE * stream, off_t offset, int whence);
  fseeko: { parameters: [file, "i64", "i32"], result: "i32" },
  // int fclose(FILE * stream);
  fclose: { parameters: [file], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const WINDOWS_SYMBOLS = {
  // FILE * _wfopen(const wchar_t * path, const wchar_t * mode);
  _wfopen: { parameters: ["buffer", "buffer"], result: file },
  // int _fseeki64(FILE * stream, __int64 offset, int whence);
  _fseeki64: { parameters: [file, "i64", "i32"], result: "i32" },
  // int fclose(FILE * stream);
  fclose: { parameters: [file], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const SEEK_SET = 0;

/** A C `FILE` opened for reading at an offset, for functions of llama.cpp that take one. */
export class CFile implements Disposable {
  /** The `FILE *`; valid until disposed. */
  readonly handle: FileHandle;
  readonly #close: () => void;
  #disposed = false;

  /**
   * Opens `path` for reading, positioned at byte `offset`.
   *
   * @throws {NativeError} When it cannot be opened or the offset cannot be reached.
   */
  constructor(path: string, offset: number) {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`Offset ${offset} is no byte of a file`);
    const { handle, seek, close } = Deno.build.os === "windows" ? openWindows(path) : openPosix(path);
    this.handle = handle;
    this.#close = close;
    if (seek(BigInt(offset)) !== 0) {
      this[Symbol.dispose]();
      throw new NativeError(`Cannot go to byte ${offset} of "${path}"`);
    }
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#close();
  }
}

interface OpenedFile {
  handle: FileHandle;
  seek: (offset: bigint) => number;
  close: () => void;
}

function openPosix(path: string): OpenedFile {
  const name = toCString(path);
  const library = Deno.dlopen(Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6", POSIX_SYMBOLS);
  const { fopen, fseeko, fclose } = library.symbols;
  const handle = fopen(name, toCString("rb"));
  if (handle === null) throw cannotOpen(path, library);
  return {
    handle,
    seek: (offset) => fseeko(handle, offset, SEEK_SET),
    close: () => {
      fclose(handle);
      library.close();
    },
  };
}

function openWindows(path: string): OpenedFile {
  const name = toWide(path);
  // llama.dll uses the same C runtime, so a FILE of it can be handed over.
  const library = Deno.dlopen("ucrtbase.dll", WINDOWS_SYMBOLS);
  const { _wfopen, _fseeki64, fclose } = library.symbols;
  const handle = _wfopen(name, toWide("rb"));
  if (handle === null) throw cannotOpen(path, library);
  return {
    handle,
    seek: (offset) => _fseeki64(handle, offset, SEEK_SET),
    close: () => {
      fclose(handle);
      library.close();
    },
  };
}

function cannotOpen(path: string, library: { close: () => void }): NativeError {
  library.close();
  return new NativeError(`Cannot open "${path}" for reading`);
}

function toWide(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`A C string cannot hold NUL: ${JSON.stringify(text)}`);
  const units = new Uint16Array(text.length + 1);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}
