import { Library, returnLargeBlocks } from "../../ffi/mod.ts";
import type { NativeLog } from "./native_log.ts";
import type { LoadOptions } from "./protocol.ts";

/** llama.cpp's libraries, for as long as somebody uses them. */
export interface NativeLibrary extends Disposable {
  readonly library: Library;
  readonly log: NativeLog;
}

interface Open {
  library: Library;
  log: NativeLog;
  users: number;
}

/** ggml's backends are the process's: all models of a worker share what the first one opened. */
let open: Open | undefined;

/**
 * Opens the libraries, or shares those that are open; the last one to dispose them closes them.
 *
 * @param log Takes the lines of llama.cpp's log where they are opened.
 * @throws {NativeError} When one is missing or cannot be used.
 */
export function useLibrary(options: LoadOptions, log: NativeLog): NativeLibrary {
  const { library, log: itsLog } = open ??= openLibrary(options, log);
  const it = open;
  it.users++;
  let used = true;
  return {
    library,
    log: itsLog,
    [Symbol.dispose](): void {
      if (!used) return;
      used = false;
      if (--it.users > 0) return;
      open = undefined;
      library[Symbol.dispose]();
    },
  };
}

function openLibrary({ libraries, cpuVariant, numa }: LoadOptions, log: NativeLog): Open {
  returnLargeBlocks();
  const logLine = (level: number, text: string): void => log.line(level, text);
  const library = new Library(libraries, { log: logLine, ...(cpuVariant ? { cpuVariant } : {}) });
  if (numa !== undefined) library.initNuma(numa);
  return { library, log, users: 0 };
}
