import { LOG_LEVEL } from "./log_level.ts";
import type { FromWorker } from "./protocol.ts";

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
    if (level !== LOG_LEVEL.continued) this.#level = level;
    if (text === "") return;
    if (this.#level >= LOG_LEVEL.error) this.firstError ??= text;
    // Of the others, warnings come with many sound models.
    if (this.#verbose || (this.#level >= LOG_LEVEL.error && !this.loading)) {
      this.#post({ type: "log", level: this.#level, text });
    }
  }
}
