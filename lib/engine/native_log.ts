import type { FromWorker } from "./protocol.ts";

/** ggml's log level of errors, which alone are always passed on: its warnings come with many sound models. */
const ERROR = 4;
/** Continues the line before. */
const CONTINUED = 5;

/** Passes llama.cpp's log on, and keeps its first error, which says why loading failed; the ones behind it only say that it did. */
export class NativeLog {
  firstError: string | undefined;
  /** Errors of loading are told by whoever loads, in one line. */
  loading = true;
  #level = 0;
  readonly #post: (message: FromWorker) => void;
  readonly #verbose: boolean;

  /** @param verbose Pass every line on. */
  constructor(post: (message: FromWorker) => void, verbose: boolean) {
    this.#post = post;
    this.#verbose = verbose;
  }

  /** Another model is about to be loaded. */
  begin(): void {
    this.firstError = undefined;
    this.loading = true;
  }

  /** Takes a line at ggml's level. */
  line(level: number, text: string): void {
    if (level !== CONTINUED) this.#level = level;
    if (text === "") return;
    if (this.#level >= ERROR) this.firstError ??= text;
    if (this.#verbose || (this.#level >= ERROR && !this.loading)) this.#post({ type: "log", level: this.#level, text });
  }
}
